import { Controller, DEFAULT_CONTROLLER_LIMITS } from "@samsa/controller";
import { type MetadataRecord, recordBytesMax, SUPPORTED_FEATURES } from "@samsa/metadata";
import { brokerEpoch, leaderEpoch, micros, NO_NODE, type NodeId, nodeId, partitionEpoch, Prng, uuid, wallMs } from "@samsa/stdx";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeEntry, encodeEntry } from "../src/metadata-entry.ts";

const MAX_INT = 2 ** 31 - 1;
const SEED = 0xe47;

const id = fc.oneof(fc.constantFrom(0, 127, 128, 65_536, MAX_INT), fc.nat(MAX_INT)).map(nodeId);
const idList = fc.oneof(fc.array(id), fc.array(id, { minLength: 16, maxLength: 40 }));
const counter = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER));
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme", minLength: 20, maxLength: 40 }),
  fc.string({ minLength: 250, maxLength: 300 }),
);
const uuids = fc.constant(uuid("A".repeat(22)));
const nodeIdOrNone = fc.oneof(id, fc.constant(NO_NODE));
const state = {
  leader: nodeIdOrNone,
  leaderEpoch: id.map(leaderEpoch),
  partitionEpoch: id.map(partitionEpoch),
  isr: idList,
  elr: idList,
  lastKnownLeader: nodeIdOrNone,
};
const assignment = { replicas: idList, addingReplicas: idList, removingReplicas: idList };
const features = fc.array(fc.record({ name: text, minLevel: fc.nat(32_767), maxLevel: fc.nat(32_767) }), { maxLength: 4 });
const epoch = counter.map(brokerEpoch);
const record: fc.Arbitrary<MetadataRecord> = fc.oneof(
  fc.record({
    type: fc.constant("register-broker" as const),
    brokerId: id,
    brokerEpoch: epoch,
    incarnationId: uuids,
    endpoints: fc.array(fc.record({ listener: text, host: text, port: fc.nat(65_535) }), { maxLength: 20 }),
    controlEndpoint: fc.record({ host: text, port: fc.nat(65_535) }),
    rack: fc.option(text),
    pageCacheSurvived: fc.boolean(),
    directoryId: uuids,
    features,
  }),
  fc.record({
    type: fc.constant("broker" as const),
    brokerId: id,
    brokerEpoch: epoch,
    incarnationId: uuids,
    endpoints: fc.array(fc.record({ listener: text, host: text, port: fc.nat(65_535) }), { maxLength: 20 }),
    controlEndpoint: fc.record({ host: text, port: fc.nat(65_535) }),
    rack: fc.option(text),
    directoryId: uuids,
    features,
    isFenced: fc.boolean(),
    registeredAtIndex: counter,
  }),
  fc.record({ type: fc.constant("remove-topic" as const), topicId: uuids }),
  fc.record({ type: fc.constant("feature-level" as const), name: text, level: fc.nat(32_767) }),
  fc.record({ type: fc.constant("snapshot" as const), nextBrokerEpoch: epoch, nextProducerId: counter }),
  fc.record({ type: fc.constantFrom("fence-broker" as const, "unfence-broker" as const), brokerId: id, brokerEpoch: epoch }),
  fc.record({ type: fc.constant("topic" as const), name: text, topicId: uuids }),
  fc.record({ type: fc.constant("partition" as const), topicId: uuids, partition: id, ...assignment, ...state }),
  fc.record({ type: fc.constant("partition-change" as const), topicId: uuids, partition: id, ...state }),
  fc.record({ type: fc.constant("partition-change" as const), topicId: uuids, partition: id, assignment: fc.record(assignment), ...state }),
  fc.record({ type: fc.constant("producer-ids" as const), brokerId: id, brokerEpoch: epoch, nextProducerId: counter }),
  fc.record({
    type: fc.constant("config" as const),
    resourceType: fc.constantFrom("topic" as const, "broker" as const),
    resourceName: text,
    key: text,
    value: fc.option(text),
  }),
);

test("a record takes no more than the controller reckons with, and not much less", () => {
  const empty = encodeEntry([]).length;
  fc.assert(
    fc.property(record, (one) => {
      const bytes = encodeEntry([one]).length - empty;
      expect(bytes).toBeLessThanOrEqual(recordBytesMax(one));
      expect(recordBytesMax(one)).toBeLessThan(4 * bytes + 64);
    }),
    { seed: SEED, numRuns: 2000 },
  );
  // Beyond 64 KiB a header grows once more.
  const long: MetadataRecord = { type: "topic", name: "あ".repeat(32_767), topicId: uuid("A".repeat(22)) };
  expect(encodeEntry([long]).length - empty).toBeLessThanOrEqual(recordBytesMax(long));
});

