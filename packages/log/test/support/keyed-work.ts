import {
  batches,
  decodeRecords,
  encodeBatch,
  incrementSequence,
  nextOffsetOf,
  partitionLeaderEpochOf,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from "@samsa/protocol/records";
import { invariant, leaderEpoch, offset, type Offset, type Prng } from "@samsa/stdx";
import { type LogHarness, NOW } from "./log-harness.ts";

/** One record, as everybody should find it, or not at all. */
export interface KeyedRecord {
  readonly offset: number;
  readonly key: string;
  /** Null: a tombstone. */
  readonly value: string | null;
  readonly timestamp: number;
  readonly epoch: number;
}

/** A log of which nothing was ever compacted: every record from its start to its end. */
export interface WholeLog {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly records: readonly KeyedRecord[];
  /** It was cut within what was compacted already: the newest record of a key may be gone, with what it had taken the place of. */
  readonly isTorn?: boolean;
}

const EMPTY: WholeLog = { startOffset: 0, endOffset: 0, records: [] };
const text = new TextDecoder();
const bytesOf = (value: string): Uint8Array => new TextEncoder().encode(value);

/** What is in the batches, which must be dense. */
export function wholeLogOf(bytes: Uint8Array, startOffset: number): WholeLog {
  const records: KeyedRecord[] = [];
  let endOffset: number | undefined;
  for (const position of batches(bytes)) {
    const epoch = partitionLeaderEpochOf(bytes, position);
    for (const record of decodeRecords(bytes, position)) {
      invariant(endOffset === undefined || record.offset >= endOffset, "records stand in their order", { offset: record.offset, endOffset });
      const value = record.value === null ? null : text.decode(record.value);
      records.push({ offset: record.offset, key: text.decode(record.key ?? new Uint8Array(0)), value, timestamp: record.timestamp, epoch });
    }
    endOffset = nextOffsetOf(bytes, position);
  }
  return { startOffset, endOffset: endOffset ?? startOffset, records };
}

/**
 * Why `found` is not what compaction may have left of the beginning of `whole`; undefined: it may. Every record is one of the whole log's, as it was; none
 * is missing but for a newer one of its key, or a tombstone that had nothing left to delete; and behind `cleanedEnd` none is missing at all.
 */
export function whyNoCompaction(found: WholeLog, whole: WholeLog, cleanedEnd: number): string | undefined {
  if (found.startOffset < whole.startOffset || found.endOffset > whole.endOffset)
    return `${found.startOffset} to ${found.endOffset} of a log to ${whole.endOffset}`;
  const there = new Map(found.records.map((record) => [record.offset, record]));
  const newest = new Map<string, KeyedRecord>();
  for (const record of whole.records) {
    if (record.offset >= found.endOffset) break;
    newest.set(record.key, record);
    const same = there.get(record.offset);
    if (same !== undefined && JSON.stringify(same) !== JSON.stringify(record)) return `${JSON.stringify(same)} was ${JSON.stringify(record)}`;
    if (same === undefined && record.offset >= Math.max(cleanedEnd, found.startOffset)) return `${JSON.stringify(record)} is missing, and not compacted`;
    there.delete(record.offset);
  }
  const stranger = [...there.values()].find((record) => record.offset >= whole.startOffset);
  if (stranger !== undefined) return `${JSON.stringify(stranger)} never was`;
  if (whole.isTorn === true) return undefined;
  for (const record of newest.values()) {
    if (record.offset < found.startOffset) continue;
    const left = found.records.filter(({ key }) => key === record.key).at(-1);
    if (left?.offset === record.offset) continue;
    if (record.value !== null) return `${JSON.stringify(record)} is missing, the newest of its key`;
    if (left !== undefined) return `${JSON.stringify(left)} is back, which ${JSON.stringify(record)} had deleted`;
  }
  return undefined;
}

export interface KeyedWorkOptions {
  readonly harness: LogHarness;
  readonly prng: Prng;
  /** What the log would be if it had never been compacted. */
  readonly from?: WholeLog;
  /** The log is cut, begins anew, and loses old segments, too. */
  readonly isCut: boolean;
  readonly epoch?: number;
}

/** Random calls of a log that is compacted, and what it would be if it never were after each. */
export class KeyedWork {
  readonly history: WholeLog[];
  /** The furthest that anything was compacted to, or may have been. */
  cleanedEnd = 0;
  highWatermark = 0;
  rounds = 0;
  epoch: number;
  readonly isCut: boolean;
  private readonly harness: LogHarness;
  private readonly prng: Prng;
  private nextValue = 0;
  private readonly producers = new Map<number, number>();

  constructor({ harness, prng, from = EMPTY, isCut, epoch = 0 }: KeyedWorkOptions) {
    this.harness = harness;
    this.prng = prng;
    this.history = [from];
    this.isCut = isCut;
    this.epoch = epoch;
  }

  get model(): WholeLog {
    return this.history.at(-1) as WholeLog;
  }

  act(): void {
    const kind = this.prng.below(this.isCut ? 33 : 26);
    if (kind < 12) this.append();
    else if (kind < 16) this.commit();
    else if (kind < 22) this.clean();
    else if (kind < 24) this.harness.log.sync(NOW);
    else if (kind < 26) this.elect();
    else if (kind < 29) this.truncate();
    else if (kind < 30) this.restart();
    else this.retain();
  }

  elect(): void {
    this.epoch++;
    this.harness.log.assignEpoch(leaderEpoch(this.epoch));
  }

  clean(): void {
    const { log } = this.harness;
    const cleanable = log.compaction.cleanable(this.highWatermark, NOW);
    if (cleanable === undefined) return;
    const keyBytesMax = this.prng.below(3) === 0 ? this.prng.between(1, 900) : 1_000_000;
    this.cleanedEnd = Math.max(this.cleanedEnd, cleanable.endOffset);
    const ended = (cleaned: unknown): void => void (this.rounds += cleaned === undefined ? 0 : 1);
    log.compaction.start(cleanable, { keyBytesMax, pace: (_, goOn, now) => goOn(now), ended }, NOW);
  }

  private append(): void {
    const { log } = this.harness;
    const producerId = this.prng.between(-2, 1);
    const count = this.prng.between(1, 4);
    const records = Array.from({ length: count }, () => {
      const value = this.prng.below(4) === 0 ? null : bytesOf(`${this.nextValue++}`.repeat(this.prng.between(1, 12)));
      return { key: bytesOf(`k${this.prng.below(6)}`), value, timestamp: 1_000 + this.nextValue };
    });
    const baseSequence = this.producers.get(producerId) ?? 0;
    const producer = producerId < 0 ? {} : { producerId, producerEpoch: 0, baseSequence };
    const batch = encodeBatch({ records, ...producer });
    if (this.prng.below(3) > 0) {
      const result = log.appendAsLeader(batch, leaderEpoch(this.epoch), NOW);
      if (result.type !== "appended") return;
    } else {
      setBaseOffset(batch, 0, log.appendedEnd);
      setPartitionLeaderEpoch(batch, 0, this.epoch);
      const result = log.appendAsFollower(batch, NOW);
      invariant(result.type === "appended", "a sound fetch is taken", { result });
    }
    if (producerId >= 0) this.producers.set(producerId, incrementSequence(baseSequence, count));
    const { records: appended } = wholeLogOf(batch, 0);
    this.history.push({ ...this.model, endOffset: log.appendedEnd, records: [...this.model.records, ...appended] });
  }

  private commit(): void {
    const { writtenEnd } = this.harness.log;
    if (writtenEnd > this.highWatermark) this.highWatermark = this.prng.between(this.highWatermark, writtenEnd);
  }

  /** As a follower, which never has more than its leader to cut, but where that one was not elected cleanly. */
  private truncate(): void {
    const { log } = this.harness;
    const from = this.prng.below(4) === 0 ? log.logStartOffset : Math.max(this.highWatermark, log.logStartOffset);
    if (from > log.appendedEnd) return;
    if (!log.truncateTo(offset(this.prng.between(from, log.appendedEnd)) satisfies Offset, "the test says so")) return;
    this.cutTo(log.appendedEnd);
  }

  private cutTo(endOffset: number): void {
    if (endOffset === this.model.endOffset) return;
    this.highWatermark = Math.min(this.highWatermark, endOffset);
    const isTorn = this.model.isTorn === true || endOffset < this.cleanedEnd;
    this.history.push({ ...this.model, isTorn, endOffset, records: this.model.records.filter((record) => record.offset < endOffset) });
  }

  private restart(): void {
    const { log } = this.harness;
    const startOffset = log.appendedEnd + this.prng.between(0, 3);
    log.truncateFullyAndStartAt(offset(startOffset));
    this.highWatermark = startOffset;
    this.history.push({ startOffset, endOffset: startOffset, records: [] });
  }

  private retain(): void {
    const { log } = this.harness;
    if (this.highWatermark > log.logStartOffset && this.prng.below(3) === 0)
      log.moveStartTo(offset(this.prng.between(log.logStartOffset, this.highWatermark)), NOW);
    log.retain(offset(this.highWatermark), NOW);
  }
}

/** What the log gives its readers. */
export const foundIn = (harness: LogHarness): WholeLog => {
  const { logStartOffset, appendedEnd } = harness.log;
  const { records, endOffset } = wholeLogOf(harness.readAll(), logStartOffset);
  invariant(endOffset === appendedEnd, "a log is read to its end", { endOffset, appendedEnd });
  return { startOffset: logStartOffset, endOffset, records };
};
