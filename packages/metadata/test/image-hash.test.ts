import { EMPTY_IMAGE, imageHash, type MetadataImage, type MetadataRecord, replayBatch } from "@samsa/metadata";
import { brokerEpoch, leaderEpoch, NO_NODE, nodeId, partitionEpoch, ZERO_UUID } from "@samsa/stdx";
import { expect, test } from "vitest";
import { change, config, fencing, ids, incarnation, partitionRecord, registration, topicId, topicRecords } from "./records.ts";

const BASE: readonly MetadataRecord[] = [registration(1, 0), ...topicRecords(1, 2), ...topicRecords(2), config("topic", "t1", "retention.ms", "1")];
const replay = (records: readonly MetadataRecord[]): MetadataImage => replayBatch(EMPTY_IMAGE, records, 1).image;

test("equal images have equal hashes in whatever order their topics and configs came", () => {
  const [a, b] = [config("topic", "t2", "a", "1"), config("topic", "t2", "b", "2")];
  expect(imageHash(replay([...BASE, a, b]))).toBe(imageHash(replay([registration(1, 0), b, a, ...topicRecords(2), ...BASE.slice(1, 4), ...BASE.slice(-1)])));
});

test("every kind of record changes the hash", () => {
  const base = replay(BASE);
  const records: readonly MetadataRecord[] = [
    registration(2, 1),
    fencing("unfence-broker", 1, 0),
    ...topicRecords(3),
    change(1, 0, { isr: ids(1, 2) }),
    change(1, 0, { isr: ids(2, 1, 3), partitionEpoch: partitionEpoch(1) }),
    change(1, 1, { isr: ids(1, 2) }),
    change(1, 0, { lastKnownLeader: nodeId(1) }),
    { type: "producer-ids", brokerId: nodeId(1), brokerEpoch: brokerEpoch(0), nextProducerId: 2 ** 33 },
    config("topic", "t1", "retention.ms", "2"),
    config("topic", "t1", "retention.ms", null),
    config("broker", "1", "retention.ms", "1"),
    { type: "remove-topic", topicId: topicId(2) },
    { type: "feature-level", name: "a", level: 1 },
    { type: "feature-level", name: "a", level: 2 },
    { type: "feature-level", name: "b", level: 1 },
    change(1, 0, { assignment: { replicas: ids(1, 2, 3), addingReplicas: ids(3), removingReplicas: [] } }),
    change(1, 0, { assignment: { replicas: ids(1, 2, 3), addingReplicas: [], removingReplicas: ids(3) } }),
  ];
  const variants = records.filter((record) => record.type !== "partition");
  const hashes = [base, ...variants.map((record) => replayBatch(base, [record], 2).image), replayBatch(base, [], 2).image].map(imageHash);
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(hashes.every((hash) => /^[0-9a-f]{16}$/.test(hash))).toBe(true);
});

test("what a registration says of endpoints and rack takes part", () => {
  const record = registration(1, 0);
  const variants = [
    record,
    { ...record, rack: "" },
    { ...record, rack: "a" },
    { ...record, endpoints: [] },
    { ...record, controlEndpoint: { host: "localhost", port: 1 } },
  ];
  expect(new Set(variants.map((variant) => imageHash(replay([variant])))).size).toBe(variants.length);
});

test("every single field of a partition takes part", () => {
  const record = { ...partitionRecord(1, 0), leader: NO_NODE, isr: ids(1), elr: ids(2) };
  const variants: (typeof record)[] = [
    record,
    { ...record, replicas: ids(2, 1, 3) },
    { ...record, leader: nodeId(1) },
    { ...record, leaderEpoch: leaderEpoch(1) },
    { ...record, partitionEpoch: partitionEpoch(1) },
    { ...record, isr: ids(3) },
    { ...record, elr: ids(3) },
    { ...record, elr: [] },
    { ...record, lastKnownLeader: nodeId(1) },
    { ...record, addingReplicas: ids(1) },
    { ...record, removingReplicas: ids(1) },
  ];
  const [topic] = topicRecords(1);
  const hashes = variants.map((variant) => imageHash(replay(topic === undefined ? [] : [topic, variant])));
  expect(new Set(hashes).size).toBe(variants.length);
});

test("every single field of a registration takes part", () => {
  const record = registration(1, 0);
  const [endpoint] = record.endpoints;
  const variants: (typeof record)[] = [
    record,
    { ...record, brokerId: nodeId(2) },
    { ...record, incarnationId: incarnation(9) },
    { ...record, endpoints: endpoint === undefined ? [] : [{ ...endpoint, listener: "OTHER" }] },
    { ...record, endpoints: endpoint === undefined ? [] : [{ ...endpoint, host: "other" }] },
    { ...record, endpoints: endpoint === undefined ? [] : [{ ...endpoint, port: 1 }] },
    { ...record, controlEndpoint: { ...record.controlEndpoint, host: "other" } },
    { ...record, directoryId: ZERO_UUID },
    { ...record, features: [{ name: "a", minLevel: 1, maxLevel: 2 }] },
    { ...record, features: [{ name: "b", minLevel: 1, maxLevel: 2 }] },
    { ...record, features: [{ name: "a", minLevel: 0, maxLevel: 2 }] },
    { ...record, features: [{ name: "a", minLevel: 1, maxLevel: 3 }] },
  ];
  expect(new Set(variants.map((variant) => imageHash(replay([variant])))).size).toBe(variants.length);
});
