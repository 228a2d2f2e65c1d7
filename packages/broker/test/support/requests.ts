import type { ApiInputs } from "@samsa/protocol";
import { encodeBatch } from "@samsa/protocol/records";
import { encodeUtf8, type Uuid, ZERO_UUID } from "@samsa/stdx";
import { TOPIC, TOPIC_ID } from "./test-broker.ts";

export const batchOf = (...values: readonly string[]): Uint8Array =>
  encodeBatch({ records: values.map((value) => ({ key: null, value: encodeUtf8(value), timestamp: 1_700_000_000_000 })) });

const PRODUCE_BY_ID = 13;
const FETCH_BY_ID = 13;
const FETCH_WITH_STATE = 15;

export interface ProduceChanges {
  readonly acks?: number;
  readonly timeoutMs?: number;
  readonly topic?: string;
  readonly topicId?: Uuid;
  readonly partition?: number;
  readonly records?: Uint8Array | null;
  readonly transactionalId?: string;
}

export function produceRequest(version: number, changes: ProduceChanges = {}): ApiInputs["Produce"]["request"] {
  const { acks = -1, timeoutMs = 1_000, topic = TOPIC, topicId = TOPIC_ID, partition = 0, records = batchOf("a"), transactionalId = null } = changes;
  const isById = version >= PRODUCE_BY_ID;
  return {
    transactionalId,
    acks,
    timeoutMs,
    topicData: [{ name: isById ? "" : topic, topicId: isById ? topicId : ZERO_UUID, partitionData: [{ index: partition, records }] }],
  };
}

export interface FetchChanges {
  readonly maxWaitMs?: number;
  readonly minBytes?: number;
  readonly maxBytes?: number;
  readonly partitionMaxBytes?: number;
  readonly replicaId?: number;
  readonly replicaEpoch?: number;
  readonly sessionId?: number;
  readonly sessionEpoch?: number;
  readonly currentLeaderEpoch?: number;
  readonly logStartOffset?: number;
  readonly topic?: string;
  readonly topicId?: Uuid;
  /** Fetch offsets by partition. */
  readonly offsets?: readonly (readonly [partition: number, offset: number])[];
  /** Partitions that a session is to forget. */
  readonly forgotten?: readonly number[];
  readonly isolationLevel?: number;
  readonly rackId?: string;
  readonly lastFetchedEpoch?: number;
  /** That a follower says it knows. */
  readonly highWatermark?: number;
}

export function fetchRequest(version: number, changes: FetchChanges = {}): ApiInputs["Fetch"]["request"] {
  const {
    maxWaitMs = 0,
    minBytes = 1,
    maxBytes = 1_000_000,
    partitionMaxBytes = 1_000_000,
    replicaId = -1,
    replicaEpoch = -1,
    sessionId = 0,
    sessionEpoch = -1,
  } = changes;
  const { currentLeaderEpoch = -1, topic = TOPIC, topicId = TOPIC_ID, offsets = [[0, 0]], forgotten = [] } = changes;
  const isById = version >= FETCH_BY_ID;
  const hasState = version >= FETCH_WITH_STATE;
  return {
    clusterId: null,
    replicaId: hasState ? -1 : replicaId,
    replicaState: { replicaId: hasState ? replicaId : -1, replicaEpoch: hasState ? replicaEpoch : -1 },
    maxWaitMs,
    minBytes,
    maxBytes,
    isolationLevel: changes.isolationLevel ?? 0,
    sessionId: version >= 7 ? sessionId : 0,
    sessionEpoch: version >= 7 ? sessionEpoch : -1,
    topics: (offsets.length === 0 ? [] : [offsets]).map((ofTopic) => ({
      topic: isById ? "" : topic,
      topicId: isById ? topicId : ZERO_UUID,
      partitions: ofTopic.map(([partition, fetchOffset]) => ({
        partition,
        currentLeaderEpoch: version >= 9 ? currentLeaderEpoch : -1,
        fetchOffset,
        lastFetchedEpoch: version >= 12 ? (changes.lastFetchedEpoch ?? -1) : -1,
        logStartOffset: changes.logStartOffset ?? -1,
        partitionMaxBytes,
        replicaDirectoryId: ZERO_UUID,
        highWatermark: version >= 18 ? (changes.highWatermark ?? Number.MAX_SAFE_INTEGER) : Number.MAX_SAFE_INTEGER,
      })),
    })),
    forgottenTopicsData: forgotten.length === 0 ? [] : [{ topic: isById ? "" : topic, topicId: isById ? topicId : ZERO_UUID, partitions: [...forgotten] }],
    rackId: version >= 11 ? (changes.rackId ?? "") : "",
  };
}

export function listOffsetsRequest(
  version: number,
  timestamp: number,
  changes: {
    readonly topic?: string;
    readonly partitions?: readonly number[];
    readonly currentLeaderEpoch?: number;
    readonly replicaId?: number;
    readonly isolationLevel?: number;
  } = {},
): ApiInputs["ListOffsets"]["request"] {
  const { topic = TOPIC, partitions = [0], currentLeaderEpoch = -1, replicaId = -1, isolationLevel = 0 } = changes;
  return {
    replicaId,
    isolationLevel,
    topics: [
      {
        name: topic,
        partitions: partitions.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: version >= 4 ? currentLeaderEpoch : -1, timestamp })),
      },
    ],
    timeoutMs: 0,
  };
}

export function offsetForLeaderEpochRequest(
  version: number,
  leaderEpoch: number,
  changes: { readonly topic?: string; readonly partition?: number; readonly currentLeaderEpoch?: number; readonly replicaId?: number } = {},
): ApiInputs["OffsetForLeaderEpoch"]["request"] {
  const { topic = TOPIC, partition = 0, currentLeaderEpoch = -1, replicaId = version >= 3 ? -1 : -2 } = changes;
  return { replicaId, topics: [{ topic, partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }] };
}

export const metadataRequest = (version: number, names: readonly string[] | null, allowAutoTopicCreation = version < 4): ApiInputs["Metadata"]["request"] => ({
  topics: names === null ? null : names.map((name) => ({ topicId: ZERO_UUID, name })),
  allowAutoTopicCreation,
  includeClusterAuthorizedOperations: false,
  includeTopicAuthorizedOperations: false,
});
