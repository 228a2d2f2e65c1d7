import { apis, newOffsetForLeaderEpochRequest, newOffsetForLeaderPartition, newOffsetForLeaderTopic } from "@samsa/protocol";
import type { LeaderQuestion } from "./leader-lookup.ts";

/** Of the latest epoch that is not later than the one that was asked for; −1 and −1: the log has had none such. */
export interface EpochEnd {
  readonly leaderEpoch: number;
  readonly endOffset: number;
}

const CONSUMER = -1;

/** Where the leader's log ends what it has of an epoch (KIP-320). */
export function epochEndQuestion(topic: string, partition: number, leaderEpoch: number): LeaderQuestion<EpochEnd, "OffsetForLeaderEpoch"> {
  return {
    topic,
    partition,
    call: (currentLeaderEpoch) => ({
      api: apis.OffsetForLeaderEpoch,
      // Older ones are for replicas alone.
      minVersion: 3,
      request: () => {
        const partitions = [newOffsetForLeaderPartition({ partition, currentLeaderEpoch, leaderEpoch })];
        return newOffsetForLeaderEpochRequest({ replicaId: CONSUMER, topics: [newOffsetForLeaderTopic({ topic, partitions })] });
      },
      readOf: ({ topics }) => {
        const result = topics.find((candidate) => candidate.topic === topic)?.partitions.find((candidate) => candidate.partition === partition);
        if (result === undefined || result.errorCode !== 0) return result;
        return { value: { leaderEpoch: result.leaderEpoch, endOffset: result.endOffset } };
      },
    }),
  };
}

/** What a position is worth in the log that the leader has. `reset`: nobody can say how far the two were the same. */
export type PositionVerdict = { readonly type: "valid" } | { readonly type: "truncated"; readonly end: EpochEnd } | { readonly type: "reset" };

export function verdictOn(offset: number, end: EpochEnd): PositionVerdict {
  if (end.leaderEpoch < 0 || end.endOffset < 0) return { type: "reset" };
  return end.endOffset < offset ? { type: "truncated", end } : { type: "valid" };
}
