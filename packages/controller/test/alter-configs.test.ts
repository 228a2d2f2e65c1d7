import type { ConfigOperation, ConfigsToChange } from "@samsa/controller";
import { imageToRecords, recordFault, SnapshotReader } from "@samsa/metadata";
import { nodeId } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { Quorum } from "./support/quorum.ts";

type Change = readonly [name: string, value: string | null, operation?: ConfigOperation];
type ResourceType = ConfigsToChange["resourceType"];

const of = (resourceType: ResourceType, resourceName: string, ...changes: readonly Change[]): ConfigsToChange => ({
  resourceType,
  resourceName,
  changes: changes.map(([name, value, operation]) => ({ name, value, operation: operation ?? (value === null ? "delete" : "set") })),
});
const alter = (quorum: Quorum, resources: readonly ConfigsToChange[], validateOnly = false) =>
  quorum.ask({ type: "incremental-alter-configs", resources, validateOnly }).resources;
const replace = (quorum: Quorum, resourceType: ResourceType, resourceName: string, configs: Record<string, string | null>) => {
  const entries = Object.entries(configs).map(([name, value]) => ({ name, value }));
  return quorum.ask({ type: "alter-configs", resources: [{ resourceType, resourceName, configs: entries }], validateOnly: false }).resources;
};
const topicConfigs = (quorum: Quorum, name = "t") => Object.fromEntries(quorum.controller.image.topicConfig(name));

const withTopic = (configs: Record<string, string> = {}): Quorum => {
  const quorum = Quorum.with([1, 2, 3]);
  quorum.createTopic("t", { replicas: [[1, 2, 3]], configs });
  return quorum;
};

describe("a topic's configs", () => {
  test("are set and taken away one by one; the others stay", () => {
    const quorum = withTopic({ "retention.ms": "1000", "max.message.bytes": "5" });
    expect(alter(quorum, [of("topic", "t", ["retention.ms", null], ["flush.ms", "7"])])).toEqual([
      { resourceType: "topic", resourceName: "t", error: "NONE", message: null },
    ]);
    expect(topicConfigs(quorum)).toEqual({ "max.message.bytes": "5", "flush.ms": "7" });
  });

  test("are all replaced by the legacy request: what it does not name goes", () => {
    const quorum = withTopic({ "retention.ms": "1000", "max.message.bytes": "5" });
    expect(replace(quorum, "topic", "t", { "max.message.bytes": "6" })).toMatchObject([{ error: "NONE" }]);
    expect(topicConfigs(quorum)).toEqual({ "max.message.bytes": "6" });
  });

  test("agree with those that are set already, and with the cluster's defaults", () => {
    const conflict = (min: string, max: string) => [
      { error: "INVALID_CONFIG", message: `conflict topic config setting min.compaction.lag.ms (${min}) > max.compaction.lag.ms (${max})` },
    ];
    const quorum = withTopic({ "min.compaction.lag.ms": "500" });
    expect(alter(quorum, [of("topic", "t", ["max.compaction.lag.ms", "499"])])).toMatchObject(conflict("500", "499"));
    expect(alter(quorum, [of("topic", "t", ["max.compaction.lag.ms", "500"])])).toMatchObject([{ error: "NONE" }]);
    expect(replace(quorum, "topic", "t", { "min.compaction.lag.ms": "9223372036854775807" })).toMatchObject([{ error: "NONE" }]);
    expect(alter(quorum, [of("broker", "", ["log.cleaner.max.compaction.lag.ms", "700"])])).toMatchObject([{ error: "NONE" }]);
    expect(alter(quorum, [of("topic", "t", ["min.compaction.lag.ms", "701"])])).toMatchObject(conflict("701", "700"));
    expect(alter(quorum, [of("topic", "t", ["min.compaction.lag.ms", "700"])])).toMatchObject([{ error: "NONE" }]);
  });

  test("that are lists are added to and taken from, beginning at the default", () => {
    const quorum = withTopic();
    alter(quorum, [of("topic", "t", ["leader.replication.throttled.replicas", "0:1,0:2", "append"])]);
    alter(quorum, [of("topic", "t", ["leader.replication.throttled.replicas", "0:2,0:3", "append"])]);
    expect(topicConfigs(quorum)).toEqual({ "leader.replication.throttled.replicas": "0:1,0:2,0:3" });
    alter(quorum, [of("topic", "t", ["leader.replication.throttled.replicas", "0:1", "subtract"])]);
    expect(topicConfigs(quorum)).toEqual({ "leader.replication.throttled.replicas": "0:2,0:3" });
    alter(quorum, [of("topic", "t", ["cleanup.policy", "delete", "append"])]);
    expect(topicConfigs(quorum)["cleanup.policy"]).toBe("delete");
  });

  test("never grow beyond what a record holds: no node could read it back, now or after a restart", () => {
    const quorum = withTopic();
    const key = "leader.replication.throttled.replicas";
    const list = (from: number): string => Array.from({ length: 4000 }, (_, index) => `${from + index}:1`).join(",");
    expect(alter(quorum, [of("topic", "t", [key, list(10_000), "append"])])).toMatchObject([{ error: "NONE" }]);
    const message = "The configuration value cannot be added because it exceeds the maximum value size of 32767 bytes.";
    expect(alter(quorum, [of("topic", "t", [key, list(20_000), "append"])])).toMatchObject([{ error: "INVALID_CONFIG", message }]);
    expect(alter(quorum, [of("broker", "", ["log.segment.bytes", `2000000${" ".repeat(32_768)}`])])).toMatchObject([{ error: "INVALID_CONFIG", message }]);
    expect(quorum.entries.flatMap(({ records }) => records).flatMap((record) => recordFault(record) ?? [])).toEqual([]);
  });

  test("asked for again, the first answer being lost, need no record", () => {
    const quorum = withTopic();
    alter(quorum, [of("topic", "t", ["flush.ms", "7"])]);
    const entries = quorum.entries.length;
    expect(alter(quorum, [of("topic", "t", ["flush.ms", "7"], ["retention.ms", null])])).toMatchObject([{ error: "NONE" }]);
    expect(quorum.entries.length).toBe(entries);
  });

  test("are not altered by validateOnly, and of a resource with one wrong change none is", () => {
    const quorum = withTopic();
    expect(alter(quorum, [of("topic", "t", ["flush.ms", "7"])], true)).toMatchObject([{ error: "NONE" }]);
    expect(alter(quorum, [of("topic", "t", ["flush.ms", "7"], ["retention.ms", "x"])])).toMatchObject([{ error: "INVALID_CONFIG" }]);
    expect(topicConfigs(quorum)).toEqual({});
  });
});

