import type { Micros, Now } from "@samsa/stdx";
import { afterMs } from "@samsa/stdx";
import type { Backoff } from "../backoff.ts";

/**
 * When to ask for metadata: when somebody wants it and at the latest after its maximum age, one request at a time, and
 * with growing pauses while the answers fail or say nothing new.
 *
 * | state | on | to |
 * |---|---|---|
 * | resting | want, maximum age | wanted (not before the pause is over) |
 * | wanted | asked | asking |
 * | asking | news | resting, pause begins anew |
 * | asking | nothing new | resting, longer pause |
 * | asking | failure | wanted, longer pause |
 */
export class MetadataRefresh {
  private readonly backoff: Backoff;
  private readonly maxAgeMs: number;
  private isWanted = true;
  private isAsking = false;
  private fruitless = 0;
  private notBefore: Micros | undefined;
  private expiresAt: Micros | undefined;

  constructor(backoff: Backoff, maxAgeMs: number) {
    this.backoff = backoff;
    this.maxAgeMs = maxAgeMs;
  }

  want(): void {
    this.isWanted = true;
  }

  isDue(now: Now): boolean {
    if (this.expiresAt !== undefined && this.expiresAt <= now.monotonicUs) this.isWanted = true;
    return this.isWanted && !this.isAsking && (this.notBefore === undefined || this.notBefore <= now.monotonicUs);
  }

  asked(): void {
    this.isAsking = true;
    this.isWanted = false;
  }

  succeeded(isNews: boolean, now: Now): void {
    this.isAsking = false;
    this.fruitless = isNews ? 1 : this.fruitless + 1;
    this.notBefore = afterMs(now, this.backoff.delayMs(this.fruitless));
    this.expiresAt = afterMs(now, this.maxAgeMs);
  }

  failed(now: Now): void {
    this.isAsking = false;
    this.isWanted = true;
    this.fruitless++;
    this.notBefore = afterMs(now, this.backoff.delayMs(this.fruitless));
  }

  nextDeadline(now: Now): Micros | undefined {
    if (this.isAsking) return undefined;
    if (!this.isWanted) return this.expiresAt;
    return this.notBefore !== undefined && this.notBefore > now.monotonicUs ? this.notBefore : undefined;
  }
}