/** Brokers with the longest ids; the smallest minimum that keeps whoever leaves an ISR in the ELR. */
const BROKERS = Array.from({ length: DEFAULT_CONTROLLER_LIMITS.maxReplicas / DEFAULT_CONTROLLER_LIMITS.maxPartitions }, (_, i) => nodeId(MAX_INT - i));
const NOW = { monotonicUs: micros(0), wallMs: wallMs(0) };
const PARTITIONS_PER_TOPIC = 10_000;

function fullTopic(n: number): readonly MetadataRecord[] {
  const topicId = uuid(String(n).repeat(22));
  // Epochs of a cluster that has lived long.
  const old = { leaderEpoch: leaderEpoch(MAX_INT - 9), partitionEpoch: partitionEpoch(MAX_INT - 9) };
  const records: MetadataRecord[] = [{ type: "topic", name: `t${n}`, topicId }];
  for (let partition = 0; partition < PARTITIONS_PER_TOPIC; partition++) {
    const isr = { isr: BROKERS, elr: [], leader: BROKERS[0] ?? NO_NODE, lastKnownLeader: NO_NODE };
    records.push({ type: "partition", topicId, partition, replicas: BROKERS, addingReplicas: [], removingReplicas: [], ...isr, ...old });
  }
  return records;
}

function standing(brokerId: NodeId, n: number): readonly MetadataRecord[] {
  const incarnation = {
    incarnationId: uuid("B".repeat(22)),
    endpoints: [],
    controlEndpoint: { host: "h", port: 1 },
    rack: null,
    pageCacheSurvived: true,
    directoryId: uuid("C".repeat(22)),
    features: SUPPORTED_FEATURES,
  };
  const at = { brokerId, brokerEpoch: brokerEpoch(n) };
  return [
    { type: "register-broker", ...at, ...incarnation },
    { type: "unfence-broker", ...at },
  ];
}

/** An active controller of a cluster that holds all it may. */
function fullController(): Controller {
  const config = {
    brokerSessionTimeoutMs: 1000,
    fencingByRefusedDial: true,
    defaultReplicationFactor: 5,
    numPartitions: 1,
    minInsyncReplicas: BROKERS.length,
    isUncleanElectionEnabled: false,
    isDeleteTopicEnabled: true,
    leaderBalanceIntervalMs: undefined,
  };
  const controller = new Controller({ self: nodeId(1), config, prng: new Prng(1) });
  const minIsr = { type: "config", resourceType: "broker", resourceName: "", key: "min.insync.replicas", value: String(BROKERS.length) } as const;
  const topics = Array.from({ length: DEFAULT_CONTROLLER_LIMITS.maxPartitions / PARTITIONS_PER_TOPIC }, (_, n) => fullTopic(n));
  const levels = SUPPORTED_FEATURES.map(({ name, maxLevel }): MetadataRecord => ({ type: "feature-level", name, level: maxLevel }));
  const batches = [[minIsr, ...levels, ...BROKERS.flatMap(standing)], ...topics];
  for (const [i, records] of batches.entries()) {
    // The creation of many partitions is a batch, too.
    expect(encodeEntry(records).length).toBeLessThan(DEFAULT_CONTROLLER_LIMITS.maxBatchBytes / 2);
    controller.committed({ index: i + 1, epoch: 1, records }, NOW);
  }
  controller.becameLeader(2, NOW);
  controller.committed({ index: batches.length + 1, epoch: 2, records: [] }, NOW);
  return controller;
}

test("the leader of every partition stops in a cluster that holds all it may, and the batch fits into one entry", () => {
  const controller = fullController();
  const [leader] = BROKERS;
  expect(controller.isActive && leader !== undefined).toBe(true);
  if (leader === undefined) return;
  const topics = [{ name: "one-more", partitionCount: 1, replicationFactor: 1, assignments: [], configs: new Map<string, string>() }];
  controller.request(1, leader, { type: "create-topics", topics, validateOnly: false }, NOW);
  expect(controller.drain().at(-1)).toMatchObject({ type: "reply", reply: { topics: [{ error: "POLICY_VIOLATION" }] } });
  controller.request(2, leader, { type: "broker-heartbeat", brokerId: leader, brokerEpoch: brokerEpoch(0), appliedIndex: 1, wantsShutdown: true }, NOW);
  const batches = controller.drain().flatMap((output) => (output.type === "propose" ? [output.records] : []));
  expect(batches.map((records) => records.length)).toEqual([DEFAULT_CONTROLLER_LIMITS.maxPartitions + 1]);
  const payload = encodeEntry(batches[0] ?? []);
  expect(payload.length).toBeLessThanOrEqual(DEFAULT_CONTROLLER_LIMITS.maxBatchBytes);
  expect(payload.length).toBeGreaterThan(DEFAULT_CONTROLLER_LIMITS.maxBatchBytes * 0.7);
  expect(decodeEntry(payload, 1)).toHaveLength(DEFAULT_CONTROLLER_LIMITS.maxPartitions + 1);
});