test("configs of a group are kept whether or not there is one, and through a snapshot", () => {
  const quorum = withTopic();
  expect(alter(quorum, [of("group", "a:b", ["consumer.session.timeout.ms", "50000"], ["consumer.heartbeat.interval.ms", "6000"])])).toMatchObject([
    { error: "NONE", resourceType: "group", resourceName: "a:b" },
  ]);
  alter(quorum, [of("group", "a:b", ["consumer.heartbeat.interval.ms", null])]);
  const { image } = quorum.controller;
  expect([...image.groupConfig("a:b")]).toEqual([["consumer.session.timeout.ms", "50000"]]);
  const reader = new SnapshotReader();
  for (const records of imageToRecords(image)) reader.add(records);
  expect([...reader.finish(image.index).configuredGroups()]).toEqual(["a:b"]);
});

test.each<[string, ConfigsToChange, string, string]>([
  ["of a topic that is not there", of("topic", "nope", ["flush.ms", "1"]), "UNKNOWN_TOPIC_OR_PARTITION", "The topic 'nope' does not exist."],
  ["of all topics", of("topic", "", ["flush.ms", "1"]), "INVALID_REQUEST", "Default topic resources are not allowed."],
  [
    "of a topic that can't be",
    of("topic", "a/b", ["flush.ms", "1"]),
    "INVALID_TOPIC_EXCEPTION",
    "Topic name is invalid: 'a/b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
  ],
  ["of all groups", of("group", "", ["consumer.session.timeout.ms", "50000"]), "INVALID_REQUEST", "Default group resources are not allowed."],
  ["of a group with an unknown name", of("group", "g", ["nope", "1"]), "INVALID_CONFIG", "Unknown group config name: nope"],
  [
    "of a group with a bad value",
    of("group", "g", ["consumer.session.timeout.ms", "0"]),
    "INVALID_CONFIG",
    "Invalid value 0 for configuration consumer.session.timeout.ms: Value must be at least 1",
  ],
  [
    "appended to where a group has no list",
    of("group", "g", ["consumer.session.timeout.ms", "1", "append"]),
    "INVALID_CONFIG",
    "Can't APPEND to key consumer.session.timeout.ms because its type is not LIST.",
  ],
  ["with an unknown name", of("topic", "t", ["nope", "1"]), "INVALID_CONFIG", "Unknown topic config name: nope"],
  [
    "with a bad value",
    of("topic", "t", ["retention.ms", "abc"]),
    "INVALID_CONFIG",
    "Invalid value abc for configuration retention.ms: Not a number of type LONG",
  ],
  [
    "that has records wait longer for compaction than they may",
    of("topic", "t", ["max.compaction.lag.ms", "10000"], ["min.compaction.lag.ms", "10001"]),
    "INVALID_CONFIG",
    "conflict topic config setting min.compaction.lag.ms (10001) > max.compaction.lag.ms (10000)",
  ],
  [
    "of a broker that has compaction stand still",
    of("broker", "", ["log.cleaner.io.max.bytes.per.second", "0"]),
    "INVALID_REQUEST",
    "Invalid value 0 for configuration log.cleaner.io.max.bytes.per.second: Value must be at least 1",
  ],
  [
    "of a broker that leaves compaction no room for keys",
    of("broker", "1", ["log.cleaner.dedupe.buffer.size", "1048575"]),
    "INVALID_REQUEST",
    "Invalid value 1048575 for configuration log.cleaner.dedupe.buffer.size: Value must be at least 1048576",
  ],
  ["twice in one request", of("topic", "t", ["flush.ms", "1"], ["flush.ms", "2"]), "INVALID_REQUEST", "Error due to duplicate config keys"],
  ["set to nothing", of("topic", "t", ["flush.ms", null, "set"]), "INVALID_REQUEST", "Null value not supported for : flush.ms"],
  [
    "appended to where it is no list",
    of("topic", "t", ["flush.ms", "1", "append"]),
    "INVALID_CONFIG",
    "Can't APPEND to key flush.ms because its type is not LIST.",
  ],
  [
    "subtracted from where it is no list",
    of("topic", "t", ["flush.ms", "1", "subtract"]),
    "INVALID_CONFIG",
    "Can't SUBTRACT to key flush.ms because its type is not LIST.",
  ],
  ["of a broker that is not there", of("broker", "9", ["message.max.bytes", "1"]), "BROKER_ID_NOT_REGISTERED", "No node with id 9 found."],
  [
    "of a broker in a spelling that no broker looks itself up by",
    of("broker", "01", ["message.max.bytes", "1"]),
    "INVALID_REQUEST",
    "Unable to parse broker name as a base 10 number.",
  ],
  ["of a broker without a number", of("broker", "x", ["message.max.bytes", "1"]), "INVALID_REQUEST", "Unable to parse broker name as a base 10 number."],
  ["of a negative broker", of("broker", "-1", ["message.max.bytes", "1"]), "INVALID_REQUEST", "Invalid negative broker ID."],
  ["of a broker that can't change", of("broker", "1", ["num.partitions", "2"]), "INVALID_REQUEST", "Cannot update these configs dynamically: [num.partitions]"],
  [
    "of a broker with a bad value",
    of("broker", "", ["message.max.bytes", "-1"]),
    "INVALID_REQUEST",
    "Invalid value -1 for configuration message.max.bytes: Value must be at least 0",
  ],
  [
    "of a broker that would be no limit",
    of("broker", "1", ["max.connection.creation.rate", "5"]),
    "INVALID_REQUEST",
    "Invalid value 5 for configuration max.connection.creation.rate: Samsa does not support it yet: connections are made at any rate",
  ],
  [
    "of a broker that limits no address",
    of("broker", "", ["max.connections.per.ip.overrides", "10.0.0.1:5,foo"]),
    "INVALID_REQUEST",
    "Invalid value 10.0.0.1:5,foo for configuration max.connections.per.ip.overrides: Must be a list of numbers by address: [address]:[number],...",
  ],
  [
    "of a broker that takes a restart",
    of("broker", "1", ["listeners", "PLAINTEXT://:1"], ["nope", "1"]),
    "INVALID_REQUEST",
    "Cannot update these configs dynamically: [listeners, nope]",
  ],
  [
    "that all brokers must have alike",
    of("broker", "1", ["min.insync.replicas", "2"]),
    "INVALID_CONFIG",
    "Broker-level min.insync.replicas cannot be altered while ELR is enabled.",
  ],
  [
    "that the cluster can't do without",
    of("broker", "", ["min.insync.replicas", null]),
    "INVALID_CONFIG",
    "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.",
  ],
])("a config %s is refused in Kafka's words", (_, asked, error, message) => {
  const quorum = withTopic();
  const entries = quorum.entries.length;
  expect(alter(quorum, [asked])).toMatchObject([{ error, message }]);
  expect(quorum.entries.length).toBe(entries);
});

