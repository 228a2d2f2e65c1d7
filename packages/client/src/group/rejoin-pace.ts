import { afterMs, type Micros, type Now } from "@samsa/stdx";
import type { Backoff } from "../backoff.ts";

/** When a member asks for its place again that it did not get, or has lost. */
export class RejoinPace {
  private readonly backoff: Backoff;
  /** Since it last had an assignment. */
  private failures = 0;

  constructor(backoff: Backoff) {
    this.backoff = backoff;
  }

  /** It has an assignment. */
  reset(): void {
    this.failures = 0;
  }

  /** After a pause, the longer the more often it came no further. */
  later(now: Now): Micros {
    this.failures++;
    return afterMs(now, this.backoff.delayMs(this.failures));
  }

  /** The group waits for it: at once (undefined) the first time, but not again and again. */
  soon(now: Now): Micros | undefined {
    if (this.failures > 0) return this.later(now);
    this.failures++;
    return undefined;
  }
}
