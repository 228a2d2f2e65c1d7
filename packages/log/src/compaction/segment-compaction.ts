import { BATCH_OFFSETS_MAX, encodeEmptyBatch } from "@samsa/protocol/records";
import { invariant } from "@samsa/stdx";
import { type BatchHeader, batchHeaderAt } from "../batch-header.ts";
import { SparseIndexBuilder } from "../sparse-index-builder.ts";
import { pushView } from "../views.ts";
import { compactBatch, type CompactionRules } from "./batch-compaction.ts";

/** Offsets of neighbouring batches of which nothing is needed. */
interface EmptyRun {
  readonly baseOffset: number;
  endOffset: number;
  readonly partitionLeaderEpoch: number;
}

export interface SegmentCompactionOptions {
  readonly baseOffset: number;
  readonly rules: CompactionRules;
  readonly intervalBytes: number;
}

/**
 * Makes of neighbouring segments the content of one. It is fed their batches in order.
 *
 * A log is dense (`BatchIndex`), and so is what comes of it: where Kafka leaves a hole, one empty batch covers the offsets of all batches in a row of
 * which nothing is needed, as far as they are of one leader epoch, so that each epoch starts where it did.
 */
export class SegmentCompaction {
  private readonly rules: CompactionRules;
  private readonly intervalBytes: number;
  private readonly sparse = new SparseIndexBuilder();
  private run: EmptyRun | undefined;
  private written: Uint8Array[] = [];
  private end: number;
  private givenBytes = 0;
  private hasParts = false;
  private unreadable: BatchHeader | undefined;

  constructor({ baseOffset, rules, intervalBytes }: SegmentCompactionOptions) {
    this.rules = rules;
    this.intervalBytes = intervalBytes;
    this.end = baseOffset;
  }

  /** Entries of the index files for all that was made. */
  get builder(): SparseIndexBuilder {
    return this.sparse;
  }

  /** After the last offset that was fed. */
  get endOffset(): number {
    return this.run?.endOffset ?? this.end;
  }

  get sizeInBytes(): number {
    return this.sparse.position;
  }

  /** What was made differs from what was fed. */
  get isChanged(): boolean {
    return this.hasParts || this.givenBytes !== this.sizeInBytes;
  }

  /** The first batch that could not be looked into: what was made is of no use. */
  get obstacle(): BatchHeader | undefined {
    return this.unreadable;
  }

  push(header: BatchHeader, bytes: Uint8Array, position: number): void {
    invariant(header.baseOffset === this.endOffset, "segments are compacted in their order", { baseOffset: header.baseOffset, expected: this.endOffset });
    if (this.unreadable !== undefined) return;
    this.givenBytes += header.sizeInBytes;
    const compacted = compactBatch(bytes, position, header, this.rules);
    if (compacted.type === "unreadable") this.unreadable = header;
    else if (compacted.type === "emptied") this.addToRun(header);
    else if (compacted.type === "whole") this.write(header, bytes.subarray(position, position + header.sizeInBytes));
    else {
      this.hasParts = true;
      this.write(batchHeaderAt(compacted.bytes, 0), compacted.bytes);
    }
  }

  /** Nothing more is fed. */
  finish(): void {
    this.endRun();
  }

  /** What was made since the last call; views of what was fed among it. */
  take(): Uint8Array[] {
    const { written } = this;
    this.written = [];
    return written;
  }

  private addToRun({ baseOffset, endOffset, leaderEpoch: partitionLeaderEpoch }: BatchHeader): void {
    const { run } = this;
    const isSame = run?.partitionLeaderEpoch === partitionLeaderEpoch && endOffset - run.baseOffset <= BATCH_OFFSETS_MAX;
    if (isSame) {
      run.endOffset = endOffset;
      return;
    }
    this.endRun();
    this.run = { baseOffset, endOffset, partitionLeaderEpoch };
  }

  private endRun(): void {
    const { run } = this;
    this.run = undefined;
    if (run === undefined) return;
    const bytes = encodeEmptyBatch(run);
    this.write(batchHeaderAt(bytes, 0), bytes);
  }

  private write(header: BatchHeader, bytes: Uint8Array): void {
    this.endRun();
    invariant(header.baseOffset === this.end && header.endOffset > this.end, "a compacted segment is dense", {
      baseOffset: header.baseOffset,
      endOffset: header.endOffset,
      expected: this.end,
    });
    this.end = header.endOffset;
    this.sparse.push(header, this.intervalBytes);
    pushView(this.written, bytes);
  }
}
