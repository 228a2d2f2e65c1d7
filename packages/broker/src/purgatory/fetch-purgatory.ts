import { type DeadlineHandle, DeadlineHeap, type Micros, type Now } from "@samsa/stdx";

/** A fetch that found too little and waits for more. */
export interface ParkedFetch {
  /** Keys of the partitions it asks for. */
  readonly partitions: readonly string[];
  /** True where only committed records count: such a fetch is woken by the high watermark, not by an append. */
  readonly isConsumer: boolean;
  /** Looks again; true if it answered. With `isLast` it must answer. */
  readonly tryAnswer: (isLast: boolean, now: Now) => boolean;
  deadline: DeadlineHandle | undefined;
}

export type Wake = "append" | "high-watermark" | "state";

/** Fetches that wait for records, answered at most once a turn however much was appended in it. */
export class FetchPurgatory {
  private readonly byPartition = new Map<string, Set<ParkedFetch>>();
  private readonly deadlines = new DeadlineHeap<ParkedFetch>();
  private readonly woken = new Set<ParkedFetch>();

  get nextDeadlineUs(): Micros | undefined {
    return this.deadlines.nextAt();
  }

  /** Partitions that somebody waits for. */
  get size(): number {
    return this.byPartition.size;
  }

  park(fetch: ParkedFetch, deadlineUs: Micros): void {
    fetch.deadline = this.deadlines.add(deadlineUs, fetch);
    for (const key of fetch.partitions) {
      const waiting = this.byPartition.get(key) ?? new Set();
      waiting.add(fetch);
      this.byPartition.set(key, waiting);
    }
  }

  /** Something happened to a partition; who waits for it is looked at once, at the end of the turn. */
  wake(key: string, why: Wake): void {
    const waiting = this.byPartition.get(key);
    if (waiting === undefined) return;
    for (const fetch of waiting) {
      if (why === "state" || fetch.isConsumer === (why === "high-watermark")) this.woken.add(fetch);
    }
  }

  /** Answers a parked fetch with what there is. */
  answerNow(fetch: ParkedFetch, now: Now): void {
    this.remove(fetch);
    fetch.tryAnswer(true, now);
  }

  /** The connection has gone: nobody waits for the answer. */
  remove(fetch: ParkedFetch): void {
    if (fetch.deadline === undefined) return;
    this.deadlines.cancel(fetch.deadline);
    this.forget(fetch);
  }

  endTurn(now: Now): void {
    if (this.woken.size > 0) this.answerWoken(now);
    for (let fetch = this.deadlines.popDue(now.monotonicUs); fetch !== undefined; fetch = this.deadlines.popDue(now.monotonicUs)) {
      this.forget(fetch);
      fetch.tryAnswer(true, now);
    }
  }

  private answerWoken(now: Now): void {
    for (const fetch of this.woken) {
      if (fetch.deadline !== undefined && fetch.tryAnswer(false, now)) this.remove(fetch);
    }
    this.woken.clear();
  }

  private forget(fetch: ParkedFetch): void {
    fetch.deadline = undefined;
    for (const key of fetch.partitions) {
      const waiting = this.byPartition.get(key);
      waiting?.delete(fetch);
      if (waiting?.size === 0) this.byPartition.delete(key);
    }
  }
}
