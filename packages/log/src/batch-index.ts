import { invariant } from "@samsa/stdx";
import type { BatchHeader } from "./batch-header.ts";

const INITIAL_CAPACITY = 16;

/**
 * The batches of one segment, in order, in typed arrays: 47 bytes a batch. Everything that truncation has to undo can
 * be told from it without reading the file. Batches are dense in offset and position, so that a batch ends where the
 * next begins; the arrays hold one more element for the end.
 */
export class BatchIndex {
  private count = 0;
  private capacity = INITIAL_CAPACITY;
  private baseOffsets = new Float64Array(INITIAL_CAPACITY + 1);
  private positions = new Float64Array(INITIAL_CAPACITY + 1);
  private maxTimestamps = new Float64Array(INITIAL_CAPACITY);
  private producerIds = new Float64Array(INITIAL_CAPACITY);
  private leaderEpochs = new Int32Array(INITIAL_CAPACITY);
  private baseSequences = new Int32Array(INITIAL_CAPACITY);
  private producerEpochs = new Int16Array(INITIAL_CAPACITY);
  private controls = new Uint8Array(INITIAL_CAPACITY);
  private crcs = new Uint32Array(INITIAL_CAPACITY);

  constructor(baseOffset: number) {
    this.baseOffsets[0] = baseOffset;
  }

  get length(): number {
    return this.count;
  }

  get endOffset(): number {
    return this.baseOffsetAt(this.count);
  }

  get sizeInBytes(): number {
    return this.positionAt(this.count);
  }

  push(header: BatchHeader): void {
    const at = this.count;
    invariant(header.baseOffset === this.endOffset && header.endOffset > header.baseOffset, "offsets of a segment are dense", {
      baseOffset: header.baseOffset,
      endOffset: header.endOffset,
      expected: this.endOffset,
    });
    if (at === this.capacity) this.grow();
    this.baseOffsets[at + 1] = header.endOffset;
    this.positions[at + 1] = this.positionAt(at) + header.sizeInBytes;
    this.maxTimestamps[at] = header.maxTimestamp;
    this.producerIds[at] = header.producerId;
    this.leaderEpochs[at] = header.leaderEpoch;
    this.baseSequences[at] = header.baseSequence;
    this.producerEpochs[at] = header.producerEpoch;
    this.controls[at] = header.isControl ? 1 : 0;
    this.crcs[at] = header.crc;
    this.count++;
  }

  /** Keeps the first `count` batches. */
  truncate(count: number): void {
    invariant(count >= 0 && count <= this.count, "truncation shortens", { count, length: this.count });
    this.count = count;
  }

  /** Also for `index` = `length`: where the next batch would begin. */
  baseOffsetAt(index: number): number {
    return this.baseOffsets[index] as number;
  }

  /** In the file; also for `index` = `length`. */
  positionAt(index: number): number {
    return this.positions[index] as number;
  }

  maxTimestampAt(index: number): number {
    return this.maxTimestamps[index] as number;
  }

  producerIdAt(index: number): number {
    return this.producerIds[index] as number;
  }

  headerAt(index: number): BatchHeader {
    invariant(index >= 0 && index < this.count, "a batch of the index", { index, length: this.count });
    return {
      baseOffset: this.baseOffsetAt(index),
      endOffset: this.baseOffsetAt(index + 1),
      sizeInBytes: this.positionAt(index + 1) - this.positionAt(index),
      leaderEpoch: this.leaderEpochs[index] as number,
      maxTimestamp: this.maxTimestampAt(index),
      producerId: this.producerIdAt(index),
      producerEpoch: this.producerEpochs[index] as number,
      baseSequence: this.baseSequences[index] as number,
      isControl: this.controls[index] === 1,
      crc: this.crcs[index] as number,
    };
  }

  /** The batch that holds `offset`; `length` at or beyond the end. */
  indexOfOffset(offset: number): number {
    return offset >= this.endOffset ? this.count : lastAtMost(this.baseOffsets, this.count, offset);
  }

  /** How many batches, from the first, end at or before `position`. */
  countWithin(position: number): number {
    return position >= this.sizeInBytes ? this.count : lastAtMost(this.positions, this.count, position);
  }

  private grow(): void {
    this.capacity *= 2;
    this.baseOffsets = copyInto(new Float64Array(this.capacity + 1), this.baseOffsets);
    this.positions = copyInto(new Float64Array(this.capacity + 1), this.positions);
    this.maxTimestamps = copyInto(new Float64Array(this.capacity), this.maxTimestamps);
    this.producerIds = copyInto(new Float64Array(this.capacity), this.producerIds);
    this.leaderEpochs = copyInto(new Int32Array(this.capacity), this.leaderEpochs);
    this.baseSequences = copyInto(new Int32Array(this.capacity), this.baseSequences);
    this.producerEpochs = copyInto(new Int16Array(this.capacity), this.producerEpochs);
    this.controls = copyInto(new Uint8Array(this.capacity), this.controls);
    this.crcs = copyInto(new Uint32Array(this.capacity), this.crcs);
  }
}

type Column = Float64Array | Int32Array | Uint32Array | Int16Array | Uint8Array;

function copyInto<T extends Column>(target: T, source: Column): T {
  target.set(source);
  return target;
}

/** The last index in [0, count] whose value is ≤ `limit`; values strictly rise and the first is ≤ `limit`. */
function lastAtMost(values: Float64Array, count: number, limit: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((values[middle] as number) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
