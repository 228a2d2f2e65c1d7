import { judgeConnection, type Outcome } from "./answered-case.ts";
import { judgeChanges } from "./judge-changes.ts";
import { judgeLogs } from "./judge-logs.ts";
import type { Values } from "./message-writer.ts";
import { Permissions } from "./permissions.ts";
import { WRONG_NAMES } from "./request-values.ts";
import type { ClusterView, FuzzTarget, Played } from "./target.ts";

export interface Round {
  readonly played: readonly Played[];
  readonly before: ClusterView;
  readonly after: ClusterView;
  readonly closings: readonly string[];
}

export interface RoundVerdict {
  readonly outcomes: readonly (readonly Outcome[])[];
  readonly problems: readonly string[];
}

/** The whole oracle of a round, but whether the next good request is answered. */
export async function judge(round: Round, target: FuzzTarget): Promise<RoundVerdict> {
  const verdicts = round.played.map(judgeConnection);
  const problems = verdicts.flatMap((verdict, index) => verdict.problems.map((problem) => `${titleOf(round.played[index])}: ${problem}`));
  const outcomes = verdicts.map((verdict) => verdict.outcomes);
  const closed = round.played.filter(({ isClosed }) => isClosed).length;
  if (round.closings.length !== closed)
    problems.push(`${closed} connections were closed, and ${round.closings.length} lines say so: ${round.closings.slice(0, 5).join("; ")}`);
  const all = outcomes.flat();
  problems.push(
    ...judgeMetadata(round, all),
    ...judgeTopics(round.after, all),
    ...judgeChanges({ ...round, outcomes: all }),
    ...(await judgeLogs({ round, outcomes: all, target })),
    ...target.problems(),
  );
  return { outcomes, problems };
}

export const titleOf = (played: Played | undefined): string =>
  played === undefined ? "" : `${played.fuzzCase.api.name} ${played.fuzzCase.api.version} case ${played.fuzzCase.index} (${played.fuzzCase.mutation})`;

/** What has changed and nobody was allowed to change. */
function judgeMetadata({ before, after }: Round, outcomes: readonly Outcome[]): string[] {
  const permissions = new Permissions(outcomes);
  const problems: string[] = [];
  for (const [id, topic] of after.topics) {
    const known = before.topics.get(id);
    if (known?.state !== topic.state && !permissions.allows(id, topic.name))
      problems.push(`topic ${topic.name} ${known === undefined ? "is new" : "has changed"}, and no answer says so`);
    if (known === undefined && WRONG_NAMES.includes(topic.name)) problems.push(`there is a topic with the name ${JSON.stringify(topic.name)}`);
  }
  for (const [id, { name }] of before.topics)
    if (!after.topics.has(id) && !permissions.allows(id, name)) problems.push(`topic ${name} is gone, and no answer says so`);
  if (before.rest !== after.rest && !outcomes.some(mayChangeMore))
    problems.push(`the cluster has changed, and no answer says so:\n  ${before.rest}\n  ${after.rest}`);
  return problems;
}

/** Of brokers and features. */
const mayChangeMore = ({ asked, answer }: Outcome): boolean =>
  /Config|Feature|Broker|Controller|Quota|Voter/.test(asked.api.name) &&
  !/^(Describe|List)/.test(asked.api.name) &&
  (answer === undefined || JSON.stringify(answer).includes('"errorCode":0'));

/** What was answered NONE is there. Something else of the same round may have undone it. */
function judgeTopics(after: ClusterView, outcomes: readonly Outcome[]): string[] {
  const names = new Map([...after.topics.values()].map((topic) => [topic.name, topic]));
  const deletions = new Permissions(outcomes.filter(({ asked }) => asked.api.name === "DeleteTopics"));
  const growths = new Permissions(outcomes.filter(({ asked }) => asked.api.name === "CreatePartitions"));
  const problems: string[] = [];
  for (const { asked, answer } of outcomes) {
    if (answer === undefined || asked.request["validateOnly"] === true) continue;
    for (const { name, errorCode, numPartitions } of nodesOf(answer, asked.api.name === "CreateTopics" ? "topics" : "")) {
      const topic = names.get(String(name));
      if (errorCode !== 0 || deletions.allows(String(name))) continue;
      if (topic === undefined) problems.push(`topic ${String(name)} was created, and is not there`);
      else if (typeof numPartitions === "number" && numPartitions > 0 && topic.partitions !== numPartitions && !growths.allows(String(name)))
        problems.push(`topic ${String(name)} was created with ${numPartitions} partitions, and has ${topic.partitions}`);
    }
    for (const { topicId, name, errorCode } of nodesOf(answer, asked.api.name === "DeleteTopics" ? "responses" : "")) {
      const isThere = after.topics.has(String(topicId)) || (topicId === undefined && names.has(String(name)));
      if (errorCode === 0 && isThere) problems.push(`topic ${String(name)} was deleted, and is there`);
    }
  }
  return problems;
}

function nodesOf(answer: Values, field: string): readonly Values[] {
  const nodes = answer[field];
  return Array.isArray(nodes) ? (nodes as readonly Values[]) : [];
}
