import { EMPTY_IMAGE, type MetadataImage, type MetadataRecord, replayBatch } from "@samsa/metadata";
import { brokerEpoch, leaderEpoch, NO_NODE, nodeId, offset, partitionEpoch, type Uuid, uuid } from "@samsa/stdx";
import { expect, test } from "vitest";
import { nodeReport, type ReportSources } from "../../src/operator/node-report.ts";

const ids = (...all: readonly number[]) => all.map(nodeId);
const topicId = (n: number): Uuid => uuid(`topic${String(n).padStart(17, "0")}`);

const broker = (id: number, isFenced: boolean): MetadataRecord => ({
  type: "broker",
  brokerId: nodeId(id),
  brokerEpoch: brokerEpoch(id),
  incarnationId: uuid("incarnation00000000001"),
  endpoints: [],
  controlEndpoint: { host: "h", port: 1 },
  rack: null,
  directoryId: uuid("directory0000000000001"),
  features: [],
  isFenced,
  registeredAtIndex: 1,
});

/** `partitions`: leader and ISR of each, all with the replicas 1, 2 and 3. */
const topic = (n: number, name: string, ...partitions: readonly (readonly [number, readonly number[]])[]): readonly MetadataRecord[] => [
  { type: "topic", name, topicId: topicId(n) },
  ...partitions.map(([leader, isr], partition): MetadataRecord => ({
    type: "partition",
    topicId: topicId(n),
    partition,
    replicas: ids(1, 2, 3),
    addingReplicas: [],
    removingReplicas: [],
    leader: nodeId(leader),
    leaderEpoch: leaderEpoch(3),
    partitionEpoch: partitionEpoch(0),
    isr: ids(...isr),
    elr: [],
    lastKnownLeader: NO_NODE,
  })),
];

const IMAGE = replayBatch(
  EMPTY_IMAGE,
  [
    { type: "snapshot", nextBrokerEpoch: brokerEpoch(10), nextProducerId: 0 },
    broker(3, true),
    broker(1, false),
    broker(2, false),
    ...topic(1, "__consumer_offsets", [2, [1, 2]]),
    ...topic(2, "orders", [1, [1, 2]], [-1, []]),
    ...topic(3, "cars", [2, [1, 2, 3]]),
  ],
  7,
).image;

const node = (image: MetadataImage, parts: Partial<ReportSources> = {}): ReportSources => ({
  quorum: { node: { leader: 2, term: 9 } },
  controller: { image },
  broker: undefined,
  ...parts,
});
const ALL = { topic: null, partitionsMax: 100, groupsMax: 100 };

test("a node tells who is the controller, and counts what each broker leads, has and is in sync with", () => {
  expect(nodeReport(1, node(IMAGE), { ...ALL, partitionsMax: 0 })).toEqual({
    nodeId: 1,
    controller: 2,
    controllerEpoch: 9,
    metadataIndex: 7,
    brokers: [
      { id: 1, isFenced: false, leads: 1, replicas: 4, inSync: 3 },
      { id: 2, isFenced: false, leads: 2, replicas: 4, inSync: 3 },
      { id: 3, isFenced: true, leads: 0, replicas: 4, inSync: 1 },
    ],
    topicCount: 3,
    partitionCount: 4,
    leaderlessCount: 1,
    underReplicatedCount: 3,
    partitions: [],
    ownReplicas: [],
    groups: [],
  });
});

test("partitions are named by topic and index, internal topics last, as many as were asked for", () => {
  const named = (limits: Partial<typeof ALL> | { readonly topic: string }) =>
    nodeReport(1, node(IMAGE), { ...ALL, ...limits }).partitions.map(({ topic: name, partition }) => `${name}-${partition}`);
  expect(named({})).toEqual(["cars-0", "orders-0", "orders-1", "__consumer_offsets-0"]);
  expect(named({ partitionsMax: 2 })).toEqual(["cars-0", "orders-0"]);
  expect(named({ topic: "orders" })).toEqual(["orders-0", "orders-1"]);
  expect(named({ topic: "none" })).toEqual([]);
  const [, first] = nodeReport(1, node(IMAGE), ALL).partitions;
  expect(first).toEqual({ topic: "orders", partition: 0, leader: 1, leaderEpoch: 3, replicas: [1, 2, 3], isr: [1, 2] });
});

test("of its own replicas it tells the ends, unless they are still being read", () => {
  const hosted = (partition: number, isReady: boolean) => ({
    topic: "orders",
    partition,
    log: { isReady, logStartOffset: offset(2), writtenEnd: offset(42) },
    replica: { highWatermark: offset(40) },
  });
  const replicas = { get: (id: Uuid, partition: number) => (id === topicId(2) ? hosted(partition, partition === 0) : undefined) };
  const report = nodeReport(1, node(IMAGE, { broker: { replicas, groups: { all: () => [] } } }), ALL);
  expect(report.ownReplicas).toEqual([{ topic: "orders", partition: 0, logStartOffset: 2, logEndOffset: 42, highWatermark: 40 }]);
});

test("a node without a quorum, and one whose groups are still being read, say so", () => {
  const loading = { replicas: { get: () => undefined }, groups: { all: () => undefined } };
  expect(nodeReport(1, node(EMPTY_IMAGE, { quorum: { node: undefined }, broker: loading }), ALL)).toMatchObject({
    controller: -1,
    controllerEpoch: 0,
    metadataIndex: 0,
    brokers: [],
    groups: null,
  });
});
