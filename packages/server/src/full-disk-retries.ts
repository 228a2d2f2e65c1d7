import { afterMs, DeadlineHeap, type Micros, type Now } from "@samsa/stdx";

/** How long a full disk is left alone before it is tried again. */
export const FULL_DISK_RETRY_MS = 500;

/** Writes of the quorum's files that found no room: one for each file at most. */
export class FullDiskRetries {
  private readonly waiting = new DeadlineHeap<(now: Now) => void>();

  get nextDeadlineUs(): Micros | undefined {
    return this.waiting.nextAt();
  }

  add(again: (now: Now) => void, now: Now): void {
    this.waiting.add(afterMs(now, FULL_DISK_RETRY_MS), again);
  }

  deadline(now: Now): void {
    for (let again = this.waiting.popDue(now.monotonicUs); again !== undefined; again = this.waiting.popDue(now.monotonicUs)) again(now);
  }
}
