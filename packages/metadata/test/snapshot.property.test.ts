import {
  compareImages,
  EMPTY_IMAGE,
  fromPlain,
  imageHash,
  imageToRecords,
  type MetadataChanges,
  type MetadataImage,
  type MetadataRecord,
  type PartitionImage,
  recordBytesMax,
  recordSchemas,
  replayBatch,
  SnapshotReader,
  toPlain,
} from "@samsa/metadata";
import { brokerEpoch, leaderEpoch, NO_NODE, nodeId, partitionEpoch, uuid } from "@samsa/stdx";
import fc from "fast-check";
import { expect, test } from "vitest";
import { directory, incarnation } from "./records.ts";

const SEED = 0x5a95;
const CHUNK_BYTES = 400;

/** What might be done next; whether it can be is for the history to find out. */
interface Step {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly isJoined: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({ kind: fc.nat(11), a: fc.nat(5), b: fc.nat(5), isJoined: fc.boolean() });

/** A log of valid batches that a list of steps makes: each step is carried out on the image that the ones before it gave. */
class History {
  readonly batches: MetadataRecord[][] = [];
  readonly images: MetadataImage[] = [EMPTY_IMAGE];
  private topics = 0;
  private incarnations = 0;

  constructor(steps: readonly Step[]) {
    let batch: MetadataRecord[] = [];
    for (const [at, one] of steps.entries()) {
      const image = batch.length === 0 ? this.last : replayBatch(this.last, batch, this.last.index + 1).image;
      batch.push(...this.records(image, one));
      if (one.isJoined && at < steps.length - 1) continue;
      this.batches.push(batch);
      this.images.push(replayBatch(this.last, batch, this.last.index + 1).image);
      batch = [];
    }
  }

  get last(): MetadataImage {
    return this.images.at(-1) ?? EMPTY_IMAGE;
  }

  private records(image: MetadataImage, { kind, a, b }: Step): readonly MetadataRecord[] {
    const topic = [...image.topics()][a];
    const broker = image.brokers.get(nodeId(a));
    if (kind === 0 && broker?.isFenced !== false) return [this.registration(image, a, b)];
    if (kind === 1 && broker !== undefined)
      return [{ type: broker.isFenced ? "unfence-broker" : "fence-broker", brokerId: broker.brokerId, brokerEpoch: broker.brokerEpoch }];
    if (kind === 2) return this.topic(image, a, b);
    if (kind === 3 && topic !== undefined) return [{ type: "remove-topic", topicId: topic.topicId }];
    if (kind === 4 && topic !== undefined) return [this.partition(topic.topicId, topic.partitions.length, b)];
    if ((kind === 5 || kind === 6) && topic !== undefined) return change(topic.partitions[b], topic.topicId, kind === 6);
    if (kind === 7) return [{ type: "producer-ids", brokerId: nodeId(a), brokerEpoch: brokerEpoch(b), nextProducerId: image.nextProducerId + 1000 }];
    if (kind === 8) return [{ type: "feature-level", name: `feature${a}`, level: b }];
    if (kind === 10 && broker !== undefined)
      return [{ type: "broker-directories", brokerId: broker.brokerId, brokerEpoch: broker.brokerEpoch, logDirs: [directory(b)] }];
    const replica = topic?.partitions[0]?.replicas[b % 3];
    if (kind === 11 && topic !== undefined && replica !== undefined)
      return [{ type: "replica-directory", topicId: topic.topicId, partition: 0, brokerId: replica, directoryId: directory(b) }];
    if (kind === 9 && topic !== undefined)
      return [{ type: "config", resourceType: "topic", resourceName: topic.name, key: `key${b % 3}`, value: b === 0 ? null : `value${b}` }];
    return [{ type: "config", resourceType: "broker", resourceName: a === 0 ? "" : String(a), key: `key${b % 3}`, value: b < 2 ? null : `value${b}` }];
  }

