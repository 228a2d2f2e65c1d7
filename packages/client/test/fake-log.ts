import { ErrorCode } from "@samsa/protocol";
import {
  baseSequenceOf,
  checkBatch,
  compressionOf,
  decodeRecords,
  countOf,
  nextOffsetOf,
  partitionLeaderEpochOf,
  producerEpochOf,
  producerIdOf,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from "@samsa/protocol/records";
import { concatBytes, decodeUtf8, invariant } from "@samsa/stdx";

interface ProducerState {
  epoch: number;
  nextSequence: number;
  /** The last batches, for de-duplication. */
  recent: { readonly sequence: number; readonly count: number; readonly baseOffset: number }[];
}

/** One partition with Kafka's rules for idempotent producers. */
export class FakeLog {
  startOffset = 0;
  private readonly batches: Uint8Array[] = [];
  private readonly producers = new Map<number, ProducerState>();
  /** A lie told with the next batch: acknowledged and not kept, or kept twice. */
  lie: "drop" | "duplicate" | undefined;
  /** How often a batch was recognised as one that is there already. */
  duplicates = 0;

  get endOffset(): number {
    const last = this.batches.at(-1);
    return last === undefined ? 0 : nextOffsetOf(last);
  }

  /** Every record's value as text; the index is the offset. */
  get values(): readonly string[] {
    return this.batches.flatMap((batch) => decodeRecords(batch).map(({ value }) => decodeUtf8(value ?? new Uint8Array(0))));
  }

  /** The codec of each batch, and its size. */
  get stored(): readonly { readonly compression: string | undefined; readonly sizeBytes: number }[] {
    return this.batches.map((batch) => ({ compression: compressionOf(batch), sizeBytes: batch.length }));
  }

  /** When each record was made. */
  get timestamps(): readonly number[] {
    return this.batches.flatMap((batch) => decodeRecords(batch).map(({ timestamp }) => timestamp));
  }

  append(records: Uint8Array, leaderEpoch: number): { readonly errorCode: number; readonly baseOffset: number } {
    invariant(checkBatch(records) === undefined, "the client sends sound batches");
    const verdict = this.judge(records);
    if (verdict !== undefined) return verdict;
    const batch = records.slice();
    const baseOffset = this.endOffset;
    const { lie } = this;
    this.lie = undefined;
    this.remember(batch, baseOffset);
    if (lie !== "drop") this.push(batch, leaderEpoch);
    if (lie === "duplicate") this.push(batch.slice(), leaderEpoch);
    return { errorCode: 0, baseOffset };
  }

  private push(batch: Uint8Array, leaderEpoch: number): void {
    setBaseOffset(batch, 0, this.endOffset);
    setPartitionLeaderEpoch(batch, 0, leaderEpoch);
    this.batches.push(batch);
  }

  /** Broker forgets its producers, as after losing the state. */
  forgetProducers(): void {
    this.producers.clear();
  }

  /** Pretends to have seen less of each producer, as a leader that lost acknowledged records. */
  rewindProducers(): void {
    for (const state of this.producers.values()) {
      state.nextSequence = 0;
      state.recent = [];
    }
  }

  read(offset: number, maxBatches: number): Uint8Array {
    const from = this.batches.findIndex((batch) => nextOffsetOf(batch) > offset);
    return from < 0 ? new Uint8Array(0) : concatBytes(this.batches.slice(from, from + maxBatches));
  }

  /** As after an unclean election: what lies from there on is gone. */
  truncate(endOffset: number): void {
    const kept = this.batches.filter((batch) => nextOffsetOf(batch) <= endOffset);
    this.batches.splice(0, this.batches.length, ...kept);
  }

  /** Of the latest epoch with records that is not later; −1 and −1 where there is none. Of `ledIn` the end is the log's. */
  epochEnd(epoch: number, ledIn: number): { readonly leaderEpoch: number; readonly endOffset: number } {
    if (epoch === ledIn) return { leaderEpoch: epoch, endOffset: this.endOffset };
    const last = this.batches.findLast((batch) => partitionLeaderEpochOf(batch) <= epoch);
    const isKnown = last !== undefined && this.batches.some((batch) => partitionLeaderEpochOf(batch) >= epoch);
    if (last === undefined || (!isKnown && epoch > ledIn)) return { leaderEpoch: -1, endOffset: -1 };
    return { leaderEpoch: partitionLeaderEpochOf(last), endOffset: nextOffsetOf(last) };
  }

  /** The first record that is not older. */
  offsetFor(timestampMs: number): { readonly offset: number; readonly timestamp: number } {
    const found = this.batches.flatMap((batch) => decodeRecords(batch)).find(({ timestamp }) => timestamp >= timestampMs);
    return found ?? { offset: -1, timestamp: -1 };
  }

  /** Flips a bit in the value of the last record of the last batch. */
  damageLast(): void {
    const last = this.batches.at(-1);
    if (last !== undefined) last[last.length - 2] = (last[last.length - 2] ?? 0) ^ 1;
  }

  private judge(batch: Uint8Array): { readonly errorCode: number; readonly baseOffset: number } | undefined {
    const state = this.producers.get(producerIdOf(batch));
    if (producerIdOf(batch) < 0 || state === undefined) return undefined;
    const epoch = producerEpochOf(batch);
    const sequence = baseSequenceOf(batch);
    if (epoch < state.epoch) return { errorCode: ErrorCode.INVALID_PRODUCER_EPOCH, baseOffset: -1 };
    if (epoch > state.epoch) return sequence === 0 ? undefined : { errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1 };
    const known = state.recent.find((entry) => entry.sequence === sequence && entry.count === countOf(batch));
    if (known !== undefined) {
      this.duplicates++;
      return { errorCode: 0, baseOffset: known.baseOffset };
    }
    if (sequence === state.nextSequence) return undefined;
    return { errorCode: sequence < state.nextSequence ? ErrorCode.DUPLICATE_SEQUENCE_NUMBER : ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1 };
  }

  private remember(batch: Uint8Array, baseOffset: number): void {
    const id = producerIdOf(batch);
    if (id < 0) return;
    const epoch = producerEpochOf(batch);
    const before = this.producers.get(id);
    const entry = { sequence: baseSequenceOf(batch), count: countOf(batch), baseOffset };
    const recent = before?.epoch === epoch ? [...before.recent, entry].slice(-5) : [entry];
    this.producers.set(id, { epoch, nextSequence: entry.sequence + entry.count, recent });
  }
}
