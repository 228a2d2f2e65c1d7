import { DecodeError, EncodeError, Reader, Writer } from "@samsa/protocol";
import * as codecs from "@samsa/protocol/group-records";
import type { GroupRecord, GroupRecordName, GroupRecordTypes } from "./group-record.ts";

/** A record as it lies in the log. */
export interface KeyAndValue {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

interface RecordCodec<Key, Value> {
  /** With which the key begins. */
  readonly type: number;
  /** Of the value: the highest with which Apache Kafka 4.3 writes it. */
  readonly version: number | ((value: Value) => number);
  readonly encodeKey: (writer: Writer, key: Key, version: number) => void;
  readonly decodeKey: (reader: Reader, version: number) => Key;
  readonly encodeValue: (writer: Writer, value: Value, version: number) => void;
  readonly decodeValue: (reader: Reader, version: number) => Value;
}

const KEY_VERSION = 0;
/** As Apache Kafka 4.3 writes them: groups in the last version that is not flexible, offsets with the topic's id. */
const GROUP_METADATA_VERSION = 3;
const OFFSET_COMMIT_VERSION = 4;
/** The only one with a time of expiry of its own. */
const EXPIRING_OFFSET_COMMIT_VERSION = 1;

const CODECS: { readonly [Name in GroupRecordName]: RecordCodec<GroupRecordTypes[Name]["key"], GroupRecordTypes[Name]["value"]> } = {
  OffsetCommit: {
    type: 1,
    version: ({ expireTimestamp }) => (expireTimestamp >= 0 ? EXPIRING_OFFSET_COMMIT_VERSION : OFFSET_COMMIT_VERSION),
    encodeKey: codecs.encodeOffsetCommitKey,
    decodeKey: codecs.decodeOffsetCommitKey,
    encodeValue: codecs.encodeOffsetCommitValue,
    decodeValue: codecs.decodeOffsetCommitValue,
  },
  GroupMetadata: {
    type: 2,
    version: GROUP_METADATA_VERSION,
    encodeKey: codecs.encodeGroupMetadataKey,
    decodeKey: codecs.decodeGroupMetadataKey,
    encodeValue: codecs.encodeGroupMetadataValue,
    decodeValue: codecs.decodeGroupMetadataValue,
  },
  ConsumerGroupMetadata: {
    type: 3,
    version: 0,
    encodeKey: codecs.encodeConsumerGroupMetadataKey,
    decodeKey: codecs.decodeConsumerGroupMetadataKey,
    encodeValue: codecs.encodeConsumerGroupMetadataValue,
    decodeValue: codecs.decodeConsumerGroupMetadataValue,
  },
  ConsumerGroupPartitionMetadata: {
    type: 4,
    version: 0,
    encodeKey: codecs.encodeConsumerGroupPartitionMetadataKey,
    decodeKey: codecs.decodeConsumerGroupPartitionMetadataKey,
    encodeValue: codecs.encodeConsumerGroupPartitionMetadataValue,
    decodeValue: codecs.decodeConsumerGroupPartitionMetadataValue,
  },
  ConsumerGroupMemberMetadata: {
    type: 5,
    version: 0,
    encodeKey: codecs.encodeConsumerGroupMemberMetadataKey,
    decodeKey: codecs.decodeConsumerGroupMemberMetadataKey,
    encodeValue: codecs.encodeConsumerGroupMemberMetadataValue,
    decodeValue: codecs.decodeConsumerGroupMemberMetadataValue,
  },
  ConsumerGroupTargetAssignmentMetadata: {
    type: 6,
    version: 0,
    encodeKey: codecs.encodeConsumerGroupTargetAssignmentMetadataKey,
    decodeKey: codecs.decodeConsumerGroupTargetAssignmentMetadataKey,
    encodeValue: codecs.encodeConsumerGroupTargetAssignmentMetadataValue,
    decodeValue: codecs.decodeConsumerGroupTargetAssignmentMetadataValue,
  },
  ConsumerGroupTargetAssignmentMember: {
    type: 7,
    version: 0,
    encodeKey: codecs.encodeConsumerGroupTargetAssignmentMemberKey,
    decodeKey: codecs.decodeConsumerGroupTargetAssignmentMemberKey,
    encodeValue: codecs.encodeConsumerGroupTargetAssignmentMemberValue,
    decodeValue: codecs.decodeConsumerGroupTargetAssignmentMemberValue,
  },
  ConsumerGroupCurrentMemberAssignment: {
    type: 8,
    version: 0,
    encodeKey: codecs.encodeConsumerGroupCurrentMemberAssignmentKey,
    decodeKey: codecs.decodeConsumerGroupCurrentMemberAssignmentKey,
    encodeValue: codecs.encodeConsumerGroupCurrentMemberAssignmentValue,
    decodeValue: codecs.decodeConsumerGroupCurrentMemberAssignmentValue,
  },
  ConsumerGroupRegularExpression: {
    type: 16,
    version: 0,
    encodeKey: codecs.encodeConsumerGroupRegularExpressionKey,
    decodeKey: codecs.decodeConsumerGroupRegularExpressionKey,
    encodeValue: codecs.encodeConsumerGroupRegularExpressionValue,
    decodeValue: codecs.decodeConsumerGroupRegularExpressionValue,
  },
};

/** Of any name: what a table of differently typed rows gives for a name that is only known when it runs. */
type AnyCodec = RecordCodec<unknown, unknown>;

const codecOf = (name: GroupRecordName): AnyCodec => CODECS[name] as unknown as AnyCodec;
const NAME_OF_TYPE: ReadonlyMap<number, GroupRecordName> = new Map(Object.entries(CODECS).map(([name, { type }]) => [type, name as GroupRecordName]));
/** Offsets as they were written before Kafka 0.9 (type 0): the same key. */
const LEGACY_OFFSET_COMMIT_TYPE = 0;

export function encodeGroupRecord({ name, key, value }: GroupRecord): KeyAndValue {
  const codec = codecOf(name);
  const keyWriter = new Writer();
  keyWriter.int16(codec.type);
  codec.encodeKey(keyWriter, key, KEY_VERSION);
  if (value === null) return { key: keyWriter.finishBytes(), value: null };
  const version = typeof codec.version === "number" ? codec.version : codec.version(value);
  const valueWriter = new Writer();
  valueWriter.int16(version);
  codec.encodeValue(valueWriter, value, version);
  return { key: keyWriter.finishBytes(), value: valueWriter.finishBytes() };
}

/** A name has 32,767 bytes at most, and a byte that is no UTF-8 becomes three when it is said again: in fewer bytes than these every name can be. */
const SAYABLE_BYTES = 10_000;

/**
 * Undefined for a type that is not known here: a later version's, of which Kafka, too, says something and goes on. Throws `DecodeError` for bytes that
 * are no record of their type, and for names that could not be said again, neither to a client nor by a tombstone.
 */
export function decodeGroupRecord({ key, value }: KeyAndValue): GroupRecord | undefined {
  if (key === null) throw new DecodeError("UNEXPECTED_NULL", "a record of a coordinator has a key");
  const keyReader = new Reader(key);
  const type = keyReader.int16();
  const name = type === LEGACY_OFFSET_COMMIT_TYPE ? "OffsetCommit" : NAME_OF_TYPE.get(type);
  if (name === undefined) return undefined;
  const codec = codecOf(name);
  const decodedKey = codec.decodeKey(keyReader, KEY_VERSION);
  const record = { name, key: decodedKey, value: value === null ? null : decodeValue(codec, value) } as GroupRecord;
  if (key.length + (value?.length ?? 0) > SAYABLE_BYTES) checkSayable(record);
  return record;
}

function checkSayable(record: GroupRecord): void {
  try {
    encodeGroupRecord(record);
  } catch (error) {
    throw error instanceof EncodeError ? new DecodeError("LIMIT_EXCEEDED", `a record that can't be written again: ${error.message}`) : error;
  }
}

function decodeValue(codec: AnyCodec, bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  return codec.decodeValue(reader, reader.int16());
}
