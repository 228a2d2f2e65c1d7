import { CommandLog } from "@samsa/command-log";
import type { ErrorName } from "@samsa/protocol";
import { afterMs, type DeadlineHandle, DeadlineHeap, invariant, type Micros, type Now, offset, type Offset } from "@samsa/stdx";
import type { CoordinatorLog } from "./coordinator-log.ts";

/** Called once: undefined when what was written is committed, else why nobody may count on it. */
export type Settled = (error: ErrorName | undefined, now: Now) => void;

export interface CoordinatorShardOptions<State, Rec> {
  readonly initial: State;
  /** Pure; the state after one batch. */
  readonly replay: (state: State, records: readonly Rec[]) => State;
  readonly log: CoordinatorLog<Rec>;
  /** So long a write may take until it counts as failed for who waits (`offsets.commit.timeout.ms`). */
  readonly writeTimeoutMs: number;
}

/** Answers that may wait for one partition. Beyond that a client is told to come again. */
export const WAITING_REPLIES_MAX = 50_000;

interface Waiting {
  settled: Settled | undefined;
  deadline: DeadlineHandle | undefined;
}

interface Written<Rec> {
  readonly endOffset: Offset;
  readonly records: readonly Rec[];
}

/**
 * One partition of a coordinator's topic on its leader, in one leader epoch: what is decided here becomes records, and an answer leaves when the high
 * watermark has passed them (Kafka's CoordinatorRuntime). It ends with its epoch; the next one loads anew.
 *
 * | state | loaded | opened | write | committedTo | close |
 * |---|---|---|---|---|---|
 * | loading | replay | → active | invariant | – | → closed |
 * | active | invariant | – | append, replay speculatively, hold the answer | answers below it leave | → closed: waiting answers fail |
 * | closed | – | – | NOT_COORDINATOR | – | – |
 *
 * Invariants: the committed state is the replay of the log below the high watermark, onto what it was opened with, the speculative one of what is appended,
 * too; an answer never tells of a state that may still be lost.
 */
export class CoordinatorShard<State, Rec> {
  private readonly options: CoordinatorShardOptions<State, Rec>;
  private readonly log: CommandLog<State, Rec, Waiting>;
  private readonly deadlines = new DeadlineHeap<Waiting>();
  private readonly written: Written<Rec>[] = [];
  /** As far as it is loaded; the log has it when it is opened. */
  private loading: State;
  private loadedEnd = offset(0);
  private isOpened = false;
  private isClosed = false;
  private isSettling = false;

  constructor(options: CoordinatorShardOptions<State, Rec>) {
    this.options = options;
    this.loading = options.initial;
    this.log = new CommandLog({
      initial: options.initial,
      replay: (state, records) => ({ state: options.replay(state, records), change: undefined }),
      maxWaitingReplies: WAITING_REPLIES_MAX,
    });
  }

  get isActive(): boolean {
    return this.log.isLeading;
  }

  /** What is decided on: with everything that was written here. */
  get state(): State {
    return this.isOpened ? this.log.speculative : this.loading;
  }

  get committedState(): State {
    return this.isOpened ? this.log.committed : this.loading;
  }

  /** Answers that wait for commits. */
  get waiting(): number {
    return this.deadlines.size;
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.deadlines.nextAt();
  }

  /** The next committed batch of the log; `endOffset` is the offset after it. */
  loaded(records: readonly Rec[], endOffset: Offset): void {
    invariant(!this.isOpened && !this.isClosed, "a coordinator's log is loaded before it is served", { endOffset });
    invariant(endOffset > this.loadedEnd, "batches are loaded in their order", { endOffset, loaded: this.loadedEnd });
    this.loading = this.options.replay(this.loading, records);
    this.loadedEnd = endOffset;
  }

  /** Everything below the start of this leader epoch is replayed. `state`: what is gone on from, where that is not all that is loaded. */
  opened(state: State = this.loading): void {
    invariant(!this.isClosed && !this.isOpened, "a shard is opened once, and not when it is closed", {});
    this.isOpened = true;
    if (this.loadedEnd > 0) this.log.restore(state, this.loadedEnd);
    this.log.lead();
  }

  /** Writes what was decided on `state`. Nothing is changed where the log takes nothing; that is told at once. */
  write(records: readonly Rec[], settled: Settled, now: Now): void {
    if (this.isClosed) return settled("NOT_COORDINATOR", now);
    if (records.length === 0) return this.afterWrites(settled, now);
    if (this.log.isFull) return settled("COORDINATOR_NOT_AVAILABLE", now);
    const appended = this.options.log.append(records, now);
    if (appended.type === "failed") return settled(appended.error, now);
    this.log.submit({ records, reply: this.wait(settled, now) });
    for (const { batch } of this.log.takeProposals()) this.log.proposed(batch, appended.endOffset);
    this.written.push({ endOffset: appended.endOffset, records });
  }

  /** For an answer that rests on `state`: at once where all of it is committed. */
  afterWrites(settled: Settled, now: Now): void {
    if (this.isClosed) return settled("NOT_COORDINATOR", now);
    if (this.written.length === 0) return settled(undefined, now);
    if (this.log.isFull) return settled("COORDINATOR_NOT_AVAILABLE", now);
    this.log.submit({ records: [], reply: this.wait(settled, now) });
  }

  /** The high watermark has come so far. */
  committedTo(highWatermark: Offset, now: Now): void {
    if (this.isSettling || this.isClosed) return;
    this.isSettling = true;
    for (let next = this.written[0]; next !== undefined && next.endOffset <= highWatermark; next = this.written[0]) {
      this.written.shift();
      this.log.commit({ index: next.endOffset, epoch: 0, records: next.records });
      // One batch's answers before the next batch: what an answer leads to is written behind all that is written.
      this.settle(undefined, now);
    }
    this.isSettling = false;
  }

  deadline(now: Now): void {
    for (let late = this.deadlines.popDue(now.monotonicUs); late !== undefined; late = this.deadlines.popDue(now.monotonicUs)) {
      const { settled } = late;
      late.settled = undefined;
      settled?.("REQUEST_TIMED_OUT", now);
    }
  }

  /** The leadership is over, or the partition is gone. Nothing that was not committed is known to be so. */
  close(now: Now): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.written.length = 0;
    this.log.resign((waiting) => waiting);
    this.settle("NOT_COORDINATOR", now);
  }

  private wait(settled: Settled, now: Now): Waiting {
    const waiting: Waiting = { settled, deadline: undefined };
    waiting.deadline = this.deadlines.add(afterMs(now, this.options.writeTimeoutMs), waiting);
    return waiting;
  }

  private settle(error: ErrorName | undefined, now: Now): void {
    for (const waiting of this.log.takeReplies()) {
      const { settled, deadline } = waiting;
      if (settled === undefined) continue;
      if (deadline !== undefined) this.deadlines.cancel(deadline);
      waiting.settled = undefined;
      settled(error, now);
    }
  }
}
