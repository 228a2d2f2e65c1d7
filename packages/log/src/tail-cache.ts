import { invariant } from "@samsa/stdx";

interface CachedBatch {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly bytes: Uint8Array;
  /** Memory that this entry holds on to and the one before it does not. */
  cost: number;
}

/** In the place of an evicted entry, so that its bytes are let go at once. */
const EVICTED: CachedBatch = { baseOffset: -1, endOffset: -1, bytes: new Uint8Array(0), cost: 0 };
/** Evicted entries at the front of the array before it is copied. */
const COMPACT_AFTER = 1024;

/**
 * The newest batches of a log, kept as the views they came in. What has not been written yet is never dropped, for it
 * can be read from nowhere else; of the rest at most `limitBytes` stay.
 *
 * A view keeps the whole frame alive that it lies in, so that the frame's size is counted, once for neighbours that
 * share it: otherwise small batches of large frames would hold far more memory than the limit says.
 */
export class TailCache {
  private readonly limitBytes: number;
  private entries: CachedBatch[] = [];
  private head = 0;
  private heldBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get sizeInBytes(): number {
    return this.heldBytes;
  }

  /** Batches at and after this offset are here; undefined if none is. */
  get startOffset(): number | undefined {
    return this.entries[this.head]?.baseOffset;
  }

  push(baseOffset: number, endOffset: number, bytes: Uint8Array): void {
    const last = this.last;
    invariant(last === undefined || last.endOffset === baseOffset, "cached batches are dense", { baseOffset, expected: last?.endOffset });
    const cost = last !== undefined && last.bytes.buffer === bytes.buffer ? 0 : bytes.buffer.byteLength;
    this.entries.push({ baseOffset, endOffset, bytes, cost });
    this.heldBytes += cost;
  }

  /** The batch that begins at `baseOffset`, if it is here. */
  find(baseOffset: number): Uint8Array | undefined {
    let low = this.head;
    let high = this.entries.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const entry = this.entries[middle] as CachedBatch;
      if (entry.baseOffset === baseOffset) return entry.bytes;
      if (entry.baseOffset < baseOffset) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  /** Drops the oldest written batches while there is more than the limit. */
  trim(writtenEnd: number): void {
    while (this.heldBytes > this.limitBytes) {
      const first = this.entries[this.head];
      if (first === undefined || first.endOffset > writtenEnd) break;
      this.dropFirst(first);
    }
    this.shrink();
  }

  /** Batches before `offset`, which are written, are not in the log any more as they are here. */
  forgetBefore(offset: number): void {
    for (let first = this.entries[this.head]; first !== undefined && first.endOffset <= offset; first = this.entries[this.head]) this.dropFirst(first);
    this.shrink();
  }

  /** Drops batches at and after `offset`. */
  truncate(offset: number): void {
    for (let last = this.last; last !== undefined && last.baseOffset >= offset; last = this.last) {
      this.heldBytes -= last.cost;
      this.entries.pop();
    }
    if (this.head > this.entries.length) this.head = this.entries.length;
  }

  private dropFirst(first: CachedBatch): void {
    const second = this.entries[this.head + 1];
    if (second !== undefined && second.bytes.buffer === first.bytes.buffer) second.cost += first.cost;
    else this.heldBytes -= first.cost;
    this.entries[this.head++] = EVICTED;
  }

  private shrink(): void {
    if (this.head > COMPACT_AFTER && this.head * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.head);
      this.head = 0;
    }
  }

  private get last(): CachedBatch | undefined {
    return this.entries.length > this.head ? this.entries[this.entries.length - 1] : undefined;
  }
}
