import type { Micros } from "./brand.ts";

interface Entry<T> {
  readonly at: Micros;
  readonly sequence: number;
  readonly value: T;
}

/** A handle to take a deadline back. */
export type DeadlineHandle = { readonly sequence: number };

/** Deadlines ordered by (time, sequence of insertion), so that ties fire in the order they were set. */
export class DeadlineHeap<T> {
  private readonly heap: Entry<T>[] = [];
  private readonly cancelled = new Set<number>();
  private nextSequence = 0;

  get size(): number {
    return this.heap.length - this.cancelled.size;
  }

  add(at: Micros, value: T): DeadlineHandle {
    const entry = { at, sequence: this.nextSequence++, value };
    this.heap.push(entry);
    this.siftUp(this.heap.length - 1);
    return entry;
  }

  /** Taking back a deadline that has fired or was taken back is an error of the caller and does nothing. */
  cancel(handle: DeadlineHandle): void {
    if (this.heap.some((entry) => entry.sequence === handle.sequence)) this.cancelled.add(handle.sequence);
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
    this.removeFirst();
    return first.value;
  }

  private dropCancelled(): void {
    for (let first = this.heap[0]; first !== undefined && this.cancelled.delete(first.sequence); first = this.heap[0]) this.removeFirst();
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