  private registration(image: MetadataImage, id: number, disk: number): MetadataRecord {
    const address = { host: `host${id}`, port: 9093 };
    return {
      type: "register-broker",
      brokerId: nodeId(id),
      brokerEpoch: image.nextBrokerEpoch,
      incarnationId: incarnation(this.incarnations++),
      endpoints: Array.from({ length: disk % 3 }, (_, n) => ({ listener: `L${n}`, ...address })),
      controlEndpoint: address,
      rack: disk === 0 ? null : `rack${disk}`,
      pageCacheSurvived: disk % 2 === 0,
      directoryId: directory(disk),
      features: disk > 2 ? [{ name: "samsa.version", minLevel: 1, maxLevel: disk }] : [],
    };
  }

  /** Under a name that may have been another topic's. */
  private topic(image: MetadataImage, name: number, partitions: number): readonly MetadataRecord[] {
    if (image.topicByName(`t${name}`) !== undefined) return [];
    const topicId = uuid(`topic${String(this.topics++).padStart(17, "0")}`);
    const rest = Array.from({ length: partitions }, (_, partition) => this.partition(topicId, partition, partitions));
    return [{ type: "topic", name: `t${name}`, topicId }, ...rest];
  }

  private partition(topicId: ReturnType<typeof uuid>, partition: number, n: number): MetadataRecord {
    const replicas = [nodeId(n), nodeId(n + 1), nodeId(n + 2)];
    const state = { leader: nodeId(n), leaderEpoch: leaderEpoch(0), partitionEpoch: partitionEpoch(0), isr: replicas, elr: [], lastKnownLeader: NO_NODE };
    return { type: "partition", topicId, partition, replicas, addingReplicas: [], removingReplicas: [], ...state };
  }
}

/** Its leader is lost, or comes back; with a reassignment that begins or ends. */
function change(partition: PartitionImage | undefined, topicId: ReturnType<typeof uuid>, isReassigned: boolean): readonly MetadataRecord[] {
  if (partition === undefined) return [];
  const { replicas, leader, elr } = partition;
  const first = replicas[0] ?? NO_NODE;
  const isLost = leader === NO_NODE;
  const state = {
    leader: isLost ? first : NO_NODE,
    leaderEpoch: leaderEpoch(partition.leaderEpoch + 1),
    partitionEpoch: partitionEpoch(partition.partitionEpoch + 1),
    isr: isLost ? [first] : [],
    elr: isLost ? elr.filter((id) => id !== first) : replicas,
    lastKnownLeader: isLost ? NO_NODE : leader,
  };
  const isMoving = partition.addingReplicas.length > 0;
  const assignment = { replicas, addingReplicas: isMoving ? [] : replicas.slice(1, 2), removingReplicas: isMoving ? [] : replicas.slice(2) };
  return [{ type: "partition-change", topicId, partition: partition.partition, ...(isReassigned ? { assignment } : {}), ...state }];
}

/** By way of plain data, as from another node. */
const carried = (records: readonly MetadataRecord[]): readonly MetadataRecord[] =>
  records.map((record) => fromPlain(JSON.parse(JSON.stringify(toPlain(record))))).map((read) => (read.ok ? read.record : expect.fail(read.error)));

function restored(image: MetadataImage, seen: Set<string>): MetadataImage {
  const reader = new SnapshotReader();
  for (const chunk of imageToRecords(image, CHUNK_BYTES)) {
    const bytes = chunk.reduce((sum, record) => sum + recordBytesMax(record), 0);
    expect(chunk.length === 1 || bytes <= CHUNK_BYTES).toBe(true);
    for (const { type } of chunk) seen.add(type);
    reader.add(carried(chunk));
  }
  return reader.finish(image.index);
}

test("replay of all records, and of a snapshot at any point with the tail behind it, give equal images (I-M2)", () => {
  const seen = new Set<string>();
  const inSnapshots = new Set<string>();
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), fc.nat(), (steps, point) => {
      const { batches, images, last } = new History(steps);
      for (const record of batches.flat()) seen.add(record.type);
      const at = 1 + (point % batches.length);
      let image = restored(images[at] ?? EMPTY_IMAGE, inSnapshots);
      expect(imageHash(image)).toBe(imageHash(images[at] ?? EMPTY_IMAGE));
      for (const batch of batches.slice(at)) image = replayBatch(image, carried(batch), image.index + 1).image;
      expect(imageHash(image)).toBe(imageHash(last));
      expect([...image.topics()]).toEqual([...last.topics()]);
    }),
    { seed: SEED, numRuns: 300 },
  );
  // The histories use every record there is, and a snapshot all that are not said of something that is gone, or in other words.
  expect(new Set([...seen, ...inSnapshots])).toEqual(new Set(Object.keys(recordSchemas)));
});

