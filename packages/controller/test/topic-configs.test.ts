import { TOPIC_CONFIGS, topicConfigError, topicConfigsWithoutEffect } from "@samsa/controller";
import { expect, test } from "vitest";

test.each<[string, string]>([
  ["cleanup.policy", "delete"],
  ["compression.gzip.level", "-1"],
  ["compression.type", "producer"],
  ["compression.type", "gzip"],
  ["compression.type", "uncompressed"],
  ["flush.messages", "9223372036854775807"],
  ["follower.replication.throttled.replicas", "*"],
  ["follower.replication.throttled.replicas", "0:1,1:2"],
  ["max.message.bytes", "1048588"],
  ["message.timestamp.type", "LogAppendTime"],
  ["min.cleanable.dirty.ratio", "0.5"],
  ["min.cleanable.dirty.ratio", ".5e0"],
  ["min.insync.replicas", "2"],
  ["preallocate", "TRUE"],
  ["retention.bytes", "-1"],
  ["retention.ms", " 172800000 "],
  ["remote.storage.enable", "false"],
  ["unclean.leader.election.enable", "FALSE"],
  ["unclean.leader.election.enable", "True"],
])("%s=%s is taken", (name, value) => {
  expect(topicConfigError(name, value)).toBeUndefined();
});

test.each<[string, string, string]>([
  ["cleanup.policy", "shrink", "String must be one of: compact, delete"],
  ["compression.gzip.level", "0", "Value must be at least 1"],
  ["compression.type", "rar", "String must be one of"],
  ["flush.messages", "9223372036854775808", "Not a number of type LONG"],
  ["leader.replication.throttled.replicas", "a:b", "Must be the literal '*'"],
  ["max.message.bytes", "2147483648", "Not a number of type INT"],
  ["max.message.bytes", "-1", "Value must be at least 0"],
  ["min.cleanable.dirty.ratio", "1.5", "Value must be no more than 1"],
  ["min.cleanable.dirty.ratio", "x", "Not a number of type DOUBLE"],
  ["min.cleanable.dirty.ratio", "0x1", "Not a number of type DOUBLE"],
  ["min.cleanable.dirty.ratio", "", "Not a number of type DOUBLE"],
  ["min.insync.replicas", "0", "Value must be at least 1"],
  ["min.insync.replicas", "1e3", "Not a number of type INT"],
  ["preallocate", "yes", "Expected value to be either true or false"],
  ["retention.ms", "-2", "Value must be at least -1"],
  ["retention.ms", "", "Not a number of type LONG"],
  ["constructor", "1", "Unknown topic config name: constructor"],
])("%s=%s is refused", (name, value, text) => {
  expect(topicConfigError(name, value)).toContain(text);
});

test.each<[string, string, string]>([["remote.storage.enable", "true", "all records stay on the brokers"]])(
  "%s=%s is refused as not supported yet, with what to do",
  (name, value, text) => {
    const message = topicConfigError(name, value);
    expect(message).toContain(`Invalid value ${value} for configuration ${name}: Samsa does not support it yet: `);
    expect(message).toContain(text);
  },
);

test("of configs that are taken, those that change nothing yet are told", () => {
  const configs = new Map([
    ["cleanup.policy", "compact"],
    ["max.compaction.lag.ms", "60000"],
    ["flush.messages", "1"],
    ["min.insync.replicas", "2"],
    ["local.retention.ms", "1000"],
    ["segment.ms", "60000"],
  ]);
  expect(topicConfigsWithoutEffect(configs)).toEqual(["local.retention.ms"]);
});

test("what a topic was created with before it was refused changes nothing either", () => {
  expect(topicConfigsWithoutEffect(new Map([["remote.storage.enable", "true"]]))).toEqual(["remote.storage.enable"]);
});

test("a config that asks for what is done anyway is not told", () => {
  const configs = new Map([["preallocate", "false"]]);
  expect(topicConfigsWithoutEffect(configs)).toEqual([]);
});

test("the table has the names that Kafka 4.3's tools print", () => {
  for (const name of ["segment.bytes", "segment.ms", "local.retention.ms", "message.timestamp.after.max.ms", "remote.log.copy.disable"])
    expect(TOPIC_CONFIGS.has(name)).toBe(true);
  expect([...TOPIC_CONFIGS.keys()]).toEqual([...TOPIC_CONFIGS.keys()].sort());
});
