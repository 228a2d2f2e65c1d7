import { batches, nextOffsetOf } from "@samsa/protocol/records";
import type { Replica } from "@samsa/replication";
import { concatBytes, invariant, type Now, type Offset, offset } from "@samsa/stdx";
import { type Completable, type Completion, isSlice, type Outbox, type Part } from "@samsa/world";

export interface LogReplayOptions {
  readonly replica: Replica;
  readonly outbox: Outbox;
  /** The batch at `position`, the next one of the log. */
  readonly batch: (bytes: Uint8Array, position: number) => void;
  /** What was asked of the disk is there: `readTo` is to be called again. */
  readonly ready: (now: Now) => void;
  readonly failed: (detail: string, now: Now) => void;
}

/** Of one read, so that many partitions that are loaded at once take turns. */
const READ_BYTES = 256 * 1024;

/**
 * Gives the batches of a partition's log in their order, from the log's start on. It reads what is asked for and nothing ahead; where records lie in
 * files, and not in memory, it asks for them and goes on when they are there.
 */
export class LogReplay implements Completable {
  private readonly options: LogReplayOptions;
  private position: Offset;
  /** Of the read that is under way; those that are slices are filled in as they come. */
  private parts: Part[] = [];
  private isReading = false;
  private isStopped = false;

  constructor(options: LogReplayOptions) {
    this.options = options;
    this.position = options.replica.log.logStartOffset;
  }

  /** What is still read is not wanted any more. */
  stop(): void {
    this.isStopped = true;
  }

  /** Whether all batches below `endOffset` have been given; if not, it goes on with `ready`, or when the log can be read further. */
  readTo(endOffset: Offset): boolean {
    const { log } = this.options.replica;
    if (this.isReading) return false;
    // What was deleted meanwhile is of no group any more.
    this.position = offset(Math.max(this.position, log.logStartOffset));
    while (!this.isReading && this.position < endOffset) {
      const read = log.read(this.position, endOffset, READ_BYTES);
      // Its place is looked up, or the log is closing: what it does not give is no proof that there is nothing.
      if (read.parts.length === 0) return false;
      this.parts = [...read.parts];
      this.next();
    }
    return !this.isReading && this.position >= endOffset;
  }

  complete(completion: Completion, now: Now): void {
    this.isReading = false;
    if (this.isStopped) return;
    if (completion.type === "read") {
      this.parts[this.parts.findIndex(isSlice)] = completion.bytes;
      this.next();
    } else {
      // The log was cut, or a segment is gone: what there is now is read from the same place on.
      this.parts = [];
      if (completion.type === "failed" && completion.error.code !== "ESTALE") this.options.failed(`${completion.error.code} ${completion.error.detail}`, now);
    }
    this.options.ready(now);
  }

  private next(): void {
    const slice = this.parts.find(isSlice);
    if (slice === undefined) return this.take(concatBytes(this.parts.flatMap((part) => (isSlice(part) ? [] : [part]))));
    this.isReading = true;
    this.options.outbox.request({ type: "read", slice }, this);
  }

  private take(bytes: Uint8Array): void {
    const before = this.position;
    for (const position of batches(bytes)) {
      const endOffset = offset(nextOffsetOf(bytes, position));
      // A read begins with the batch that holds its offset.
      if (endOffset <= this.position) continue;
      this.position = endOffset;
      this.options.batch(bytes, position);
    }
    this.parts = [];
    invariant(this.position > before, "a read gives at least one batch", { at: before });
  }
}
