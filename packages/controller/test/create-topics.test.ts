import type { TopicToCreate } from "@samsa/controller";
import { ZERO_UUID } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { ids, Quorum } from "./support/quorum.ts";

const topic = (name: string, options: Partial<TopicToCreate> = {}): TopicToCreate => ({
  name,
  partitionCount: 1,
  replicationFactor: 1,
  assignments: [],
  configs: new Map(),
  ...options,
});

const create = (quorum: Quorum, topics: readonly TopicToCreate[], validateOnly = false) => quorum.ask({ type: "create-topics", topics, validateOnly });

describe("a topic", () => {
  test("is created with the defaults of the cluster, all replicas in the ISR", () => {
    const quorum = Quorum.with([1, 2, 3]);
    const created = quorum.createTopic("t");
    expect(created).toMatchObject({ error: "NONE", message: null, partitionCount: 1, replicationFactor: 3 });
    expect(created.topicId).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
    const partition = quorum.partition();
    expect([...partition.replicas].sort()).toEqual([1, 2, 3]);
    expect(partition).toMatchObject({ leader: partition.replicas[0], isr: partition.replicas, elr: [], leaderEpoch: 0, partitionEpoch: 0 });
  });

  test("is told with the first leader of each partition", () => {
    const quorum = Quorum.with([1, 2, 3]);
    quorum.createTopic("t");
    const { leader, isr } = quorum.partition();
    expect(quorum.traces.at(-1)).toEqual({ kind: "leader-elected", topic: "t", partition: 0, leader, leaderEpoch: 0, isr, because: "created" });
  });

  test("comes with its configs in one batch", () => {
    const quorum = Quorum.with([1, 2, 3]);
    quorum.createTopic("t", { partitions: 2, configs: { "min.insync.replicas": "2", "retention.ms": "-1" } });
    expect(quorum.entries.at(-1)?.records.map((record) => record.type)).toEqual(["topic", "config", "config", "partition", "partition"]);
    expect(Object.fromEntries(quorum.controller.image.topicConfig("t"))).toEqual({ "min.insync.replicas": "2", "retention.ms": "-1" });
  });

  test("is not created by validateOnly, and all errors are the same", () => {
    const quorum = Quorum.with([1]);
    const entries = quorum.entries.length;
    expect(create(quorum, [topic("t"), topic("bad name")], true).topics).toMatchObject([
      { error: "NONE", topicId: ZERO_UUID, partitionCount: 1 },
      { error: "INVALID_TOPIC_EXCEPTION" },
    ]);
    expect(quorum.entries.length).toBe(entries);
  });

  test("fails alone: its neighbours in the request are created", () => {
    const quorum = Quorum.with([1]);
    const answers = create(quorum, [topic("a"), topic("b", { partitionCount: 0 }), topic("c")]).topics;
    expect(answers.map((answer) => answer.error)).toEqual(["NONE", "INVALID_PARTITIONS", "NONE"]);
    expect(quorum.controller.image.topicCount).toBe(2);
  });

  test("asked for twice in one request is created neither time", () => {
    const quorum = Quorum.with([1]);
    const answers = create(quorum, [topic("a"), topic("a"), topic("b")]).topics;
    expect(answers.map((answer) => [answer.error, answer.message])).toEqual([
      ["INVALID_REQUEST", "Duplicate topic name."],
      ["INVALID_REQUEST", "Duplicate topic name."],
      ["NONE", null],
    ]);
  });

  test("does not share a spelling with another, be it old or of the same request", () => {
    const quorum = Quorum.with([1]);
    quorum.createTopic("a.b", { replicas: [[1]] });
    expect(create(quorum, [topic("a_b"), topic("c_d"), topic("c.d")]).topics.map((answer) => [answer.error, answer.message])).toEqual([
      ["INVALID_TOPIC_EXCEPTION", "Topic 'a_b' collides with existing topic: a.b"],
      ["NONE", null],
      ["INVALID_TOPIC_EXCEPTION", "Topic 'c.d' collides with existing topic: c_d"],
    ]);
  });

  test("gets replicas on fenced brokers only where there are not enough others, and those are not in the ISR (KAFKA-13083)", () => {
    const quorum = Quorum.with([1, 2, 3, 4]);
    quorum.expire(3);
    quorum.createTopic("enough", { partitions: 8 });
    const held = quorum.controller.image.topicByName("enough")?.partitions.flatMap(({ replicas }) => replicas);
    expect(held).not.toContain(3);
    quorum.expire(4);
    quorum.createTopic("t");
    const { leader, replicas, isr } = quorum.partition();
    expect([leader, replicas[0], [...isr].sort(), replicas.length]).toEqual([replicas[0], leader, [1, 2], 3]);
    quorum.createTopic("by-hand", { replicas: [[3, 1, 2]] });
    expect(quorum.partition("by-hand")).toMatchObject({ leader: 1, replicas: [3, 1, 2], isr: [1, 2] });
  });

  test("can't be placed where all brokers are fenced", () => {
    const quorum = Quorum.with([1]);
    quorum.expire(1);
    expect(create(quorum, [topic("t")]).topics).toMatchObject([
      { error: "INVALID_REPLICATION_FACTOR", message: "Unable to replicate the partition 1 time(s): All brokers are currently fenced." },
    ]);
  });
});

