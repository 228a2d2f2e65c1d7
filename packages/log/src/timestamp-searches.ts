import { type CompressionPorts, compressionPorts } from "@samsa/protocol/records";
import type { Now } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";
import type { Candidate } from "./log-reader.ts";
import type { TimestampedOffset } from "./log-results.ts";
import { TimestampSearch } from "./timestamp-search.ts";

export interface TimestampQuery {
  readonly timestampMs: number;
  readonly startOffset: number;
  /** Only records below it count. */
  readonly endOffset: number;
  readonly found: (result: TimestampedOffset | undefined, now: Now) => void;
}

export interface TimestampSearchesOptions {
  readonly outbox: Outbox;
  readonly compression: CompressionPorts | undefined;
  /** Undefined also where the log can't be searched any more. */
  readonly candidateFrom: (fromOffset: number, query: TimestampQuery) => Candidate | "pending" | undefined;
  readonly isDeleted: (endOffset: number) => boolean;
  readonly failed: (detail: string, now: Now) => void;
}

/** A log's look-ups by timestamp, and those of them that wait for something to be read. */
export class TimestampSearches {
  private readonly options: TimestampSearchesOptions;
  private waiting: TimestampSearch[] = [];

  constructor(options: TimestampSearchesOptions) {
    this.options = options;
  }

  run(query: TimestampQuery, now: Now): void {
    const { outbox, compression = compressionPorts(), candidateFrom, isDeleted, failed } = this.options;
    const { timestampMs, startOffset, endOffset, found } = query;
    const candidate = (fromOffset: number): Candidate | "pending" | undefined => candidateFrom(fromOffset, query);
    const wait = (search: TimestampSearch): void => void this.waiting.push(search);
    new TimestampSearch({ outbox, timestampMs, startOffset, endOffset, compression, candidateFrom: candidate, isDeleted, wait, found, failed }).run(now);
  }

  /** Something was read, or nothing will be any more. */
  wake(now: Now): void {
    const { waiting } = this;
    this.waiting = [];
    for (const search of waiting) search.run(now);
  }
}
