import { fromPlain, type MetadataRecord, recordSchemas, toPlain } from "@samsa/metadata";
import { brokerEpoch, nodeId, ZERO_UUID } from "@samsa/stdx";
import { expect, test } from "vitest";
import { change, config, directory, fencing, ids, partitionRecord, registration, standing, topicId } from "./records.ts";

const RECORDS: readonly MetadataRecord[] = [
  registration(1, 0),
  { ...registration(1, 0), rack: "r1", pageCacheSurvived: false },
  fencing("fence-broker", 1, 0),
  fencing("unfence-broker", 1, 0),
  { type: "topic", name: "orders", topicId: topicId(1) },
  { type: "broker-directories", brokerId: nodeId(1), brokerEpoch: brokerEpoch(0), logDirs: [directory(1)] },
  { ...registration(1, 0), logDirs: [directory(1), directory(2)] },
  partitionRecord(1, 0),
  { ...partitionRecord(1, 0), directories: [{ brokerId: nodeId(1), directoryId: directory(2) }] },
  { type: "replica-directory", topicId: topicId(1), partition: 0, brokerId: nodeId(1), directoryId: directory(2) },
  change(1, 0, {}),
  change(1, 0, { assignment: { replicas: ids(1, 2, 3), addingReplicas: ids(3), removingReplicas: ids(1) } }),
  { type: "remove-topic", topicId: topicId(1) },
  { type: "feature-level", name: "samsa.version", level: 1 },
  { type: "snapshot", nextBrokerEpoch: brokerEpoch(7), nextProducerId: 2 ** 40 },
  standing(1, 0),
  { type: "producer-ids", brokerId: nodeId(1), brokerEpoch: brokerEpoch(3), nextProducerId: 2 ** 40 },
  config("topic", "orders", "retention.ms", "1"),
  config("broker", "", "min.insync.replicas", null),
];

test("every type of record survives the way through plain data", () => {
  expect(new Set(RECORDS.map((record) => record.type))).toEqual(new Set(Object.keys(recordSchemas)));
  for (const record of RECORDS) expect(fromPlain(JSON.parse(JSON.stringify(toPlain(record))))).toEqual({ ok: true, record });
});

test("a version from the future is refused with its number", () => {
  expect(fromPlain(["topic", 1, {}])).toEqual({ ok: false, error: "topic: version 1 is not supported (0 to 0): a newer node wrote it, upgrade this one" });
  expect(fromPlain(["partition", 3, {}])).toEqual({
    ok: false,
    error: "partition: version 3 is not supported (0 to 2): a newer node wrote it, upgrade this one",
  });
});

test("a record of an earlier version is read, and what it could not say is unknown", () => {
  const { directoryId: _, features: __, ...old } = toPlain(registration(1, 0))[2] as Record<string, unknown>;
  expect(fromPlain(["register-broker", 0, old])).toEqual({ ok: true, record: { ...registration(1, 0), directoryId: ZERO_UUID, features: [] } });
  const { addingReplicas: ___, removingReplicas: ____, ...partition } = toPlain(partitionRecord(1, 0))[2] as Record<string, unknown>;
  expect(fromPlain(["partition", 0, partition])).toEqual({ ok: true, record: partitionRecord(1, 0) });
  expect(fromPlain(["partition-change", 0, toPlain(change(1, 0, {}))[2]])).toEqual({ ok: true, record: change(1, 0, {}) });
});

test("a field of a later version than the record's is not the field", () => {
  const [type, , fields] = toPlain(registration(1, 0));
  expect(fromPlain([type, 0, { ...fields, directoryId: 5 }])).toMatchObject({ ok: true, record: { directoryId: ZERO_UUID } });
});

test("a field that the record's version has must be there", () => {
  const { directoryId: _, ...fields } = toPlain(registration(1, 0))[2] as Record<string, unknown>;
  expect(fromPlain(["register-broker", 1, fields])).toEqual({ ok: false, error: "register-broker.directoryId is missing" });
});

test("a field that nobody knows is ignored", () => {
  const record: MetadataRecord = { type: "topic", name: "orders", topicId: topicId(1) };
  const [type, version, fields] = toPlain(record);
  expect(fromPlain([type, version, { ...fields, later: 1 }])).toEqual({ ok: true, record });
});

test.each<[string, unknown, string]>([
  ["no list", { type: "topic" }, "[type, version, fields]"],
  ["an unknown type", ["toString", 0, {}], "unknown metadata record toString"],
  ["a version that is no number", ["topic", "0", {}], "version 0 is not supported"],
  ["no fields", ["topic", 0, null], "topic: an object is needed"],
  ["a missing field", ["topic", 0, { name: "t" }], "topic.topicId is missing"],
  ["an inherited field", ["topic", 0, Object.create({ name: "t", topicId: topicId(1) })], "topic.name is missing"],
  ["a wrong type", ["topic", 0, { name: 1, topicId: topicId(1) }], "topic.name: a string"],
  ["a UUID that is none", ["topic", 0, { name: "t", topicId: "x" }], "topic.topicId: a UUID"],
  ["a fraction", ["fence-broker", 0, { brokerId: 1.5, brokerEpoch: 0 }], "fence-broker.brokerId: an integer from 0"],
  ["a negative id", ["fence-broker", 0, { brokerId: -1, brokerEpoch: 0 }], "fence-broker.brokerId: an integer from 0"],
  ["an unknown choice", ["config", 0, { resourceType: "user", resourceName: "", key: "k", value: "v" }], "one of topic, broker"],
  ["a bad element", ["partition", 0, { ...toPlain(partitionRecord(1, 0))[2], isr: [1, "2"] }], "partition.isr[1]: an integer"],
  [
    "an endless list",
    ["partition", 0, { ...toPlain(partitionRecord(1, 0))[2], isr: Array.from({ length: 10_001 }, () => 1) }],
    "partition.isr: a list of at most",
  ],
])("plain data with %s is refused by name", (_, plain, text) => {
  const read = fromPlain(plain);
  expect(read.ok ? "" : read.error).toContain(text);
});
