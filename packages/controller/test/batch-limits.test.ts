import { DEFAULT_CONTROLLER_LIMITS, type TopicToCreate } from "@samsa/controller";
import { recordBytesMax, SUPPORTED_FEATURES } from "@samsa/metadata";
import { nodeId, ZERO_UUID } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { ids, incarnation, Quorum } from "./support/quorum.ts";

/** Ids that take most bytes. */
const [A, B, C] = [2 ** 31 - 3, 2 ** 31 - 2, 2 ** 31 - 1];
const SIZE = { maxPartitions: 30, maxReplicas: 90 };
/** The least that a controller of this size accepts. */
const TIGHT = { ...SIZE, maxBatchBytes: 6459 };

const topic = (name: string, options: Partial<TopicToCreate> = {}): TopicToCreate => ({
  name,
  partitionCount: 1,
  replicationFactor: 1,
  assignments: [],
  configs: new Map(),
  ...options,
});
const create = (quorum: Quorum, topics: readonly TopicToCreate[]) => quorum.ask({ type: "create-topics", topics, validateOnly: false }).topics;
const bytesOf = (quorum: Quorum): readonly number[] =>
  quorum.entries.map(({ records }) => records.reduce((sum, record) => sum + recordBytesMax(record), LIST_BYTES));
const LIST_BYTES = 5;

test("limits that would let a batch outgrow its entry are refused at the start, and not one byte before", () => {
  const { maxBatchBytes } = TIGHT;
  expect(() => new Quorum({ limits: { ...SIZE, maxBatchBytes: maxBatchBytes - 1 } })).toThrow("a change of every partition fits into one batch");
  expect(() => new Quorum({ limits: TIGHT })).not.toThrow();
  expect(DEFAULT_CONTROLLER_LIMITS).toMatchObject({ maxPartitions: 40_000, maxReplicas: 200_000, maxBatchBytes: 8 * 1024 * 1024 });
});

test("a full cluster's brokers come, go, stop and lose their page cache in batches that fit", () => {
  const quorum = Quorum.with([A, B, C], { limits: TIGHT, minInsyncReplicas: 3 });
  const third = Array.from({ length: 10 }, () => [A, B, C]);
  for (const name of ["a", "b", "c"]) expect(quorum.createTopic(name, { replicas: third }).error).toBe("NONE");
  const before = quorum.entries.length;
  quorum.expire(A);
  quorum.heartbeat(B, { wantsShutdown: true });
  quorum.expire(C);
  for (const id of [C, B, A]) quorum.register(id, id, { pageCacheSurvived: false });
  for (const id of [A, B, C]) quorum.heartbeat(id);
  const changes = quorum.entries.slice(before).map(({ records }) => records.filter(({ type }) => type === "partition-change").length);
  expect(changes.filter((count) => count === SIZE.maxPartitions).length).toBeGreaterThan(5);
  expect(Math.max(...bytesOf(quorum))).toBeLessThanOrEqual(TIGHT.maxBatchBytes);
});

describe("a topic", () => {
  test("is refused where the cluster would hold too many partitions, at the bound not yet", () => {
    const quorum = Quorum.with([1, 2, 3], { limits: { maxPartitions: 5, maxReplicas: 100 } });
    const answers = create(quorum, [topic("a", { partitionCount: 3 }), topic("b", { partitionCount: 3 }), topic("c", { partitionCount: 2 })]);
    expect(answers.map(({ error }) => error)).toEqual(["NONE", "POLICY_VIOLATION", "NONE"]);
    expect(create(quorum, [topic("d")])).toMatchObject([
      {
        error: "POLICY_VIOLATION",
        message:
          "The cluster would have 6 partitions and 6 replicas of them; its limits are 5 partitions and 100 replicas, so that the failure of a broker fits " +
          "into one batch of metadata. Ask for fewer partitions or a lower replication factor, or create the topic in another cluster.",
      },
    ]);
  });

  test("is refused where the cluster would hold too many replicas, placed or by hand", () => {
    const quorum = Quorum.with([1, 2, 3], { limits: { maxPartitions: 100, maxReplicas: 5 } });
    const byHand = topic("b", { partitionCount: -1, replicationFactor: -1, assignments: [{ partition: 0, replicas: ids(1, 2, 3) }] });
    const answers = create(quorum, [topic("a", { replicationFactor: 3 }), byHand, topic("c", { replicationFactor: 2 }), topic("d")]);
    expect(answers.map(({ error }) => error)).toEqual(["NONE", "POLICY_VIOLATION", "NONE", "POLICY_VIOLATION"]);
  });

  test("counts against the bound before it is committed", () => {
    const quorum = Quorum.with([1], { limits: { maxPartitions: 1, maxReplicas: 1 } });
    quorum.holdsCommits = true;
    const tokens = ["a", "b"].map((name) => quorum.send({ type: "create-topics", topics: [topic(name)], validateOnly: false }));
    quorum.holdsCommits = false;
    quorum.settle();
    expect(tokens.map((token) => quorum.replies.get(token))).toMatchObject([{ topics: [{ error: "NONE" }] }, { topics: [{ error: "POLICY_VIOLATION" }] }]);
  });

  test("is refused where its records would not fit into the request's batch, and its neighbours are created", () => {
    const quorum = Quorum.with([1, 2, 3], { limits: TIGHT });
    const configs = new Map([["follower.replication.throttled.replicas", Array.from({ length: 1000 }, (_, i) => `${i}:1`).join()]]);
    const answers = create(quorum, [topic("a", { partitionCount: 2 }), topic("b", { configs }), topic("c")]);
    expect(answers.map(({ error }) => error)).toEqual(["NONE", "POLICY_VIOLATION", "NONE"]);
    expect(answers[1]?.message).toMatch(/^Unable to perform excessively large batch operation: .* the limit is 6459\. Create fewer topics/);
    // Each of them fits alone, and not all together.
    const partitions = { partitionCount: 4, replicationFactor: 3 };
    const many = Array.from({ length: 6 }, (_, i) => topic(`${i}-${"n".repeat(240)}`, { ...partitions, configs: new Map([["retention.ms", "1"]]) }));
    const errors = create(quorum, many).map(({ error }) => error);
    expect(new Set(errors)).toEqual(new Set(["NONE", "POLICY_VIOLATION"]));
    expect(errors[0]).toBe("NONE");
    expect(Math.max(...bytesOf(quorum))).toBeLessThanOrEqual(TIGHT.maxBatchBytes);
  });
});

test("a registration that leaves no room for what it changes is refused", () => {
  const quorum = Quorum.with([1], { limits: TIGHT });
  const entries = quorum.entries.length;
  const endpoints = Array.from({ length: 20 }, () => ({ listener: "PLAINTEXT", host: "h".repeat(100), port: 9092 }));
  const controlEndpoint = { host: "localhost", port: 9093 };
  const request = {
    type: "register-broker",
    brokerId: nodeId(2),
    incarnationId: incarnation(2),
    controlEndpoint,
    rack: null,
    pageCacheSurvived: true,
    directoryId: ZERO_UUID,
    features: SUPPORTED_FEATURES,
  } as const;
  expect(quorum.ask({ ...request, endpoints })).toMatchObject({ error: "INVALID_REQUEST" });
  expect(quorum.entries.length).toBe(entries);
  expect(quorum.ask({ ...request, endpoints: endpoints.slice(0, 4) })).toMatchObject({ error: "NONE" });
});
