import { incrementSequence } from "@samsa/protocol/records";
import { invariant, leaderEpoch, offset, type Prng } from "@samsa/stdx";
import { batchIds, produced, stored } from "./batches.ts";
import { type LogHarness, NOW } from "./log-harness.ts";

/** A log as an array of batches: what the files must come to. */
export interface ModelLog {
  readonly startOffset: number;
  readonly batches: readonly string[];
}

/** Random calls of a log, and a model of what it holds after each. */
export class RandomWork {
  readonly history: ModelLog[];
  private readonly harness: LogHarness;
  private readonly prng: Prng;
  private readonly deletes: boolean;
  private epoch: number;
  private nextValue = 0;
  private readonly producers = new Map<number, { epoch: number; next: number }>();

  /** `from`: what the log holds already. `deletes`: records at its begin are deleted, too, which the model keeps. */
  constructor(harness: LogHarness, prng: Prng, from: ModelLog = { startOffset: 0, batches: [] }, deletes = false) {
    this.deletes = deletes;
    this.harness = harness;
    this.prng = prng;
    this.history = [from];
    this.epoch = Math.max(0, ...harness.log.epochEntries.map(({ epoch }) => epoch));
  }

  /** As whoever leads next does; `before` is not forgotten with the records. */
  newEpoch(before?: RandomWork): void {
    this.epoch = Math.max(this.epoch, before?.epoch ?? 0);
    this.elect();
  }

  get model(): ModelLog {
    return this.history.at(-1) as ModelLog;
  }

  /** One random call; true if it changed what the log holds. */
  act(): void {
    const kind = this.prng.below(this.deletes ? 26 : 20);
    if (kind < 8) this.append();
    else if (kind < 12) this.fetch();
    else if (kind < 15) this.truncate();
    else if (kind < 16) this.restart();
    else if (kind < 18) this.harness.log.sync(NOW);
    else if (kind < 20) this.elect();
    else if (kind < 22) this.moveStart();
    else this.retain();
  }

  private moveStart(): void {
    const { log } = this.harness;
    if (log.writtenEnd < log.logStartOffset) return;
    log.moveStartTo(offset(this.prng.between(log.logStartOffset, log.writtenEnd)), NOW);
  }

  private retain(): void {
    const { log } = this.harness;
    log.retain(offset(this.prng.below(2) === 0 ? log.writtenEnd : this.prng.between(0, log.writtenEnd)), NOW);
  }

  private record(model: ModelLog): void {
    this.history.push(model);
  }

  private elect(): void {
    this.epoch++;
    this.harness.log.assignEpoch(leaderEpoch(this.epoch));
  }

  private append(): void {
    const { log } = this.harness;
    const batch = produced({ count: this.prng.between(1, 3), value: `${this.nextValue++}`.repeat(this.prng.between(1, 30)), ...this.producer() });
    const result = log.appendAsLeader(batch, leaderEpoch(this.epoch), NOW);
    // A producer whose state was truncated away may be out of order here: then nothing is appended.
    if (result.type === "appended") this.record({ ...this.model, batches: [...this.model.batches, ...batchIds(batch)] });
  }

  private fetch(): void {
    const { log } = this.harness;
    const batches: Uint8Array[] = [];
    let baseOffset: number = log.appendedEnd;
    for (let left = this.prng.between(1, 3); left > 0; left--) {
      const count = this.prng.between(1, 3);
      batches.push(stored({ count, value: `${this.nextValue++}`.repeat(this.prng.between(1, 30)), baseOffset, epoch: this.epoch, ...this.producer() }));
      baseOffset += count;
    }
    const frame = joined(batches);
    const isCut = this.prng.below(3) === 0;
    const result = log.appendAsFollower(isCut ? frame.subarray(0, frame.length - 5) : frame, NOW);
    if (result.type === "rejected" && log.isFull) return;
    invariant(result.type === "appended", "a sound fetch is taken", { result });
    const taken = isCut ? batches.slice(0, -1) : batches;
    this.record({ ...this.model, batches: [...this.model.batches, ...taken.flatMap(batchIds)] });
  }

  private truncate(): void {
    const { log } = this.harness;
    const to = this.prng.between(log.logStartOffset, log.appendedEnd);
    // What stands there may have to be read first: whoever truncates asks again.
    if (!log.truncateTo(offset(to), "the test says so")) return;
    const kept = this.model.batches.filter((id) => Number(/-(\d+) /.exec(id)?.[1]) <= to);
    this.record({ ...this.model, batches: kept });
    this.epoch++;
    log.assignEpoch(leaderEpoch(this.epoch));
  }

  private restart(): void {
    const { log } = this.harness;
    const startOffset = log.appendedEnd + this.prng.between(0, 3);
    log.truncateFullyAndStartAt(offset(startOffset));
    this.record({ startOffset, batches: [] });
  }

  private producer(): { producerId?: number; producerEpoch?: number; baseSequence?: number } {
    if (this.prng.below(2) === 0) return {};
    const producerId = this.prng.between(0, 2);
    const state = this.producers.get(producerId) ?? { epoch: 0, next: 0 };
    if (this.prng.below(10) === 0) {
      state.epoch++;
      state.next = 0;
    }
    this.producers.set(producerId, state);
    const baseSequence = state.next;
    state.next = incrementSequence(state.next, 1);
    return { producerId, producerEpoch: state.epoch, baseSequence };
  }
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Whether `log` is what `whole` once was, or a part of it from the start. */
export function isPrefix(log: ModelLog, whole: ModelLog): boolean {
  return log.startOffset === whole.startOffset && log.batches.length <= whole.batches.length && log.batches.every((id, index) => id === whole.batches[index]);
}

export function modelOf(harness: LogHarness): ModelLog {
  return { startOffset: harness.log.logStartOffset, batches: batchIds(harness.readAll()) };
}

/** Whether `log` is what `whole` once was, or a part of it, from a later start than that one's to an earlier end. */
export function isPart(log: ModelLog, whole: ModelLog): boolean {
  const rest = whole.batches.filter((id) => endOf(id) > log.startOffset);
  return log.startOffset >= whole.startOffset && log.batches.length <= rest.length && log.batches.every((id, index) => id === rest[index]);
}

export const endOf = (id: string): number => Number(/-(\d+) /.exec(id)?.[1]);

/** Of the batches of a model, how many end at or before `end`. */
export function countBelow(model: ModelLog, end: number): number {
  return model.batches.filter((id) => Number(/-(\d+) /.exec(id)?.[1]) <= end).length;
}
