import { apis, newListOffsetsPartition, newListOffsetsRequest, newListOffsetsTopic } from "@samsa/protocol";
import type { OffsetQuery } from "./consumer-event.ts";
import type { LeaderQuestion } from "./leader-lookup.ts";

const LATEST = -1;
const EARLIEST = -2;

/** −1 as an offset: no record is that young. */
export interface FoundOffset {
  readonly offset: number;
  /** Of the record there; −1: it is not known. */
  readonly leaderEpoch: number;
  /** Of the record there; −1 where the question was not for a time. */
  readonly timestampMs: number;
}

export interface OffsetQuestion {
  readonly topic: string;
  readonly partition: number;
  readonly query: OffsetQuery;
  /** 0 read uncommitted, 1 read committed. */
  readonly isolationLevel: number;
}

/** Where a partition begins, ends, or has its first record that is not older than some time. */
export function offsetQuestion({ topic, partition, query, isolationLevel }: OffsetQuestion): LeaderQuestion<FoundOffset, "ListOffsets"> {
  const timestamp = query === "latest" ? LATEST : query === "earliest" ? EARLIEST : query.timestampMs;
  return {
    topic,
    partition,
    call: (currentLeaderEpoch) => ({
      api: apis.ListOffsets,
      // Version 1 can't say an isolation level.
      minVersion: 2,
      request: () => {
        const partitions = [newListOffsetsPartition({ partitionIndex: partition, currentLeaderEpoch, timestamp })];
        return newListOffsetsRequest({ replicaId: -1, isolationLevel, topics: [newListOffsetsTopic({ name: topic, partitions })] });
      },
      readOf: ({ topics }) => {
        const result = topics.find(({ name }) => name === topic)?.partitions.find(({ partitionIndex }) => partitionIndex === partition);
        if (result === undefined || result.errorCode !== 0) return result;
        return { value: { offset: result.offset, leaderEpoch: result.leaderEpoch, timestampMs: result.timestamp } };
      },
    }),
  };
}
