import type { MetadataImage, PartitionImage, TopicImage } from "./image.ts";
import type { BrokerRegistration } from "./records.ts";

/** Topics are shared between images; so are their hashes. */
const topicHashes = new WeakMap<TopicImage, string>();

/**
 * A digest of an image's typed content, 16 hexadecimal digits: equal images have equal hashes whatever order they were built in, and
 * every field of every type takes part (I-M2). Not cryptographic: it finds mistakes, not enemies.
 */
export function imageHash(image: MetadataImage): string {
  const digest = new Digest();
  digest.number(image.index);
  digest.number(image.nextBrokerEpoch);
  digest.number(image.nextProducerId);
  digest.number(image.brokers.size);
  for (const [, broker] of [...image.brokers].sort(([a], [b]) => a - b)) addBroker(digest, broker);
  digest.number(image.topicCount);
  for (const topic of [...image.topics()].sort((a, b) => compare(a.topicId, b.topicId))) digest.string(topicHash(topic));
  addNames(digest, image);
  digest.number(image.tables.configs.size);
  for (const [resource, values] of [...image.tables.configs.entries()].sort(([a], [b]) => compare(a, b))) {
    digest.string(resource);
    digest.number(values.size);
    for (const [key, value] of [...values].sort(([a], [b]) => compare(a, b))) {
      digest.string(key);
      digest.string(value);
    }
  }
  digest.number(image.features.size);
  for (const [name, level] of [...image.features].sort(([a], [b]) => compare(a, b))) {
    digest.string(name);
    digest.number(level);
  }
  return digest.toString();
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The index by name is a structure of its own: it may be wrong while the topics are right. */
function addNames(digest: Digest, image: MetadataImage): void {
  digest.number(image.tables.topicIds.size);
  for (const [name, topicId] of [...image.tables.topicIds.entries()].sort(([a], [b]) => compare(a, b))) {
    digest.string(name);
    digest.string(topicId);
  }
}

function addBroker(digest: Digest, broker: BrokerRegistration): void {
  digest.number(broker.brokerId);
  digest.number(broker.brokerEpoch);
  digest.string(broker.incarnationId);
  digest.number(broker.endpoints.length);
  for (const { listener, host, port } of broker.endpoints) {
    digest.string(listener);
    digest.string(host);
    digest.number(port);
  }
  digest.string(broker.controlEndpoint.host);
  digest.number(broker.controlEndpoint.port);
  digest.string(broker.rack);
  digest.string(broker.directoryId);
  digest.number(broker.logDirs?.length ?? -1);
  for (const directoryId of broker.logDirs ?? []) digest.string(directoryId);
  digest.number(broker.features.length);
  for (const { name, minLevel, maxLevel } of broker.features) {
    digest.string(name);
    digest.number(minLevel);
    digest.number(maxLevel);
  }
  digest.boolean(broker.isFenced);
  digest.number(broker.registeredAtIndex);
}

function topicHash(topic: TopicImage): string {
  const known = topicHashes.get(topic);
  if (known !== undefined) return known;
  const digest = new Digest();
  digest.string(topic.name);
  digest.string(topic.topicId);
  digest.number(topic.partitions.length);
  for (const partition of topic.partitions) addPartition(digest, partition);
  const hash = digest.toString();
  topicHashes.set(topic, hash);
  return hash;
}

function addPartition(digest: Digest, partition: PartitionImage): void {
  const { leader, leaderEpoch, partitionEpoch, lastKnownLeader } = partition;
  for (const value of [partition.partition, leader, leaderEpoch, partitionEpoch, lastKnownLeader]) digest.number(value);
  for (const ids of [partition.replicas, partition.addingReplicas, partition.removingReplicas, partition.isr, partition.elr]) {
    digest.number(ids.length);
    for (const id of ids) digest.number(id);
  }
  digest.number(partition.directories?.length ?? 0);
  for (const { brokerId, directoryId } of partition.directories ?? []) {
    digest.number(brokerId);
    digest.string(directoryId);
  }
}

/** Two independent 32-bit lanes over tagged values, so that "1" and 1, or ["ab"] and ["a", "b"], differ. */
class Digest {
  private a = 0x811c_9dc5;
  private b = 0x9e37_79b9;

  number(value: number): void {
    this.mix(0x6e);
    this.mix(value | 0);
    this.mix(Math.floor(value / 0x1_0000_0000));
  }

  string(value: string | null): void {
    this.mix(value === null ? 0x7a : 0x73);
    if (value === null) return;
    this.mix(value.length);
    for (let i = 0; i < value.length; i++) this.mix(value.charCodeAt(i));
  }

  boolean(value: boolean): void {
    this.mix(value ? 0x74 : 0x66);
  }

  toString(): string {
    return hex(finish(this.a)) + hex(finish(this.b));
  }

  private mix(word: number): void {
    this.a = Math.imul(this.a ^ word, 0x0100_0193) ^ (this.a >>> 15);
    this.b = Math.imul((this.b << 13) ^ (this.b >>> 19) ^ word, 0x85eb_ca6b);
  }
}

function finish(lane: number): number {
  const first = Math.imul(lane ^ (lane >>> 16), 0x85eb_ca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2_ae35);
  return (second ^ (second >>> 16)) >>> 0;
}

const hex = (value: number): string => value.toString(16).padStart(8, "0");
