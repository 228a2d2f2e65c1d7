import type { Prng } from "@samsa/stdx";

/** Jitter of Kafka's exponential back-off: a fifth up or down, so that clients do not come back together. */
const JITTER_PERCENT = 20;
/** Doublings after which the maximum is certainly reached. */
const MAX_DOUBLINGS = 20;

/** Milliseconds to wait before attempt `failures + 1`: doubles from `initialMs` up to `maxMs`, with jitter (KIP-580). */
export class Backoff {
  private readonly prng: Prng;
  private readonly initialMs: number;
  private readonly maxMs: number;

  constructor(prng: Prng, initialMs: number, maxMs: number) {
    this.prng = prng;
    this.initialMs = initialMs;
    this.maxMs = maxMs;
  }

  /** `failures` ≥ 1: how many attempts in a row have failed. */
  delayMs(failures: number): number {
    const exact = Math.min(this.maxMs, this.initialMs * 2 ** Math.min(MAX_DOUBLINGS, Math.max(0, failures - 1)));
    return (exact * this.prng.between(100 - JITTER_PERCENT, 100 + JITTER_PERCENT)) / 100;
  }
}
