import { readInt32, readInt64, writeInt32, writeInt64 } from "@samsa/protocol/records";

/** Of `.index`: the batch that begins at `position` ends with `lastOffset`. */
export interface OffsetIndexEntry {
  readonly lastOffset: number;
  readonly position: number;
}

/** Of `.timeindex`: whatever has a later timestamp than `timestampMs` stands behind `lastOffset`, which ends the batch that has that one. */
export interface TimeIndexEntry {
  readonly timestampMs: number;
  readonly lastOffset: number;
}

export const OFFSET_ENTRY_BYTES = 8;
export const TIME_ENTRY_BYTES = 12;

/** Kafka's `.index`: offset relative to the segment's base and position, 4 bytes each. */
export function encodeOffsetEntries(entries: readonly OffsetIndexEntry[], baseOffset: number): Uint8Array {
  const bytes = new Uint8Array(entries.length * OFFSET_ENTRY_BYTES);
  entries.forEach(({ lastOffset, position }, index) => {
    writeInt32(bytes, index * OFFSET_ENTRY_BYTES, lastOffset - baseOffset);
    writeInt32(bytes, index * OFFSET_ENTRY_BYTES + 4, position);
  });
  return bytes;
}

/** Kafka's `.timeindex`: timestamp, 8 bytes, and offset relative to the segment's base, 4 bytes. */
export function encodeTimeEntries(entries: readonly TimeIndexEntry[], baseOffset: number): Uint8Array {
  const bytes = new Uint8Array(entries.length * TIME_ENTRY_BYTES);
  entries.forEach(({ timestampMs, lastOffset }, index) => {
    writeInt64(bytes, index * TIME_ENTRY_BYTES, timestampMs);
    writeInt32(bytes, index * TIME_ENTRY_BYTES + 8, lastOffset - baseOffset);
  });
  return bytes;
}

/** What an index must lie within to be believed. */
export interface IndexedRange {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly sizeInBytes: number;
}

/** A segment's `.index` as it was read, searched in place. */
export class OffsetIndex {
  private readonly bytes: Uint8Array;
  private readonly baseOffset: number;

  private constructor(bytes: Uint8Array, baseOffset: number) {
    this.bytes = bytes;
    this.baseOffset = baseOffset;
  }

  /** Undefined where the bytes can't be the index of such a segment: it is built again. */
  static parse(bytes: Uint8Array, { baseOffset, endOffset, sizeInBytes }: IndexedRange): OffsetIndex | undefined {
    if (bytes.length % OFFSET_ENTRY_BYTES !== 0) return undefined;
    let lastOffset = -1;
    let position = -1;
    for (let at = 0; at < bytes.length; at += OFFSET_ENTRY_BYTES) {
      const nextOffset = readInt32(bytes, at);
      const nextPosition = readInt32(bytes, at + 4);
      if (nextOffset <= lastOffset || nextPosition <= position) return undefined;
      lastOffset = nextOffset;
      position = nextPosition;
    }
    return baseOffset + lastOffset < endOffset && position < sizeInBytes ? new OffsetIndex(bytes, baseOffset) : undefined;
  }

  get count(): number {
    return this.bytes.length / OFFSET_ENTRY_BYTES;
  }

  get sizeInBytes(): number {
    return this.bytes.length;
  }

  at(index: number): OffsetIndexEntry {
    return {
      lastOffset: this.baseOffset + readInt32(this.bytes, index * OFFSET_ENTRY_BYTES),
      position: readInt32(this.bytes, index * OFFSET_ENTRY_BYTES + 4),
    };
  }

  /** How many entries, from the first, are of batches that end before `offset`. */
  countBefore(offset: number): number {
    return countWhere(this.count, (index) => this.at(index).lastOffset < offset);
  }
}

/** A segment's `.timeindex` as it was read, searched in place. */
export class TimeIndex {
  private readonly bytes: Uint8Array;
  private readonly baseOffset: number;

  private constructor(bytes: Uint8Array, baseOffset: number) {
    this.bytes = bytes;
    this.baseOffset = baseOffset;
  }

  /** Undefined where the bytes can't be the time index of such a segment: it is built again. */
  static parse(bytes: Uint8Array, { baseOffset, endOffset }: IndexedRange): TimeIndex | undefined {
    if (bytes.length % TIME_ENTRY_BYTES !== 0) return undefined;
    let lastOffset = -1;
    let timestampMs = -1;
    for (let at = 0; at < bytes.length; at += TIME_ENTRY_BYTES) {
      const nextTimestamp = readInt64(bytes, at);
      const nextOffset = readInt32(bytes, at + 8);
      if (nextTimestamp <= timestampMs || nextOffset <= lastOffset) return undefined;
      lastOffset = nextOffset;
      timestampMs = nextTimestamp;
    }
    return baseOffset + lastOffset < endOffset ? new TimeIndex(bytes, baseOffset) : undefined;
  }

  get count(): number {
    return this.bytes.length / TIME_ENTRY_BYTES;
  }

  get sizeInBytes(): number {
    return this.bytes.length;
  }

  at(index: number): TimeIndexEntry {
    return {
      timestampMs: readInt64(this.bytes, index * TIME_ENTRY_BYTES),
      lastOffset: this.baseOffset + readInt32(this.bytes, index * TIME_ENTRY_BYTES + 8),
    };
  }

  /** How many entries, from the first, are of batches that end at or before `lastOffset`. */
  countUpTo(lastOffset: number): number {
    return countWhere(this.count, (index) => this.at(index).lastOffset <= lastOffset);
  }

  /** How many entries, from the first, have earlier timestamps. */
  countBefore(timestampMs: number): number {
    return countWhere(this.count, (index) => this.at(index).timestampMs < timestampMs);
  }
}

function countWhere(count: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
