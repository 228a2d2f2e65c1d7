import { apis, apiOf, ErrorCode, isSupportedVersion } from "@samsa/protocol";
import { Prng, ZERO_UUID } from "@samsa/stdx";
import { BatchValues } from "./batch-values.ts";
import { type Advertised, expectationOf } from "./expectation.ts";
import { FuzzCases, type FuzzedApi } from "./fuzz-case.ts";
import { judge, titleOf } from "./judge.ts";
import type { Values } from "./message-writer.ts";
import type { Reach } from "./reach.ts";
import { RequestValues } from "./request-values.ts";
import { Surroundings } from "./surroundings.ts";
import type { FuzzTarget } from "./target.ts";
import { toHex } from "@samsa/stdx";

export interface FuzzOptions {
  readonly seed: number;
  /** Of each version of each API. */
  readonly casesPerVersion: number;
  /** Of the target's clock: what its brokers take for a record's time. */
  readonly wallMs: number;
  readonly reach: Reach;
  /** Only APIs of this name. */
  readonly only?: string | undefined;
}

/** Cases at a time, each on its own connection. */
const ROUND_CASES = 40;
const TOPICS = ["orders", "a.b.c", "x".repeat(249)];
const HEX_SHOWN = 400;
const GROUPS_TRIES_MAX = 100;

/** Thrown with all that is wrong and what was sent. */
export class FuzzFailure extends Error {}

/** Runs all cases of one seed against a target; throws at the first round in which something is wrong. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<void> {
  const advertised = await advertisedBy(target);
  const prng = new Prng(options.seed);
  const surroundings = new Surroundings();
  await createTopics(target);
  await makeGroups(target);
  const batches = new BatchValues({ prng: prng.fork("batches"), surroundings, wallMs: options.wallMs });
  const values = new RequestValues({ prng: prng.fork("values"), surroundings, batches });
  const cases = new FuzzCases({ prng: prng.fork("cases"), values, firstTurn: options.seed * options.casesPerVersion });
  const queue = shuffled(plan(advertised, options), prng.fork("order"));
  let before = await target.view();
  await target.takeClosings();
  for (let at = 0; at < queue.length; at += ROUND_CASES) {
    // Whatever cases have deleted: most of the others need topics.
    if (TOPICS.some((name) => ![...before.topics.values()].some((topic) => topic.name === name))) {
      await createTopics(target);
      before = await target.view();
    }
    surroundings.topics = [...before.topics].map(([topicId, { name, partitions }]) => ({ name, partitions, topicId: topicId as typeof ZERO_UUID }));
    const round = queue.slice(at, at + ROUND_CASES).map(({ api, index }) => {
      const fuzzCase = cases.draw(api, index);
      return { fuzzCase, expectation: expectationOf(fuzzCase.stream, advertised) };
    });
    const played = await target.play(round);
    const closings = await target.takeClosings();
    await askForGood(target);
    const after = await target.view();
    const verdict = await judge({ played, before, after, closings }, target);
    if (verdict.problems.length > 0) throw new FuzzFailure(describeFailure(verdict.problems, played));
    for (const [index, outcomes] of verdict.outcomes.entries()) {
      const { api } = round[index]?.fuzzCase ?? {};
      if (api !== undefined) options.reach.count(api, outcomes);
      for (const { asked, answer } of outcomes) {
        surroundings.learn(answer);
        if (asked.api.key === apis.JoinGroup.key && answer !== undefined) learnMember(surroundings, asked.request, answer);
        if (asked.api.key === apis.ConsumerGroupHeartbeat.key && answer !== undefined) learnConsumer(surroundings, asked.request, answer);
      }
    }
    before = after;
  }
}

function describeFailure(problems: readonly string[], played: Parameters<typeof judge>[0]["played"]): string {
  const sent = played
    .filter((one) => problems.length > 20 || problems.some((problem) => problem.startsWith(titleOf(one))))
    .map((one) => `${titleOf(one)}: ${toHex(one.fuzzCase.stream).slice(0, HEX_SHOWN)}`);
  return [...problems.slice(0, 20), ...sent.slice(0, 5)].join("\n");
}

/** An API and a version as often as it is to be tried. */
function plan(advertised: Advertised, { casesPerVersion, only }: FuzzOptions): { readonly api: FuzzedApi; readonly index: number }[] {
  const cases: { readonly api: FuzzedApi; readonly index: number }[] = [];
  for (const [key, { minVersion, maxVersion }] of advertised) {
    const api = apiOf(key);
    if (api === undefined || (only !== undefined && api.name !== only)) continue;
    for (let version = minVersion; version <= maxVersion; version++) {
      if (!isSupportedVersion(api, version)) continue;
      for (let index = 0; index < casesPerVersion; index++) cases.push({ api: { key, name: api.name, version }, index });
    }
  }
  return cases;
}

function shuffled<T>(items: readonly T[], prng: Prng): readonly T[] {
  const out = [...items];
  for (let last = out.length - 1; last > 0; last--) {
    const other = prng.below(last + 1);
    [out[last], out[other]] = [out[other] as T, out[last] as T];
  }
  return out;
}

async function advertisedBy(target: FuzzTarget): Promise<Advertised> {
  const { apiKeys } = await target.call("ApiVersions", 3, { clientSoftwareName: "fuzz", clientSoftwareVersion: "1" });
  return new Map(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { minVersion, maxVersion }]));
}

async function createTopics(target: FuzzTarget): Promise<void> {
  const topics = TOPICS.map((name) => ({ name, numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] }));
  const answer = await target.call("CreateTopics", apis.CreateTopics.maxVersion, { topics, timeoutMs: 10_000, validateOnly: false });
  const refused = answer.topics.find(({ errorCode }) => errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.TOPIC_ALREADY_EXISTS);
  if (refused !== undefined) throw new FuzzFailure(`topic ${refused.name} could not be created: ${refused.errorCode}`);
}

/** Groups are kept in a topic that is made when the first of them is asked for. */
async function makeGroups(target: FuzzTarget): Promise<void> {
  for (let tries = 0; tries < GROUPS_TRIES_MAX; tries++) {
    const answer = await target.call("FindCoordinator", 0, { key: "any", keyType: 0, coordinatorKeys: [] });
    if (answer.errorCode === ErrorCode.NONE) return;
    await target.pause();
  }
  throw new FuzzFailure("nobody coordinates groups");
}

function learnMember(surroundings: Surroundings, { groupId }: Values, { errorCode, memberId, generationId }: Values): void {
  if (errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.MEMBER_ID_REQUIRED) return;
  surroundings.learnMember({ groupId: String(groupId), memberId: String(memberId), generationId: Number(generationId) });
}

function learnConsumer(surroundings: Surroundings, { groupId }: Values, { errorCode, memberId, memberEpoch }: Values): void {
  if (errorCode !== ErrorCode.NONE) return;
  surroundings.learnConsumer({ groupId: String(groupId), memberId: String(memberId), memberEpoch: Number(memberEpoch) });
}

/** Whatever others sent, this connection's next request is answered. */
async function askForGood(target: FuzzTarget): Promise<void> {
  const answer = await target.call("Metadata", 12, {
    topics: [{ topicId: ZERO_UUID, name: "no-such-topic" }],
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  });
  const [topic] = answer.topics;
  if (answer.brokers.length !== 1 || topic?.errorCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    throw new FuzzFailure(`a good request was answered with ${JSON.stringify(answer)}`);
}