test("a resource that is named twice is altered neither time, and its neighbours are", () => {
  const quorum = withTopic();
  const answers = alter(quorum, [of("topic", "t", ["flush.ms", "1"]), of("broker", "1", ["message.max.bytes", "9"]), of("topic", "t", ["flush.ms", "2"])]);
  expect(answers.map(({ error }) => error)).toEqual(["INVALID_REQUEST", "NONE", "INVALID_REQUEST"]);
  expect(answers[0]?.message).toBe("Each resource must appear at most once.");
  expect(quorum.controller.image.brokerConfig(nodeId(1)).get("message.max.bytes")).toBe("9");
});

test("a broker has configs of its own beside the cluster-wide default", () => {
  const quorum = withTopic();
  alter(quorum, [of("broker", "", ["message.max.bytes", "7"]), of("broker", "2", ["message.max.bytes", "8"])]);
  const { image } = quorum.controller;
  expect([image.brokerConfig("default").get("message.max.bytes"), image.brokerConfig(nodeId(2)).get("message.max.bytes")]).toEqual(["7", "8"]);
  expect(replace(quorum, "broker", "2", {})).toMatchObject([{ error: "NONE" }]);
  expect(quorum.controller.image.brokerConfig(nodeId(2)).size).toBe(0);
});

test("the legacy request can't take away what the cluster can't do without", () => {
  const quorum = withTopic();
  expect(replace(quorum, "broker", "", { "message.max.bytes": "7" })).toMatchObject([{ error: "INVALID_CONFIG" }]);
  expect(replace(quorum, "broker", "", { "min.insync.replicas": "1", "message.max.bytes": "7" })).toMatchObject([{ error: "NONE" }]);
});

