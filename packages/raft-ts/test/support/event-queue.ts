interface Event {
  readonly atUs: number;
  readonly sequence: number;
  readonly run: () => void;
}

/** More events than any test needs in one stretch: a machine that wakes itself without end is caught here. */
const EVENTS_MAX = 3_000_000;

/** Virtual time: events in order of (time, sequence of insertion), a binary heap. */
export class EventQueue {
  private readonly heap: Event[] = [];
  private sequence = 0;
  nowUs = 0;

  at(atUs: number, run: () => void): void {
    const event = { atUs: Math.max(atUs, this.nowUs), sequence: this.sequence++, run };
    let index = this.heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.isBefore(event, this.get(parent))) break;
      this.heap[index] = this.get(parent);
      index = parent;
    }
    this.heap[index] = event;
  }

  after(delayUs: number, run: () => void): void {
    this.at(this.nowUs + delayUs, run);
  }

  /** Runs the events up to `untilUs`, or until `isDone` says so after one of them. */
  run(untilUs: number, isDone: () => boolean = () => false): boolean {
    let events = 0;
    for (let first = this.heap[0]; first !== undefined && first.atUs <= untilUs; first = this.heap[0]) {
      if (++events > EVENTS_MAX) throw new Error(`time stands still at ${this.nowUs} µs`);
      this.removeFirst();
      this.nowUs = first.atUs;
      first.run();
      if (isDone()) return true;
    }
    this.nowUs = untilUs;
    return isDone();
  }

  private removeFirst(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    let index = 0;
    for (let child = 1; child < this.heap.length; child = 2 * index + 1) {
      if (child + 1 < this.heap.length && this.isBefore(this.get(child + 1), this.get(child))) child++;
      if (!this.isBefore(this.get(child), last)) break;
      this.heap[index] = this.get(child);
      index = child;
    }
    this.heap[index] = last;
  }

  private get(index: number): Event {
    const event = this.heap[index];
    if (event === undefined) throw new RangeError("outside the heap");
    return event;
  }

  private isBefore(a: Event, b: Event): boolean {
    return a.atUs < b.atUs || (a.atUs === b.atUs && a.sequence < b.sequence);
  }
}
