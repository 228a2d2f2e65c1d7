import type { Now } from "@samsa/stdx";

/** What of a log is asked here: it ends with a call of `end`, later. */
export interface RecoverableLog {
  recover(now: Now): void;
}

/** Logs that are read, or made, at a time: the metadata log's own syncs stand behind no more than theirs. */
export const RECOVERIES_AT_A_TIME = 32;

/**
 * Reads logs, a few at a time and in the order in which they were asked for. Without a bound the syncs of thousands of new partitions
 * would stand before that of the next metadata entry: heartbeats would wait for it, and the quorum would elect anew.
 */
export class LogRecoveries {
  private readonly waiting = new Set<RecoverableLog>();
  private readonly running = new Set<RecoverableLog>();

  add(log: RecoverableLog, now: Now): void {
    this.waiting.add(log);
    this.next(now);
  }

  /** It was read, or is not wanted any more. */
  end(log: RecoverableLog, now: Now): void {
    this.waiting.delete(log);
    if (this.running.delete(log)) this.next(now);
  }

  private next(now: Now): void {
    for (const log of this.waiting) {
      if (this.running.size >= RECOVERIES_AT_A_TIME) return;
      this.waiting.delete(log);
      this.running.add(log);
      log.recover(now);
    }
  }
}