test("what lies between two images is what the entries between them changed", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), fc.nat(), (steps, point) => {
      const { batches, images, last } = new History(steps);
      const from = point % images.length;
      const before = images[from] ?? EMPTY_IMAGE;
      const changes = compareImages(before, last);
      const onTheWay = batches.slice(from).map((batch, n) => replayBatch(images[from + n] ?? EMPTY_IMAGE, batch, from + n + 1).delta);
      expectToFollow(before, last, changes);
      // No more than was changed on the way.
      for (const id of changes.changedTopics.keys()) expect(onTheWay.some((delta) => delta.changedTopics.has(id))).toBe(true);
      for (const id of changes.removedTopics.keys()) expect(onTheWay.some((delta) => delta.removedTopics.has(id))).toBe(true);
      for (const key of changes.changedConfigs) expect(onTheWay.some((delta) => delta.changedConfigs.has(key))).toBe(true);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

/** Who applies the changes to what was there has what is there. */
function expectToFollow(before: MetadataImage, after: MetadataImage, changes: MetadataChanges): void {
  for (const topic of before.topics()) expect(changes.removedTopics.has(topic.topicId)).toBe(after.topicById(topic.topicId) === undefined);
  for (const topic of after.topics()) {
    const changed = changes.changedTopics.get(topic.topicId);
    for (const partition of topic.partitions)
      if (changed?.has(partition.partition) !== true) expect(before.partition(topic.topicId, partition.partition)).toEqual(partition);
    if (changed === undefined) expect(before.topicById(topic.topicId)).toBeDefined();
  }
  for (const broker of after.brokers.values()) if (!changes.changedBrokers.has(broker.brokerId)) expect(before.brokers.get(broker.brokerId)).toEqual(broker);
  for (const [key, values] of after.tables.configs.entries()) if (!changes.changedConfigs.has(key)) expect(before.tables.configs.get(key)).toEqual(values);
}

test("a snapshot is one thing: without its head, or with two, it is refused", () => {
  const reader = new SnapshotReader();
  expect(() => reader.add([{ type: "feature-level", name: "a", level: 1 }])).toThrow("begins with its own record");
  expect(() => new SnapshotReader().finish(1)).toThrow("begins with its own record");
  const head: MetadataRecord = { type: "snapshot", nextBrokerEpoch: brokerEpoch(0), nextProducerId: 0 };
  expect(() => new SnapshotReader().add([head, head])).toThrow("comes once");
});

test("an image may be written down while later ones are made of it", () => {
  const { images, last } = new History(Array.from({ length: 40 }, (_, n) => ({ kind: n % 5, a: n % 6, b: 1 + (n % 3), isJoined: false })));
  const image = images[20] ?? EMPTY_IMAGE;
  const hash = imageHash(image);
  const chunks = imageToRecords(image, CHUNK_BYTES);
  const reader = new SnapshotReader();
  reader.add(chunks.next().value ?? []);
  replayBatch(last, [{ type: "feature-level", name: "later", level: 1 }], last.index + 1);
  for (const chunk of chunks) reader.add(chunk);
  expect(imageHash(reader.finish(image.index))).toBe(hash);
});