describe("a smaller minimum", () => {
  test.each<[string, ConfigsToChange]>([
    ["of the topic", of("topic", "t", ["min.insync.replicas", "1"])],
    ["of the cluster", of("broker", "", ["min.insync.replicas", "1"])],
  ])("%s empties the ELR in the same batch: the high watermark moves on without its members (I-P14)", (_, asked) => {
    const quorum = withTopic();
    quorum.expire(3);
    quorum.expire(2);
    expect(quorum.partition()).toMatchObject({ isr: [1], elr: [2] });
    alter(quorum, [asked]);
    expect(quorum.entries.at(-1)?.records.map(({ type }) => type)).toEqual(["config", "partition-change"]);
    expect(quorum.partition()).toMatchObject({ leader: 1, isr: [1], elr: [] });
  });

  test("leaves the ELR of a topic that has a minimum of its own", () => {
    const quorum = withTopic({ "min.insync.replicas": "2" });
    quorum.expire(3);
    quorum.expire(2);
    alter(quorum, [of("broker", "", ["min.insync.replicas", "1"])]);
    expect(quorum.partition()).toMatchObject({ isr: [1], elr: [2] });
  });
});

test("a request for too many resources, or for too many bytes beside what it may change, is refused", () => {
  const limits = { maxConfigResourcesPerRequest: 2, maxPartitions: 10, maxReplicas: 10, maxBatchBytes: 5000 };
  const quorum = Quorum.with([1], { limits, defaultReplicationFactor: 1 });
  const names = ["a", "b", "c"];
  for (const name of names) quorum.createTopic(name);
  const wanted = names.map((name) => of("topic", name, ["flush.ms", "1"]));
  expect(quorum.ask({ type: "incremental-alter-configs", resources: wanted, validateOnly: false }).error).toBe("INVALID_REQUEST");
  expect(alter(quorum, wanted.slice(1)).map(({ error }) => error)).toEqual(["NONE", "NONE"]);
  const long = Array.from({ length: 900 }, (_, n) => `${n}:1`).join(",");
  expect(alter(quorum, [of("topic", "a", ["leader.replication.throttled.replicas", long])])).toMatchObject([{ error: "POLICY_VIOLATION" }]);
});
