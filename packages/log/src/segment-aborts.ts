import type { AbortedTransaction } from "./aborted-transactions.ts";

/** What is known of a segment's `.txnindex`: the transactions whose abort marker lies in the segment, in the order of their markers. */
export interface SegmentAborts {
  /** Those in the file, or on their way there. */
  filedCount: number;
  /** The same, where they are in memory; they can be read again. */
  filed: AbortedTransaction[] | undefined;
  /** Of markers that may not be in the segment's file yet. */
  waiting: AbortedTransaction[];
  /** Of the file, once all that was asked for is done. */
  fileBytes: number;
}
