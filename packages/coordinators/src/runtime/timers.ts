import { afterMs, type DeadlineHandle, DeadlineHeap, type Micros, type Now } from "@samsa/stdx";

interface Timer {
  readonly key: string;
  readonly handle: DeadlineHandle;
  readonly fire: (now: Now) => void;
}

/** Timers by name: one that is set again forgets its earlier time. They are in memory only, and begin anew where a coordinator is loaded. */
export class Timers {
  private readonly heap = new DeadlineHeap<string>();
  private readonly byKey = new Map<string, Timer>();

  get nextDeadlineUs(): Micros | undefined {
    return this.heap.nextAt();
  }

  schedule(key: string, delayMs: number, fire: (now: Now) => void, now: Now): void {
    this.cancel(key);
    this.byKey.set(key, { key, handle: this.heap.add(afterMs(now, delayMs), key), fire });
  }

  has(key: string): boolean {
    return this.byKey.has(key);
  }

  cancel(key: string): void {
    const timer = this.byKey.get(key);
    if (timer === undefined) return;
    this.heap.cancel(timer.handle);
    this.byKey.delete(key);
  }

  clear(): void {
    for (const key of this.byKey.keys()) this.cancel(key);
  }

  /** What fires may set timers anew, with no delay at all: those are for the next time, or nothing else would have its turn. */
  deadline(now: Now): void {
    const due: Timer[] = [];
    for (let key = this.heap.popDue(now.monotonicUs); key !== undefined; key = this.heap.popDue(now.monotonicUs)) {
      const timer = this.byKey.get(key);
      if (timer !== undefined) due.push(timer);
    }
    for (const timer of due) {
      // One that fired before it may have cancelled it, or set it anew.
      if (this.byKey.get(timer.key) !== timer) continue;
      this.byKey.delete(timer.key);
      timer.fire(now);
    }
  }
}
