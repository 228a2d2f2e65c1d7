import { type LeaderEpoch, leaderEpoch, type Now, type Offset, offset } from "@samsa/stdx";
import type { AbortedTransaction, EpochEnd, FollowerAppend, LeaderAppend, LogListener, LogRead, ReplicaLog } from "../src/index.ts";

/** A batch of one record, in 12 bytes: offset, leader epoch, and a value that is the record's timestamp too. */
export interface MemoryRecord {
  readonly offset: number;
  readonly epoch: number;
  readonly value: number;
}

const RECORD_SIZE = 12;

export function encodeRecords(records: readonly MemoryRecord[]): Uint8Array {
  const bytes = new Uint8Array(records.length * RECORD_SIZE);
  const view = new DataView(bytes.buffer);
  records.forEach((record, index) => {
    view.setUint32(index * RECORD_SIZE, record.offset);
    view.setUint32(index * RECORD_SIZE + 4, record.epoch);
    view.setUint32(index * RECORD_SIZE + 8, record.value);
  });
  return bytes;
}

export function decodeRecords(bytes: Uint8Array): MemoryRecord[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / RECORD_SIZE) }, (_, index) => ({
    offset: view.getUint32(index * RECORD_SIZE),
    epoch: view.getUint32(index * RECORD_SIZE + 4),
    value: view.getUint32(index * RECORD_SIZE + 8),
  }));
}

/** What a producer sends: values without offsets. */
export const valuesToRecords = (...values: number[]): Uint8Array => encodeRecords(values.map((value) => ({ offset: 0, epoch: 0, value })));

interface EpochStart {
  readonly epoch: number;
  readonly startOffset: number;
}

/** A `ReplicaLog` in memory, whose writes return when the test says so. What is written survives `MemoryLog.of(disk)`. */
export class MemoryLog implements ReplicaLog {
  listener: LogListener | undefined;
  isOffline = false;
  isBeginningAnew = false;
  epochBeforeStart = leaderEpoch(-1);
  logStartOffset = offset(0);
  writtenEnd = offset(0);
  syncedEnd = offset(0);
  /** Of a transaction that a test has opened. */
  unstableFrom: Offset | undefined;
  aborted: readonly AbortedTransaction[] = [];
  private records: MemoryRecord[] = [];
  private epochs: EpochStart[] = [];

  firstUnstableOffset(): Offset | undefined {
    return this.unstableFrom;
  }

  abortedTransactions(startOffset: Offset, endOffset: Offset): readonly AbortedTransaction[] {
    return this.aborted.filter(({ firstOffset }) => firstOffset >= startOffset && firstOffset < endOffset);
  }

  /** What is left on disk after the process died; `keepsUnsynced` is false after a power cut. */
  static recover(dead: MemoryLog, keepsUnsynced: boolean): MemoryLog {
    const log = new MemoryLog();
    log.logStartOffset = dead.logStartOffset;
    log.records = [...dead.records];
    log.epochs = [...dead.epochs];
    const end = keepsUnsynced ? dead.writtenEnd : dead.syncedEnd;
    log.truncateTo(end);
    log.writtenEnd = end;
    log.syncedEnd = end;
    log.truncations.length = 0;
    return log;
  }

  get appendedEnd(): Offset {
    return offset(this.logStartOffset + this.records.length);
  }

  get latestEpoch(): LeaderEpoch {
    return leaderEpoch(this.epochs.at(-1)?.epoch ?? -1);
  }

  /** All records, written or not. */
  get all(): readonly MemoryRecord[] {
    return this.records;
  }

  at(at: number): MemoryRecord | undefined {
    return this.records[at - this.logStartOffset];
  }

  assignEpoch(epoch: LeaderEpoch): void {
    if (epoch <= this.latestEpoch) return;
    // An epoch without records is replaced by the next one that starts at the same offset.
    this.epochs = this.epochs.filter(({ startOffset }) => startOffset < this.appendedEnd);
    this.epochs.push({ epoch, startOffset: this.appendedEnd });
  }

  endOffsetForEpoch(epoch: LeaderEpoch): EpochEnd {
    const index = this.epochs.findLastIndex((entry) => entry.epoch <= epoch);
    const entry = this.epochs[index];
    if (entry === undefined) return { leaderEpoch: leaderEpoch(-1), endOffset: offset(-1) };
    return { leaderEpoch: leaderEpoch(entry.epoch), endOffset: offset(this.epochs[index + 1]?.startOffset ?? this.appendedEnd) };
  }

