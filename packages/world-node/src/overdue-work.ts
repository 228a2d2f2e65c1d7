import { monotonicMs } from "./timers.ts";

/** Threads take longer for a write or a sync of a volume that hangs, or is about to. */
export const OVERDUE_MS = 100;

interface Begun {
  readonly atMs: number;
}

/** What threads have under way in one log directory, and whether some of it takes too long. */
export class OverdueWork {
  /** The oldest first. */
  private readonly underWay = new Set<Begun>();
  private readonly clockMs: () => number;

  constructor(clockMs = monotonicMs) {
    this.clockMs = clockMs;
  }

  get isOverdue(): boolean {
    const [oldest] = this.underWay;
    return oldest !== undefined && this.clockMs() - oldest.atMs >= OVERDUE_MS;
  }

  /** Counts what begins now until `done` of what it returns, which passes the outcome on. */
  watch<Outcome>(done: (outcome: Outcome) => void): (outcome: Outcome) => void {
    const begun: Begun = { atMs: this.clockMs() };
    this.underWay.add(begun);
    return (outcome) => {
      this.underWay.delete(begun);
      done(outcome);
    };
  }
}