test.each<[string, Partial<TopicToCreate> & { name?: string }, string, string]>([
  ["exists", { name: "exists" }, "TOPIC_ALREADY_EXISTS", "Topic 'exists' already exists."],
  ["has no name", { name: "" }, "INVALID_TOPIC_EXCEPTION", "Topic name is invalid: the empty string is not allowed"],
  ["is a path", { name: ".." }, "INVALID_TOPIC_EXCEPTION", "Topic name is invalid: '..' is not allowed"],
  [
    "has a slash",
    { name: "a/b" },
    "INVALID_TOPIC_EXCEPTION",
    "Topic name is invalid: 'a/b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
  ],
  [
    "has a line end",
    { name: "a\n" },
    "INVALID_TOPIC_EXCEPTION",
    "Topic name is invalid: 'a\n' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
  ],
  [
    "is too long",
    { name: "a".repeat(250) },
    "INVALID_TOPIC_EXCEPTION",
    `Topic name is invalid: the length of '${"a".repeat(250)}' is longer than the max allowed length 249`,
  ],
  ["has no partitions", { partitionCount: 0 }, "INVALID_PARTITIONS", "Number of partitions was set to an invalid non-positive value."],
  ["has too many partitions", { partitionCount: 10_001 }, "POLICY_VIOLATION", "Excessively large number of partitions per request."],
  ["has no replicas", { replicationFactor: 0 }, "INVALID_REPLICATION_FACTOR", "Replication factor must be larger than 0, or -1 to use the default value."],
  [
    "has more replicas than there are brokers",
    { replicationFactor: 5 },
    "INVALID_REPLICATION_FACTOR",
    "Unable to replicate the partition 5 time(s): The target replication factor of 5 cannot be reached because only 3 broker(s) are registered or some brokers have all their log directories cordoned.",
  ],
  ["has an unknown config", { configs: new Map([["nope", "1"]]) }, "INVALID_CONFIG", "Unknown topic config name: nope"],
  [
    "has a config without a value",
    { configs: new Map([["retention.ms", null]]) },
    "INVALID_CONFIG",
    "Null value not supported for topic configs: retention.ms",
  ],
  [
    "has a bad config",
    { configs: new Map([["retention.ms", "abc"]]) },
    "INVALID_CONFIG",
    "Invalid value abc for configuration retention.ms: Not a number of type LONG",
  ],
  [
    "has records wait longer for compaction than they may",
    {
      configs: new Map([
        ["min.compaction.lag.ms", "10001"],
        ["max.compaction.lag.ms", "10000"],
      ]),
    },
    "INVALID_CONFIG",
    "conflict topic config setting min.compaction.lag.ms (10001) > max.compaction.lag.ms (10000)",
  ],
  [
    "asks for remote storage",
    { configs: new Map([["remote.storage.enable", "true"]]) },
    "INVALID_CONFIG",
    "Invalid value true for configuration remote.storage.enable: Samsa does not support it yet: all records stay on the brokers; leave it at false",
  ],
])("a topic that %s is refused in Kafka's words", (_, options, error, message) => {
  const quorum = Quorum.with([1, 2, 3]);
  quorum.createTopic("exists");
  expect(create(quorum, [topic(options.name ?? "t", options)]).topics).toMatchObject([{ error, message, topicId: ZERO_UUID }]);
});

test.each<[string, readonly (readonly [number, readonly number[]])[], Partial<TopicToCreate>, string]>([
  ["an empty list", [[0, []]], {}, "includes an empty replica list"],
  ["a broker twice", [[0, [1, 1]]], {}, "includes the broker 1 more than once"],
  ["an unknown broker", [[0, [1, 9]]], {}, "includes broker 9, but no such broker is registered"],
  [
    "a partition twice",
    [
      [0, [1]],
      [0, [2]],
    ],
    {},
    "multiple manual partition assignments for partition 0",
  ],
  [
    "a gap",
    [
      [0, [1]],
      [2, [2]],
    ],
    {},
    "consecutive 0-based",
  ],
  [
    "uneven lists",
    [
      [0, [1]],
      [1, [2, 3]],
    ],
    {},
    "with 2 replica(s), but this is not consistent with previous partitions, which have 1 replica(s)",
  ],
  ["another count beside it", [[0, [1]]], { partitionCount: 2 }, "numPartitions was not set to -1"],
  ["another factor beside it", [[0, [1]]], { replicationFactor: 2 }, "replication factor was not set to -1"],
])("an assignment with %s is refused", (_, assignments, options, text) => {
  const quorum = Quorum.with([1, 2, 3]);
  const asked = topic("t", {
    partitionCount: -1,
    replicationFactor: -1,
    assignments: assignments.map(([partition, replicas]) => ({ partition, replicas: ids(...replicas) })),
    ...options,
  });
  const [answer] = create(quorum, [asked]).topics;
  expect(answer?.error).toMatch(/INVALID_RE/);
  expect(answer?.message).toContain(text);
});

test("an assignment to fenced brokers only is refused", () => {
  const quorum = Quorum.with([1, 2]);
  quorum.expire(2);
  expect(quorum.createTopic("t", { replicas: [[2]] })).toMatchObject({
    error: "INVALID_REPLICA_ASSIGNMENT",
    message: "All brokers specified in the manual partition assignment for partition 0 are fenced or in controlled shutdown.",
  });
});

test("a request with too many topics, or too many partitions in all, is refused beyond its bound and not at it", () => {
  const quorum = Quorum.with([1], { limits: { maxTopicsPerRequest: 2, maxPartitionsPerBatch: 3 } });
  expect(create(quorum, [topic("a"), topic("b"), topic("c")]).error).toBe("INVALID_REQUEST");
  const answers = create(quorum, [topic("a", { partitionCount: 2 }), topic("b", { partitionCount: 2 })]).topics;
  expect(answers.map((answer) => answer.error)).toEqual(["NONE", "POLICY_VIOLATION"]);
  expect(create(quorum, [topic("b", { partitionCount: 3 }), topic("c", { partitionCount: 0 })]).topics[0]?.error).toBe("NONE");
});
