import { apis, errorName, newDeleteRecordsPartition, newDeleteRecordsRequest, newDeleteRecordsTopic } from "@samsa/protocol";
import type { Now } from "@samsa/stdx";
import type { Call } from "../cluster/call.ts";

export interface RecordDeletion {
  readonly topic: string;
  readonly partition: number;
  /** −1: all that is committed. */
  readonly beforeOffset: number;
  /** How long the leader waits for its followers. */
  readonly timeoutMs: number;
}

/** With an error records may be deleted all the same: on the leader, or where no answer came. */
export type RecordDeletionOutcome =
  { readonly type: "deleted"; readonly lowWatermark: number } | { readonly type: "failed"; readonly error: string; readonly detail: string };

/** One attempt. */
export function callOfDeletion(deletion: RecordDeletion, done: (outcome: RecordDeletionOutcome, now: Now) => void): Call<"DeleteRecords"> {
  const { topic, partition, beforeOffset, timeoutMs } = deletion;
  return {
    api: apis.DeleteRecords,
    request: () => {
      const partitions = [newDeleteRecordsPartition({ partitionIndex: partition, offset: beforeOffset })];
      return newDeleteRecordsRequest({ topics: [newDeleteRecordsTopic({ name: topic, partitions })], timeoutMs });
    },
    brokerWaitMs: timeoutMs,
    answered: ({ topics }, now) => {
      const result = topics.find(({ name }) => name === topic)?.partitions.find(({ partitionIndex }) => partitionIndex === partition);
      const error = result === undefined ? "MALFORMED_RESPONSE" : errorName(result.errorCode);
      if (result !== undefined && error === "NONE") done({ type: "deleted", lowWatermark: result.lowWatermark }, now);
      else done({ type: "failed", error, detail: error }, now);
    },
    failed: ({ error, detail }, now) => done({ type: "failed", error, detail }, now),
  };
}
