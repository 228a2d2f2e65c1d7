import { DecodeError, Reader, Writer } from "@samsa/protocol";
import {
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
  newConsumerProtocolAssignment,
  newConsumerProtocolSubscription,
} from "@samsa/protocol/consumer-protocol";
import { byTopic, keyOf, type TopicPartition } from "./topic-partition.ts";

/** What a member says of itself when it joins. */
export interface Subscription {
  readonly topics: readonly string[];
  /** What it reads, and goes on reading unless it is told otherwise. */
  readonly ownedPartitions: readonly TopicPartition[];
  /** In which it was given them; −1: in none. */
  readonly generationId: number;
  readonly rackId: string | null;
}

/** The highest version that is written; later ones may only add fields behind, so that they are read as this one. */
const VERSION = 3;
const NO_GENERATION = -1;
/** Of the sticky assignor's user data: the generation, for readers of versions that have no field for it. */
const USER_DATA_BYTES = 4;

export function encodeSubscription({ topics, ownedPartitions, generationId, rackId }: Subscription): Uint8Array {
  const userData = new Writer();
  userData.int32(generationId);
  const message = newConsumerProtocolSubscription({
    topics: [...topics].sort(),
    userData: userData.finishBytes(),
    ownedPartitions: groupsOf(ownedPartitions),
    generationId,
    rackId,
  });
  return written((writer) => encodeConsumerProtocolSubscription(writer, message, VERSION));
}

/** Undefined for bytes that are none: another member wrote them. */
export function decodeSubscription(bytes: Uint8Array): Subscription | undefined {
  return read(bytes, (reader, version) => {
    const { topics, userData, ownedPartitions, generationId, rackId } = decodeConsumerProtocolSubscription(reader, version);
    const toldBeside = userData?.length === USER_DATA_BYTES ? new Reader(userData).int32() : NO_GENERATION;
    return { topics, ownedPartitions: partitionsOf(ownedPartitions), generationId: generationId >= 0 ? generationId : toldBeside, rackId };
  });
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Uint8Array {
  const message = newConsumerProtocolAssignment({ assignedPartitions: groupsOf(partitions) });
  return written((writer) => encodeConsumerProtocolAssignment(writer, message, VERSION));
}

/** Without any bytes there is nothing; undefined for bytes that are no assignment. What another member's assignor says twice is held once. */
export function decodeAssignment(bytes: Uint8Array): readonly TopicPartition[] | undefined {
  if (bytes.length === 0) return [];
  return read(bytes, (reader, version) => withoutRepeats(partitionsOf(decodeConsumerProtocolAssignment(reader, version).assignedPartitions)));
}

const groupsOf = (partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] =>
  Array.from(byTopic(partitions), ([topic, members]) => ({ topic, partitions: members.map(({ partition }) => partition) }));

const partitionsOf = (groups: readonly { readonly topic: string; readonly partitions: readonly number[] }[]): readonly TopicPartition[] =>
  groups.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));

const withoutRepeats = (partitions: readonly TopicPartition[]): readonly TopicPartition[] => [
  ...new Map(partitions.map((partition) => [keyOf(partition), partition])).values(),
];

function written(write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer();
  writer.int16(VERSION);
  write(writer);
  return writer.finishBytes();
}

function read<T>(bytes: Uint8Array, decode: (reader: Reader, version: number) => T): T | undefined {
  try {
    const reader = new Reader(bytes);
    const version = reader.int16();
    return version < 0 ? undefined : decode(reader, Math.min(version, VERSION));
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
