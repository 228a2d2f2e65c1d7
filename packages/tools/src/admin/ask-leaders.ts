import { setTimeout as sleep } from "node:timers/promises";
import { apis, ErrorCode, isRetriable, newMetadataRequest, newMetadataRequestTopic } from "@samsa/protocol";
import { brokerError, clientError, JavaException } from "../java-exception.ts";
import type { Session } from "../session/session.ts";

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** `topic-partition`, as Kafka writes it. */
export const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

/** By topic, in the order of their first partitions. */
export function groupByTopic<Q extends TopicPartition>(questions: readonly Q[]): ReadonlyMap<string, readonly Q[]> {
  const groups = new Map<string, Q[]>();
  for (const question of questions) {
    const group = groups.get(question.topic) ?? [];
    group.push(question);
    groups.set(question.topic, group);
  }
  return groups;
}

/** What one partition's leader said: an answer, or an error code. */
export type LeaderAnswer<A> = { readonly errorCode: 0; readonly answer: A } | { readonly errorCode: number; readonly answer?: undefined };

/** Asks one broker about partitions that it leads, as far as is known: `first` names it. By key; partitions that it said nothing of are asked again. */
export type AskLeader<Q extends TopicPartition, A> = (
  questions: readonly Q[],
  route: { readonly first: TopicPartition; readonly timeoutMs: number },
) => Promise<ReadonlyMap<string, LeaderAnswer<A>>>;

const PAUSE_MS = 100;

/**
 * Asks the leaders of partitions, each once for all that it leads, and again those that did not lead them, until `default.api.timeout.ms`. Every
 * question has an answer, or an error, by its key.
 */
export async function askLeaders<Q extends TopicPartition, A>(
  session: Session,
  { callName, questions, ask }: { readonly callName: string; readonly questions: readonly Q[]; readonly ask: AskLeader<Q, A> },
): Promise<ReadonlyMap<string, A | JavaException>> {
  const results = new Map<string, A | JavaException>();
  const end = performance.now() + session.settings.apiTimeoutMs;
  let open = questions;
  for (let tries = 1; open.length > 0; tries++) {
    const timeoutMs = end - performance.now();
    if (timeoutMs <= 0) {
      for (const question of open) results.set(keyOf(question), timedOut(callName, tries - 1));
      break;
    }
    const groups = await leadersKnown(groupByLeader(session, open, { callName, timeoutMs }));
    if (groups instanceof JavaException) {
      // Only the first round can say why nobody answered; a later one has just had too little time left.
      for (const question of open) results.set(keyOf(question), tries === 1 ? groups : timedOut(callName, tries));
      break;
    }
    const answers = await Promise.all([...groups.values()].map((group) => answersOf(ask, group, timeoutMs)));
    open = open.filter((question) => !settle(results, keyOf(question), answers));
    if (open.length > 0) await sleep(Math.min(PAUSE_MS, Math.max(0, end - performance.now())));
  }
  return results;
}

/** The error in the place of an answer. */
async function leadersKnown<G>(groups: Promise<G>): Promise<G | JavaException> {
  try {
    return await groups;
  } catch (error) {
    if (error instanceof JavaException) return error;
    throw error;
  }
}

/** Partitions without a leader are in no group. */
async function groupByLeader<Q extends TopicPartition>(
  session: Session,
  questions: readonly Q[],
  { callName, timeoutMs }: { readonly callName: string; readonly timeoutMs: number },
): Promise<ReadonlyMap<number, readonly Q[]>> {
  const names = [...new Set(questions.map(({ topic }) => topic))];
  const { topics } = await session.request({
    callName: `${callName}(api=METADATA)`,
    api: apis.Metadata,
    request: () => newMetadataRequest({ topics: names.map((name) => newMetadataRequestTopic({ name })), allowAutoTopicCreation: false }),
    target: { type: "any" },
    timeoutMs,
  });
  const leaders = new Map<string, number>();
  for (const { name, partitions } of topics)
    for (const { partitionIndex, leaderId } of partitions) leaders.set(keyOf({ topic: name ?? "", partition: partitionIndex }), leaderId);
  const groups = new Map<number, Q[]>();
  for (const question of questions) {
    const leader = leaders.get(keyOf(question)) ?? -1;
    if (leader < 0) continue;
    const group = groups.get(leader) ?? [];
    group.push(question);
    groups.set(leader, group);
  }
  return groups;
}

/** No answer of one leader is no answer to its partitions alone. */
async function answersOf<Q extends TopicPartition, A>(
  ask: AskLeader<Q, A>,
  group: readonly Q[],
  timeoutMs: number,
): Promise<ReadonlyMap<string, LeaderAnswer<A> | JavaException>> {
  const [first] = group;
  if (first === undefined) return new Map();
  try {
    return await ask(group, { first, timeoutMs });
  } catch (error) {
    if (!(error instanceof JavaException)) throw error;
    return new Map(group.map((question) => [keyOf(question), error]));
  }
}

/** True if nothing remains to be asked of it. */
function settle<A>(results: Map<string, A | JavaException>, key: string, answers: readonly ReadonlyMap<string, LeaderAnswer<A> | JavaException>[]): boolean {
  const said = answers.map((each) => each.get(key)).find((one) => one !== undefined);
  if (said === undefined) return false;
  if (said instanceof JavaException) results.set(key, said);
  else if (said.answer !== undefined) results.set(key, said.answer);
  else if (isRetriable(said.errorCode)) return false;
  else results.set(key, brokerError(said.errorCode || ErrorCode.UNKNOWN_SERVER_ERROR));
  return true;
}

function timedOut(callName: string, tries: number): JavaException {
  const now = Date.now();
  const call = `Call(callName=${callName}(api=METADATA), deadlineMs=${now}, tries=${tries}, nextAllowedTryMs=${now})`;
  return clientError("TimeoutException", `${call} timed out at ${now} after ${tries} attempt(s)`);
}
