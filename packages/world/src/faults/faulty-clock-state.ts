import type { Micros, Now } from "@samsa/stdx";
import { micros, wallMs } from "@samsa/stdx";

const PPM = 1_000_000;

/** How a node's clocks differ from its world's: a line from true to shown monotonic time, and an offset of the wall clock. */
export class FaultyClockState {
  private trueUs = 0;
  private shownUs = 0;
  private driftPpm = 0;
  private wallOffsetMs = 0;
  private readTrue: (() => Micros) | undefined;
  private changed: (() => void) | undefined;

  /** The clock that shows this state; `changed` is told when deadlines come at other times. */
  attach(readTrue: () => Micros, changed: () => void): void {
    this.readTrue = readTrue;
    this.changed = changed;
  }

  change(jumpMs: number, driftPpm: number): void {
    this.wallOffsetMs += jumpMs;
    if (driftPpm === this.driftPpm) return;
    const now = this.readTrue?.() ?? micros(0);
    // The shown time goes on from where it is: a monotonic clock never jumps.
    this.shownUs = this.shown(now);
    this.trueUs = now;
    this.driftPpm = driftPpm;
    this.changed?.();
  }

  show(now: Now): Now {
    return { monotonicUs: this.shown(now.monotonicUs), wallMs: wallMs(now.wallMs + this.wallOffsetMs) };
  }

  /** The first true time at which the clock shows `shownUs` or more. */
  trueTime(shownUs: Micros): Micros {
    return micros(Math.ceil(this.trueUs + ((shownUs - this.shownUs) * PPM) / (PPM + this.driftPpm)));
  }

  private shown(trueUs: Micros): Micros {
    return micros(this.shownUs + Math.floor(((trueUs - this.trueUs) * (PPM + this.driftPpm)) / PPM));
  }
}
