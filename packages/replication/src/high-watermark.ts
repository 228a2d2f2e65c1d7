import { invariant, type Now, type Offset, offset } from "@samsa/stdx";
import type { ReplicaLog } from "./replica-log.ts";

/**
 * A replica's knowledge of what is committed; it outlives roles. logStartOffset ≤ value ≤ writtenEnd, and it goes back only where the
 * log itself is cut below it.
 */
export class HighWatermark {
  private readonly log: ReplicaLog;
  private readonly moved: (value: Offset, now: Now, hasFallen: boolean) => void;
  private current = offset(0);

  constructor(log: ReplicaLog, moved: (value: Offset, now: Now, hasFallen: boolean) => void) {
    this.log = log;
    this.moved = moved;
  }

  get value(): Offset {
    return this.current;
  }

  /** Does nothing where it is there already: a new leader begins with what it knew, which may be more than it can prove yet. */
  advanceTo(to: Offset, now: Now): void {
    if (to > this.current) this.set(to, now);
  }

  /** What lies before the log's start was committed and then deleted. */
  raiseToLogStart(now: Now): void {
    this.advanceTo(this.log.logStartOffset, now);
  }

  /** The log ends at `end` now. */
  truncatedTo(end: Offset, now: Now): void {
    if (end < this.current) this.set(end, now);
  }

  /** The log was emptied and starts at `start`: what was committed of the old one says nothing of the new (KAFKA-9491, P20). */
  restartAt(start: Offset, now: Now): void {
    if (start !== this.current) this.set(start, now);
  }

  private set(to: Offset, now: Now): void {
    const { logStartOffset, writtenEnd } = this.log;
    invariant(logStartOffset <= to && to <= writtenEnd, "logStartOffset ≤ highWatermark ≤ writtenEnd", { logStartOffset, to, writtenEnd });
    const hasFallen = to < this.current;
    this.current = to;
    this.moved(to, now, hasFallen);
  }
}