  epochBefore(at: Offset): LeaderEpoch {
    return leaderEpoch(this.at(at - 1)?.epoch ?? -1);
  }

  appendAsLeader(records: Uint8Array, epoch: LeaderEpoch, now: Now): LeaderAppend {
    const baseOffset = this.appendedEnd;
    if (records.length % RECORD_SIZE !== 0) return { type: "rejected", error: "CORRUPT_MESSAGE", message: "cut off" };
    for (const { value } of decodeRecords(records)) this.records.push({ offset: this.appendedEnd, epoch, value });
    return { type: "appended", baseOffset, endOffset: this.appendedEnd, logAppendTimeMs: now.wallMs };
  }

  appendAsFollower(records: Uint8Array): FollowerAppend {
    for (const record of decodeRecords(records)) {
      if (record.offset !== this.appendedEnd || record.epoch < this.epochBefore(this.appendedEnd)) {
        return { type: "rejected", error: "CORRUPT_MESSAGE", message: `${record.offset} does not continue ${this.appendedEnd}` };
      }
      if (record.epoch < this.latestEpoch) this.epochs = this.epochs.filter(({ startOffset }) => startOffset < record.offset);
      this.assignEpoch(leaderEpoch(record.epoch));
      this.records.push(record);
    }
    return { type: "appended", endOffset: this.appendedEnd };
  }

  /** Every truncation's offset. */
  readonly truncations: number[] = [];

  truncateTo(at: Offset): boolean {
    this.truncations.push(at);
    this.records.length = Math.min(this.records.length, Math.max(0, at - this.logStartOffset));
    this.epochs = this.epochs.filter(({ startOffset }) => startOffset < at);
    this.writtenEnd = smaller(this.writtenEnd, at);
    this.syncedEnd = smaller(this.syncedEnd, at);
    return true;
  }

  truncateFullyAndStartAt(at: Offset): void {
    this.truncations.push(at);
    this.records = [];
    this.epochs = [];
    this.epochBeforeStart = leaderEpoch(-1);
    this.logStartOffset = at;
    this.writtenEnd = at;
    this.syncedEnd = at;
  }

  read(startOffset: Offset, endOffset: Offset, maxBytes: number): LogRead {
    const count = Math.max(1, Math.floor(maxBytes / RECORD_SIZE));
    const from = startOffset - this.logStartOffset;
    const found = this.records.slice(from, Math.min(from + count, endOffset - this.logStartOffset));
    const bytes = encodeRecords(found);
    return { parts: found.length === 0 ? [] : [bytes], sizeInBytes: bytes.length, endOffset: offset(startOffset + found.length), isPending: false };
  }

  findByTimestamp(timestampMs: number, endOffset: Offset, found: Parameters<ReplicaLog["findByTimestamp"]>[2]): void {
    const record = this.records.find((one) => one.value >= timestampMs && one.offset < endOffset);
    this.lookUps.push((now) => found(record && { offset: offset(record.offset), timestampMs: record.value, leaderEpoch: leaderEpoch(record.epoch) }, now));
  }

  // --- What the world does to it

  private readonly lookUps: ((now: Now) => void)[] = [];

  /** Look-ups on disk return. */
  finishLookUps(now: Now): void {
    for (let next = this.lookUps.shift(); next !== undefined; next = this.lookUps.shift()) next(now);
  }

  /** The write of everything appended returns. */
  finishWrites(now: Now): void {
    if (this.writtenEnd === this.appendedEnd) return;
    this.writtenEnd = this.appendedEnd;
    this.listener?.endsMoved(now);
  }

  sync(now: Now): void {
    if (this.syncedEnd === this.writtenEnd) return;
    this.syncedEnd = this.writtenEnd;
    this.listener?.endsMoved(now);
  }

  moveStartTo(at: Offset): void {
    if (at > this.logStartOffset) this.deleteBefore(at);
  }

  /** Retention takes what lies before. */
  deleteBefore(at: Offset): void {
    this.epochBeforeStart = this.epochBefore(at);
    this.records = this.records.slice(at - this.logStartOffset);
    this.logStartOffset = at;
    const kept = this.epochs.findLastIndex(({ startOffset }) => startOffset <= at);
    this.epochs = this.epochs.slice(Math.max(0, kept)).map(({ epoch, startOffset }) => ({ epoch, startOffset: Math.max(startOffset, at) }));
    if (this.syncedEnd < at) this.syncedEnd = at;
  }
}

const smaller = (a: Offset, b: Offset): Offset => (a < b ? a : b);
