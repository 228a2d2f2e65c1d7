import { baseOffsetOf, type CompressionPorts, decodeRecords, MissingCodecError } from "@samsa/protocol/records";
import { InvariantViolation, leaderEpoch, type Now, offset } from "@samsa/stdx";
import type { Completable, Completion, Outbox } from "@samsa/world";
import type { Candidate } from "./log-reader.ts";
import type { TimestampedOffset } from "./log-results.ts";

export interface TimestampSearchOptions {
  readonly outbox: Outbox;
  readonly timestampMs: number;
  /** Only records from it on, and below `endOffset`, count. */
  readonly startOffset: number;
  readonly endOffset: number;
  readonly compression: CompressionPorts;
  /** The first batch at or after `fromOffset` that begins below the search's end and states a timestamp as late. */
  readonly candidateFrom: (fromOffset: number) => Candidate | "pending" | undefined;
  /** The log's records below `endOffset` have been deleted meanwhile. */
  readonly isDeleted: (endOffset: number) => boolean;
  /** Something must be read before there is a candidate: `run` is to be called when it is there. */
  readonly wait: (search: TimestampSearch) => void;
  readonly found: (result: TimestampedOffset | undefined, now: Now) => void;
  readonly failed: (detail: string, now: Now) => void;
}

/**
 * Looks for the first record with a timestamp ≥ `timestampMs`: the index tells the batch, the batch's bytes the record. A
 * compressed batch without a codec answers with its base offset and its largest timestamp. A file that was truncated or deleted
 * under the read is looked up again.
 */
export class TimestampSearch implements Completable {
  private readonly options: TimestampSearchOptions;
  private fromOffset: number;
  private candidate: Candidate | undefined;

  constructor(options: TimestampSearchOptions) {
    this.options = options;
    this.fromOffset = options.startOffset;
  }

  /** Each round either answers, reads, or goes on behind the batch it looked into. */
  run(now: Now): void {
    for (;;) {
      const candidate = this.options.candidateFrom(this.fromOffset);
      if (candidate === undefined) return this.options.found(undefined, now);
      if (candidate === "pending") return this.options.wait(this);
      if (!(candidate.part instanceof Uint8Array)) {
        this.candidate = candidate;
        this.options.outbox.request({ type: "read", slice: candidate.part }, this);
        return;
      }
      if (this.lookInto(candidate, candidate.part, now)) return;
    }
  }

  complete(completion: Completion, now: Now): void {
    const { candidate } = this;
    if (completion.type === "read" && candidate !== undefined) {
      if (!this.lookInto(candidate, completion.bytes, now)) this.run(now);
    } else if (completion.type === "failed" && this.isStale(completion.error.code)) this.run(now);
    else if (completion.type === "failed") {
      this.options.failed(`reading a batch failed: ${completion.error.code} ${completion.error.detail}`, now);
      this.options.found(undefined, now);
    }
  }

  private isStale(code: string): boolean {
    const { candidate } = this;
    return code === "ESTALE" || (code === "ENOENT" && candidate !== undefined && this.options.isDeleted(candidate.endOffset));
  }

  /** Returns whether the batch held the answer. Its stated largest timestamp may be wrong, then the search goes on. */
  private lookInto(candidate: Candidate, bytes: Uint8Array, now: Now): boolean {
    const record = this.firstAtOrAfter(candidate, bytes);
    this.fromOffset = candidate.endOffset;
    if (record === undefined) return false;
    if (record.offset >= this.options.endOffset) this.options.found(undefined, now);
    else this.options.found({ offset: offset(record.offset), timestampMs: record.timestamp, leaderEpoch: leaderEpoch(candidate.leaderEpoch) }, now);
    return true;
  }

  private firstAtOrAfter(candidate: Candidate, bytes: Uint8Array): { readonly offset: number; readonly timestamp: number } | undefined {
    try {
      return decodeRecords(bytes, 0, this.options.compression).find(
        (record) => record.timestamp >= this.options.timestampMs && record.offset >= this.options.startOffset,
      );
    } catch (error) {
      if (error instanceof MissingCodecError) return { offset: Math.max(baseOffsetOf(bytes), this.options.startOffset), timestamp: candidate.maxTimestamp };
      if (error instanceof InvariantViolation) throw error;
      // The batch was judged by its CRC alone when a follower took it: what can't be decoded holds no record.
      return undefined;
    }
  }
}
