import type { FaultTimer } from "../../src/index.ts";

/** Time that a test moves. */
export class ManualTimer implements FaultTimer {
  nowMs = 0;
  private timers: { readonly atMs: number; readonly run: () => void }[] = [];

  after(delayMs: number, run: () => void): void {
    this.timers.push({ atMs: this.nowMs + delayMs, run });
  }

  advance(ms: number): void {
    this.nowMs += ms;
    for (let due = this.next(); due !== undefined; due = this.next()) due.run();
  }

  private next(): { readonly run: () => void } | undefined {
    const due = this.timers
      .filter(({ atMs }) => atMs <= this.nowMs)
      .reduce<(typeof this.timers)[number] | undefined>((best, one) => (best === undefined || one.atMs < best.atMs ? one : best), undefined);
    this.timers = this.timers.filter((timer) => timer !== due);
    return due;
  }
}
