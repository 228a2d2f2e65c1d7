import { type DeadlineHandle, DeadlineHeap, type Micros, type Now } from "@samsa/stdx";

/** A fetch that found too little and waits for more. */
export interface ParkedFetch {
  /** Looks again; true if it answered. With `isLast` it must answer. */
  readonly tryAnswer: (isLast: boolean, now: Now) => boolean;
  deadline: DeadlineHandle | undefined;
}

/** What has happened to a partition: records, committed records, a later start, or whatever else may change an answer. */
export type Wake = "append" | "high-watermark" | "log-start" | "state";

/** Somebody who is told what happens to partitions, whether or not a fetch is parked. */
export interface PartitionWatcher {
  /** The parked fetch that is to be looked at because of it, if there is one. */
  changed(key: string, why: Wake): ParkedFetch | undefined;
}

/** More than connections and their pipelines bring in earnest; a fetch beyond it is answered with what there is. */
const MAX_PARKED_FETCHES = 100_000;

/** Fetches that wait for records, answered at most once a turn however much was appended in it. */
export class FetchPurgatory {
  private readonly watchers = new Map<string, Set<PartitionWatcher>>();
  private readonly deadlines = new DeadlineHeap<ParkedFetch>();
  private readonly woken = new Set<ParkedFetch>();
  private readonly maxParked: number;

  constructor(maxParked = MAX_PARKED_FETCHES) {
    this.maxParked = maxParked;
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.deadlines.nextAt();
  }

  /** Fetches that wait. */
  get size(): number {
    return this.deadlines.size;
  }

  /** Partitions that somebody is told of. */
  get watchedPartitions(): number {
    return this.watchers.size;
  }

  watch(key: string, watcher: PartitionWatcher): void {
    const known = this.watchers.get(key);
    if (known === undefined) this.watchers.set(key, new Set([watcher]));
    else known.add(watcher);
  }

  unwatch(key: string, watcher: PartitionWatcher): void {
    const known = this.watchers.get(key);
    known?.delete(watcher);
    if (known?.size === 0) this.watchers.delete(key);
  }

  /** False if there is no room: it must be answered now. For followers there always is: they are few, and would ask again without a pause. */
  park(fetch: ParkedFetch, deadlineUs: Micros, by: "consumer" | "replica"): boolean {
    if (by === "consumer" && this.size >= this.maxParked) return false;
    fetch.deadline = this.deadlines.add(deadlineUs, fetch);
    return true;
  }

  /** Something happened to a partition; who waits for it is looked at once, at the end of the turn. */
  wake(key: string, why: Wake): void {
    const watchers = this.watchers.get(key);
    if (watchers === undefined) return;
    for (const watcher of watchers) {
      const fetch = watcher.changed(key, why);
      if (fetch !== undefined) this.woken.add(fetch);
    }
  }

  /** Answers a parked fetch with what there is. */
  answerNow(fetch: ParkedFetch, now: Now): void {
    if (!this.remove(fetch)) return;
    fetch.tryAnswer(true, now);
  }

  /** The connection has gone: nobody waits for the answer. False if it did not wait. */
  remove(fetch: ParkedFetch): boolean {
    if (fetch.deadline === undefined) return false;
    this.deadlines.cancel(fetch.deadline);
    fetch.deadline = undefined;
    return true;
  }

  endTurn(now: Now): void {
    if (this.woken.size > 0) this.answerWoken(now);
    for (let fetch = this.deadlines.popDue(now.monotonicUs); fetch !== undefined; fetch = this.deadlines.popDue(now.monotonicUs)) {
      fetch.deadline = undefined;
      fetch.tryAnswer(true, now);
    }
  }

  private answerWoken(now: Now): void {
    for (const fetch of this.woken) {
      if (fetch.deadline !== undefined && fetch.tryAnswer(false, now)) this.remove(fetch);
    }
    this.woken.clear();
  }
}
