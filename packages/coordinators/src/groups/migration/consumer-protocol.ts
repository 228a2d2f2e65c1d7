import { DecodeError, Reader, Writer } from "@samsa/protocol";
import { type TopicPartitions, topicPartitionsOf, type OwnedPartitions, type Partitions, partitionsOf } from "../consumer/partitions.ts";
import type { TopicsView } from "../consumer/topics-view.ts";
import { canBeSaid } from "../said-again.ts";

/** What a consumer says in its JoinGroup of the classic protocol (ConsumerProtocolSubscription, versions 0–3). */
export interface ConsumerSubscription {
  readonly topics: readonly string[];
  /** By name; what there was no field for in its version, it does not have. */
  readonly owned: readonly NamedPartitions[];
  readonly rackId: string | null;
}

interface NamedPartitions {
  readonly name: string;
  readonly partitions: readonly number[];
}

const FIRST_VERSION_WITH_OWNED = 1;
const FIRST_VERSION_WITH_GENERATION = 2;
const FIRST_VERSION_WITH_RACK = 3;
/** Of the assignment: any consumer reads it. */
const ASSIGNMENT_VERSION = 0;
const NAME_BYTES_MIN = 2;
const NAMED_PARTITIONS_BYTES_MIN = 6;

/** Undefined for bytes that are no subscription, and for names in them that can't be said again: a consumer group has them in its records. */
export function decodeSubscription(bytes: Uint8Array): ConsumerSubscription | undefined {
  const subscription = decoded(bytes, (reader, version) => {
    const topics = Array.from({ length: reader.arrayLength(NAME_BYTES_MIN) }, () => reader.string());
    reader.nullableByteString();
    const owned = version >= FIRST_VERSION_WITH_OWNED ? namedPartitions(reader) : [];
    if (version >= FIRST_VERSION_WITH_GENERATION) reader.int32();
    return { topics, owned, rackId: version >= FIRST_VERSION_WITH_RACK ? reader.nullableString() : null };
  });
  return subscription !== undefined && subscription.topics.every(canBeSaid) && canBeSaid(subscription.rackId) ? subscription : undefined;
}

/** Undefined for bytes that are no assignment; none at all stand for nothing. */
export const decodeAssignment = (bytes: Uint8Array): readonly NamedPartitions[] | undefined => (bytes.length === 0 ? [] : decoded(bytes, namedPartitions));

/** Topics that are not there any more have no name to be told by. */
export function encodeAssignment(partitions: OwnedPartitions, topics: TopicsView): Uint8Array {
  const named = topicPartitionsOf(partitions).flatMap((listed) => {
    const topic = topics.topicById(listed.topicId);
    return topic === undefined ? [] : [{ name: topic.name, partitions: listed.partitions }];
  });
  const writer = new Writer();
  writer.int16(ASSIGNMENT_VERSION);
  writer.arrayLength(named.length);
  for (const { name, partitions: indexes } of named) {
    writer.string(name);
    writer.arrayLength(indexes.length);
    for (const index of indexes) writer.int32(index);
  }
  writer.nullableByteString(null);
  return writer.finishBytes();
}

/** By the ids of the topics that have these names now. Clients assign anything; that there are fewer partitions may only not be known here yet. */
export const partitionsByName = (named: readonly NamedPartitions[], topics: TopicsView): Partitions =>
  partitionsOf(
    named.flatMap(({ name, partitions }): readonly TopicPartitions[] => {
      const topic = topics.topicByName(name);
      return topic === undefined ? [] : [{ topicId: topic.topicId, partitions: partitions.filter((partition) => partition >= 0) }];
    }),
  );

const namedPartitions = (reader: Reader): readonly NamedPartitions[] =>
  Array.from({ length: reader.arrayLength(NAMED_PARTITIONS_BYTES_MIN) }, () => ({
    name: reader.string(),
    partitions: Array.from({ length: reader.arrayLength(4) }, () => reader.int32()),
  }));

function decoded<T>(bytes: Uint8Array, decode: (reader: Reader, version: number) => T): T | undefined {
  try {
    const reader = new Reader(bytes);
    const version = reader.int16();
    return version < 0 ? undefined : decode(reader, version);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
