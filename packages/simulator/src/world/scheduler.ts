import { invariant } from "@samsa/stdx";
import type { Task } from "./process.ts";
import type { TraceHash } from "./trace-hash.ts";

/** Events in one microsecond after which the world is stuck: some machine asks for a deadline that has always passed. */
const EVENTS_AT_ONE_INSTANT_MAX = 1_000_000;

/**
 * Virtual time, and all that will happen in it, ordered by (time, sequence): one binary heap in parallel arrays, and a
 * queue for what happens at the present instant (a node's turns), which needs no heap: its sequence numbers ascend.
 */
export class Scheduler {
  private time = 0;
  private fired = 0;
  private firedAtThisInstant = 0;
  private nextSequence = 0;
  private readonly hash: TraceHash;

  private size = 0;
  private times = new Float64Array(1024);
  private sequences = new Float64Array(1024);
  private tasks: Task[] = [];

  /** Ready tasks are `[readyHead, readyTail)`; the arrays never shrink, for they fill and empty at every instant. */
  private readonly ready: Task[] = [];
  private readonly readySequences: number[] = [];
  private readyHead = 0;
  private readyTail = 0;

  constructor(hash: TraceHash) {
    this.hash = hash;
  }

  /** Microseconds since the world's start. */
  get nowUs(): number {
    return this.time;
  }

  /** Events fired so far. */
  get events(): number {
    return this.fired;
  }

  /** Events to come. */
  get pending(): number {
    return this.size + this.readyTail - this.readyHead;
  }

  /** A time that has passed means now; never inside the call. */
  schedule(atUs: number, task: Task): void {
    if (atUs > this.time) return this.push(atUs, task);
    this.ready[this.readyTail] = task;
    this.readySequences[this.readyTail++] = this.nextSequence++;
  }

  /** Fires all that is due up to and at `untilUs`, which is then the present. */
  runUntil(untilUs: number): void {
    while (this.fireNext(untilUs));
    if (untilUs > this.time) this.advance(untilUs);
  }

  /** Runs while `predicate` holds, at most until `limitUs`; false if the limit came first. */
  runWhile(predicate: () => boolean, limitUs: number): boolean {
    while (predicate()) {
      if (this.fireNext(limitUs)) continue;
      if (limitUs > this.time) this.advance(limitUs);
      return !predicate();
    }
    return true;
  }

  private fireNext(limitUs: number): boolean {
    const task = this.takeNext(limitUs);
    if (task === undefined) return false;
    this.fired++;
    this.firedAtThisInstant++;
    invariant(this.firedAtThisInstant < EVENTS_AT_ONE_INSTANT_MAX, "the world's time advances", { nowUs: this.time });
    this.hash.mix(this.time);
    if (task.process === undefined) task.fire();
    else task.process.deliver(task);
    return true;
  }

  private takeNext(limitUs: number): Task | undefined {
    const isReady = this.readyHead < this.readyTail;
    if (this.size > 0) {
      const at = this.times[0] as number;
      const isBeforeReady = !isReady || (at === this.time && (this.sequences[0] as number) < (this.readySequences[this.readyHead] as number));
      if (isBeforeReady) {
        if (at > limitUs) return undefined;
        if (at > this.time) this.advance(at);
        return this.popHeap();
      }
    }
    return isReady && this.time <= limitUs ? this.popReady() : undefined;
  }

  private advance(toUs: number): void {
    this.time = toUs;
    this.firedAtThisInstant = 0;
  }

  private popReady(): Task {
    const task = this.ready[this.readyHead++] as Task;
    if (this.readyHead === this.readyTail) {
      this.readyHead = 0;
      this.readyTail = 0;
    }
    return task;
  }

  private push(atUs: number, task: Task): void {
    if (this.size === this.times.length) this.grow();
    const { times, sequences, tasks } = this;
    let index = this.size++;
    // A new entry has the highest sequence: it stays behind its equals.
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if ((times[parent] as number) <= atUs) break;
      times[index] = times[parent] as number;
      sequences[index] = sequences[parent] as number;
      tasks[index] = tasks[parent] as Task;
      index = parent;
    }
    times[index] = atUs;
    sequences[index] = this.nextSequence++;
    tasks[index] = task;
  }

  private popHeap(): Task {
    const { tasks } = this;
    const first = tasks[0] as Task;
    const last = --this.size;
    const moved = tasks.pop() as Task;
    if (last > 0) this.siftDown(this.times[last] as number, this.sequences[last] as number, moved);
    return first;
  }

  private siftDown(at: number, sequence: number, task: Task): void {
    const { times, sequences, tasks, size } = this;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (child + 1 < size && this.isBefore(child + 1, times[child] as number, sequences[child] as number)) child++;
      if (!this.isBefore(child, at, sequence)) break;
      times[index] = times[child] as number;
      sequences[index] = sequences[child] as number;
      tasks[index] = tasks[child] as Task;
      index = child;
    }
    times[index] = at;
    sequences[index] = sequence;
    tasks[index] = task;
  }

  private isBefore(index: number, at: number, sequence: number): boolean {
    const time = this.times[index] as number;
    return time < at || (time === at && (this.sequences[index] as number) < sequence);
  }

  private grow(): void {
    const times = new Float64Array(this.times.length * 2);
    times.set(this.times);
    const sequences = new Float64Array(times.length);
    sequences.set(this.sequences);
    this.times = times;
    this.sequences = sequences;
  }
}
