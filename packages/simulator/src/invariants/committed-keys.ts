import type { HostedReplica } from "@samsa/broker";
import { batchHeaderAt } from "@samsa/log";
import { batches, decodeRecords } from "@samsa/protocol/records";
import { toHex } from "@samsa/stdx";
import type { NodeView } from "../cluster/cluster.ts";
import { type GhostPartition, sameBatch } from "./ghost-partition.ts";

export interface KeyedRecord {
  readonly offset: number;
  readonly key: string;
  /** Null for a tombstone. */
  readonly value: string | null;
}

/** A batch as it lies in a log. */
export interface KeyedBatch {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly leaderEpoch: number;
  readonly crc: number;
  readonly records: readonly KeyedRecord[];
}

export interface CommittedRecord extends KeyedRecord {
  readonly leaderEpoch: number;
  /** When it was first seen to be committed. */
  readonly sinceUs: number;
}

/** The batches of a log below `endOffset`; undefined: some of it is being replaced. */
export function keyedBatchesOf({ fileOf }: NodeView, log: HostedReplica["log"], startOffset: number, endOffset: number): readonly KeyedBatch[] | undefined {
  const found: KeyedBatch[] = [];
  for (const { path, knownOffset, knownPosition, endOffset: spanEnd } of log.segmentSpans(startOffset, endOffset)) {
    const known = log.batchesIn(knownOffset, Math.min(spanEnd, endOffset));
    const bytes = fileOf(
      path,
      known.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, knownPosition),
    );
    if (bytes === undefined) return undefined;
    for (const position of batches(bytes)) {
      const { baseOffset, endOffset: batchEnd, leaderEpoch, crc } = batchHeaderAt(bytes, position);
      if (batchEnd <= startOffset || batchEnd > endOffset) continue;
      const records = decodeRecords(bytes, position).map(({ offset, key, value }) => ({ offset, key: textOf(key) ?? "none", value: textOf(value) }));
      found.push({ baseOffset, endOffset: batchEnd, leaderEpoch, crc, records });
    }
  }
  const isWhole = found.every(({ baseOffset }, at) => at === 0 || found[at - 1]?.endOffset === baseOffset);
  return isWhole ? found : undefined;
}

const textOf = (bytes: Uint8Array | null): string | null => (bytes === null ? null : toHex(bytes));

/** Every committed record of one partition as it was when it was committed, before any compaction. */
export class CommittedKeys {
  private readonly records = new Map<number, CommittedRecord>();
  /** By key, offsets in their order. */
  private readonly offsets = new Map<string, number[]>();
  private end = 0;

  /** Up to where it is known. */
  get endOffset(): number {
    return this.end;
  }

  at(offset: number): CommittedRecord | undefined {
    return this.records.get(offset);
  }

  all(): Iterable<CommittedRecord> {
    return this.records.values();
  }

  /** The newest record of the key. */
  newestOf(key: string): number {
    return this.offsets.get(key)?.at(-1) ?? -1;
  }

  /** Takes what was committed since from a log that has it still as it was. */
  learn(view: NodeView, { log }: HostedReplica, committed: GhostPartition, nowUs: number): void {
    if (this.end > committed.end) this.forget(committed.end);
    const limit = Math.min(committed.end, log.writtenEnd);
    if (this.end >= limit) return;
    for (const { records, ...mark } of keyedBatchesOf(view, log, this.end, limit) ?? []) {
      const known = committed.at(mark.baseOffset);
      if (mark.baseOffset !== this.end || known === undefined || !sameBatch(known, mark)) return;
      for (const record of records) this.add({ ...record, leaderEpoch: mark.leaderEpoch, sinceUs: nowUs });
      this.end = mark.endOffset;
    }
  }

  private add(record: CommittedRecord): void {
    const { key, offset } = record;
    this.records.set(offset, record);
    const known = this.offsets.get(key);
    if (known === undefined) this.offsets.set(key, [offset]);
    else known.push(offset);
  }

  /** An unclean election took it. */
  private forget(fromOffset: number): void {
    for (const { offset, key } of [...this.records.values()].filter((record) => record.offset >= fromOffset)) {
      this.records.delete(offset);
      this.offsets.get(key)?.pop();
    }
    this.end = fromOffset;
  }
}
