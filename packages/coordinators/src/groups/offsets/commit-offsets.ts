import { ErrorCode, type ErrorName, type OffsetCommitRequest, type OffsetCommitResponse } from "@samsa/protocol";
import type { Now } from "@samsa/stdx";
import type { GroupConfig } from "../group-config.ts";
import type { GroupRecord } from "../records/group-record.ts";
import { offsetRecord } from "./offset-records.ts";

/** Nothing is written of what has an error. */
export interface DecidedCommit {
  readonly records: readonly GroupRecord[];
  readonly response: OffsetCommitResponse;
}

const NO_TIME = -1;

/** Why the offset of a partition is not taken; undefined: it is. */
export type CommitRefusalOf = (topic: string, partition: number) => ErrorName | undefined;

/** The records of an OffsetCommit that the group may do, partition by partition. */
export function commitOffsets(request: OffsetCommitRequest, config: GroupConfig, refusalOf: CommitRefusalOf, { wallMs }: Now): DecidedCommit {
  const records: GroupRecord[] = [];
  const { groupId, retentionTimeMs } = request;
  const topics = request.topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }) => {
      const refusal = refusalOf(name, partitionIndex);
      if (refusal !== undefined) return { partitionIndex, errorCode: ErrorCode[refusal] };
      const metadata = committedMetadata ?? "";
      if (metadata.length > config.offsetMetadataMaxBytes) return { partitionIndex, errorCode: ErrorCode.OFFSET_METADATA_TOO_LARGE };
      const value = {
        offset: committedOffset,
        leaderEpoch: committedLeaderEpoch,
        metadata,
        commitTimestamp: wallMs,
        expireTimestamp: retentionTimeMs < 0 ? NO_TIME : Math.min(wallMs + retentionTimeMs, Number.MAX_SAFE_INTEGER),
        topicId,
      };
      records.push(offsetRecord({ group: groupId, topic: name, partition: partitionIndex }, value));
      return { partitionIndex, errorCode: ErrorCode.NONE };
    }),
  }));
  return { records, response: { throttleTimeMs: 0, topics } };
}

/** The same for every partition. */
export function commitFailed(request: OffsetCommitRequest, error: ErrorName): OffsetCommitResponse {
  const errorCode = ErrorCode[error];
  return {
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  };
}
