import type { Micros, Now } from "@samsa/stdx";
import { micros, wallMs } from "@samsa/stdx";
import type { ClockPort, FaultTimer } from "@samsa/world";
import { clearTimeout, monotonicMs, setImmediate, setTimeout, wallClockMs } from "./timers.ts";

/** The longest that `setTimeout` can wait; a later deadline is looked at again then. */
const TIMER_MS_MAX = 0x7fff_ffff;

/** Time since the world's start, and one timer for the whole node. */
export class NodeClock implements ClockPort {
  private readonly startMs = monotonicMs();
  private wanted: { readonly at: Micros; readonly wake: () => void } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private timerAt = 0;
  private isClosed = false;

  now(): Now {
    return { monotonicUs: this.monotonicUs(), wallMs: wallMs(wallClockMs()) };
  }

  wakeAt(at: Micros, wake: () => void): void {
    if (this.isClosed) return;
    this.wanted = { at, wake };
    // Deadlines mostly move later: a timer that comes too early is cheaper left alone than replaced each turn.
    if (this.timer === undefined || at < this.timerAt) this.arm(at);
  }

  soon(turn: () => void): void {
    // After the poll phase: everything the system had ready has been handed over.
    setImmediate(() => {
      if (!this.isClosed) turn();
    });
  }

  close(): void {
    this.isClosed = true;
    this.wanted = undefined;
    clearTimeout(this.timer);
  }

  private monotonicUs(): Micros {
    return micros(Math.floor((monotonicMs() - this.startMs) * 1000));
  }

  private arm(at: Micros): void {
    clearTimeout(this.timer);
    this.timerAt = at;
    const delayMs = Math.ceil((at - this.monotonicUs()) / 1000);
    this.timer = setTimeout(this.onTimer, Math.min(Math.max(delayMs, 0), TIMER_MS_MAX));
  }

  private readonly onTimer = (): void => {
    this.timer = undefined;
    const { wanted } = this;
    if (wanted === undefined) return;
    // Node's timers count whole milliseconds of the loop's own time, so they may come a fraction early.
    if (this.monotonicUs() < wanted.at) return this.arm(wanted.at);
    this.wanted = undefined;
    wanted.wake();
  };
}

/** Timers for injected faults, apart from the node's one deadline. They do not keep the process alive. */
export const nodeFaultTimer: FaultTimer = { after: (delayMs, run) => void setTimeout(run, delayMs).unref() };
