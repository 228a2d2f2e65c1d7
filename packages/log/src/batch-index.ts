import { NO_SEQUENCE } from "@samsa/protocol/records";
import { invariant } from "@samsa/stdx";
import type { BatchHeader } from "./batch-header.ts";

const INITIAL_CAPACITY = 16;

/** Of one batch, in all columns. */
export const BATCH_INDEX_ENTRY_BYTES = 47;

const NO_NUMBERS = new Float64Array(0);
const NO_INT32 = new Int32Array(0);
const NO_INT16 = new Int16Array(0);
const NO_FLAGS = new Uint8Array(0);
const NO_UINT32 = new Uint32Array(0);

const CONTROL = 1;
const TRANSACTIONAL = 2;
const COMMIT_MARKER = 4;
const ABORT_MARKER = 8;

/** Where in its segment an index begins. */
export interface IndexStart {
  readonly offset: number;
  readonly position: number;
}

/**
 * Neighbouring batches of one segment, in order, in typed arrays: 47 bytes a batch. Everything that truncation has to undo can
 * be told from it without reading the file. Batches are dense in offset and position, so that a batch ends where the
 * next begins; the arrays hold one more element for the end.
 */
export class BatchIndex {
  private count = 0;
  private capacity = 0;
  private readonly start: IndexStart;
  // One more element than batches: where the next one begins. Nothing is allocated for a segment without batches; most of ten thousand are.
  private baseOffsets = NO_NUMBERS;
  private positions = NO_NUMBERS;
  private maxTimestamps = NO_NUMBERS;
  private producerIds = NO_NUMBERS;
  private leaderEpochs = NO_INT32;
  private baseSequences = NO_INT32;
  private producerEpochs = NO_INT16;
  private flags = NO_FLAGS;
  private crcs = NO_UINT32;

  constructor(start: IndexStart) {
    this.start = start;
  }

  /** Of the first batch; `endOffset` without any. */
  get startOffset(): number {
    return this.start.offset;
  }

  get startPosition(): number {
    return this.start.position;
  }

  get length(): number {
    return this.count;
  }

  get endOffset(): number {
    return this.baseOffsetAt(this.count);
  }

  /** In the file, behind the last batch. */
  get endPosition(): number {
    return this.positionAt(this.count);
  }

  get memoryBytes(): number {
    return this.capacity * BATCH_INDEX_ENTRY_BYTES;
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
    // A control batch has no sequence: the place is its coordinator's epoch.
    this.baseSequences[at] = header.marker?.coordinatorEpoch ?? header.baseSequence;
    this.producerEpochs[at] = header.producerEpoch;
    this.flags[at] = flagsOf(header);
    this.crcs[at] = header.crc;
    this.count++;
  }

  /** Keeps the first `count` batches. */
  truncate(count: number): void {
    invariant(count >= 0 && count <= this.count, "truncation shortens", { count, length: this.count });
    this.count = count;
  }

  /** Without the first `count` batches. */
  from(count: number): BatchIndex {
    const rest = new BatchIndex({ offset: this.baseOffsetAt(count), position: this.positionAt(count) });
    for (let at = count; at < this.count; at++) rest.push(this.headerAt(at));
    return rest;
  }

  /** Also for `index` = `length`: where the next batch would begin. */
  baseOffsetAt(index: number): number {
    return this.capacity === 0 ? this.start.offset : (this.baseOffsets[index] as number);
  }

  /** In the file; also for `index` = `length`. */
  positionAt(index: number): number {
    return this.capacity === 0 ? this.start.position : (this.positions[index] as number);
  }

  maxTimestampAt(index: number): number {
    return this.maxTimestamps[index] as number;
  }

  producerIdAt(index: number): number {
    return this.producerIds[index] as number;
  }

  headerAt(index: number): BatchHeader {
    invariant(index >= 0 && index < this.count, "a batch of the index", { index, length: this.count });
    const flags = this.flags[index] as number;
    const sequence = this.baseSequences[index] as number;
    const isMarker = (flags & (COMMIT_MARKER | ABORT_MARKER)) !== 0;
    return {
      baseOffset: this.baseOffsetAt(index),
      endOffset: this.baseOffsetAt(index + 1),
      sizeInBytes: this.positionAt(index + 1) - this.positionAt(index),
      leaderEpoch: this.leaderEpochs[index] as number,
      maxTimestamp: this.maxTimestampAt(index),
      producerId: this.producerIdAt(index),
      producerEpoch: this.producerEpochs[index] as number,
      baseSequence: isMarker ? NO_SEQUENCE : sequence,
      isControl: (flags & CONTROL) !== 0,
      isTransactional: (flags & TRANSACTIONAL) !== 0,
      marker: isMarker ? { isAbort: (flags & ABORT_MARKER) !== 0, coordinatorEpoch: sequence } : undefined,
      crc: this.crcs[index] as number,
    };
  }

  /** The batch that holds `offset`; `length` at or beyond the end. */
  indexOfOffset(offset: number): number {
    return offset >= this.endOffset ? this.count : lastAtMost(this.baseOffsets, this.count, offset);
  }

  /** How many batches, from the first, end at or before `position`. */
  countWithin(position: number): number {
    return position >= this.endPosition ? this.count : lastAtMost(this.positions, this.count, position);
  }

  private grow(): void {
    const isFirst = this.capacity === 0;
    this.capacity = isFirst ? INITIAL_CAPACITY : this.capacity * 2;
    this.baseOffsets = copyInto(new Float64Array(this.capacity + 1), this.baseOffsets);
    this.positions = copyInto(new Float64Array(this.capacity + 1), this.positions);
    this.maxTimestamps = copyInto(new Float64Array(this.capacity), this.maxTimestamps);
    this.producerIds = copyInto(new Float64Array(this.capacity), this.producerIds);
    this.leaderEpochs = copyInto(new Int32Array(this.capacity), this.leaderEpochs);
    this.baseSequences = copyInto(new Int32Array(this.capacity), this.baseSequences);
    this.producerEpochs = copyInto(new Int16Array(this.capacity), this.producerEpochs);
    this.flags = copyInto(new Uint8Array(this.capacity), this.flags);
    this.crcs = copyInto(new Uint32Array(this.capacity), this.crcs);
    if (!isFirst) return;
    this.baseOffsets[0] = this.start.offset;
    this.positions[0] = this.start.position;
  }
}

function flagsOf({ isControl, isTransactional, marker }: BatchHeader): number {
  const ends = marker === undefined ? 0 : marker.isAbort ? ABORT_MARKER : COMMIT_MARKER;
  return (isControl ? CONTROL : 0) | (isTransactional ? TRANSACTIONAL : 0) | ends;
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
