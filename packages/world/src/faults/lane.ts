import type { FaultTimer } from "./fault-timer.ts";

interface Item {
  readonly bytes: number;
  readonly pass: () => void;
  /** Its delay is over. */
  isRipe: boolean;
}

export interface LaneOptions {
  readonly timer: FaultTimer;
  /** Nothing passes while it is. */
  readonly isHeld: () => boolean;
  readonly delayMs: () => number;
  /** All that was in the lane has passed. */
  readonly emptied: () => void;
}

/** One direction of a connection: passes what comes in order, at once if nothing speaks against it. */
export class Lane {
  private readonly options: LaneOptions;
  private items: Item[] = [];
  private isPassing = false;
  /** Bytes that wait here. */
  bytes = 0;

  constructor(options: LaneOptions) {
    this.options = options;
  }

  get isEmpty(): boolean {
    return this.items.length === 0;
  }

  push(bytes: number, pass: () => void): void {
    const delayMs = this.options.delayMs();
    if (delayMs === 0 && this.isEmpty && !this.isPassing && !this.options.isHeld()) return pass();
    const item: Item = { bytes, pass, isRipe: delayMs === 0 };
    this.items.push(item);
    this.bytes += bytes;
    if (delayMs === 0) return;
    this.options.timer.after(delayMs, () => {
      item.isRipe = true;
      this.pump();
    });
  }

  /** Conditions may have changed. */
  pump(): void {
    if (this.isPassing || this.isEmpty) return;
    this.isPassing = true;
    for (let first = this.items[0]; first !== undefined && first.isRipe && !this.options.isHeld(); first = this.items[0]) {
      this.items.shift();
      this.bytes -= first.bytes;
      first.pass();
    }
    this.isPassing = false;
    if (this.isEmpty) this.options.emptied();
  }

  clear(): void {
    this.items = [];
    this.bytes = 0;
  }
}
