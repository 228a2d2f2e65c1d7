import type { Micros } from "./brand.ts";

interface Entry<T> extends DeadlineHandle {
  readonly at: Micros;
  readonly value: T;
}

/** A handle to take a deadline back. */
export interface DeadlineHandle {
  readonly sequence: number;
  /** False once it has fired or was taken back. */
  isSet: boolean;
}

/** Deadlines taken back that may stay in the heap besides as many as are set. */
const CANCELLED_MAX = 64;

/** Deadlines ordered by (time, sequence of insertion), so that ties fire in the order they were set. */
export class DeadlineHeap<T> {
  private heap: Entry<T>[] = [];
  private nextSequence = 0;
  private setCount = 0;

  /** Deadlines that are set. */
  get size(): number {
    return this.setCount;
  }

  /** Entries in memory, with those that were taken back. */
  get footprint(): number {
    return this.heap.length;
  }

  add(at: Micros, value: T): DeadlineHandle {
    const entry = { at, sequence: this.nextSequence++, value, isSet: true };
    this.setCount++;
    this.heap.push(entry);
    this.siftUp(this.heap.length - 1);
    return entry;
  }

  /** Does nothing to a deadline that has fired or was taken back. It leaves the heap later, when many are to leave. */
  cancel(handle: DeadlineHandle): void {
    if (!handle.isSet) return;
    handle.isSet = false;
    this.setCount--;
    // Time-outs are mostly far away and taken back soon: they must not pile up until their time comes.
    if (this.heap.length > 2 * this.setCount + CANCELLED_MAX) this.compact();
  }

  nextAt(): Micros | undefined {
    this.dropCancelled();
    return this.heap[0]?.at;
  }

  /** Removes and returns the earliest value due at `nowUs`, if any. */
  popDue(nowUs: Micros): T | undefined {
    this.dropCancelled();
    const first = this.heap[0];
    if (first === undefined || first.at > nowUs) return undefined;
    first.isSet = false;
    this.setCount--;
    this.removeFirst();
    return first.value;
  }

  private compact(): void {
    this.heap = this.heap.filter((entry) => entry.isSet);
    for (let index = (this.heap.length >> 1) - 1; index >= 0; index--) this.siftDown(index);
  }

  private dropCancelled(): void {
    for (let first = this.heap[0]; first !== undefined && !first.isSet; first = this.heap[0]) this.removeFirst();
  }

  private removeFirst(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    this.heap[0] = last;
    this.siftDown(0);
  }

  private siftUp(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.isBefore(index, parent)) return;
      this.swap(index, parent);
      index = parent;
    }
  }

  private siftDown(start: number): void {
    let index = start;
    for (;;) {
      const left = 2 * index + 1;
      let smallest = index;
      if (left < this.heap.length && this.isBefore(left, smallest)) smallest = left;
      if (left + 1 < this.heap.length && this.isBefore(left + 1, smallest)) smallest = left + 1;
      if (smallest === index) return;
      this.swap(index, smallest);
      index = smallest;
    }
  }

  private isBefore(i: number, j: number): boolean {
    const a = this.heap[i] as Entry<T>;
    const b = this.heap[j] as Entry<T>;
    return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
  }

  private swap(i: number, j: number): void {
    const a = this.heap[i] as Entry<T>;
    this.heap[i] = this.heap[j] as Entry<T>;
    this.heap[j] = a;
  }
}
