import type { GroupEvent } from "@samsa/client";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs } from "@samsa/stdx";
import type { TurnProgram } from "../session/session.ts";

type Poll = (now: Now) => readonly GroupEvent[];

interface Waiter {
  readonly timeoutMs: number;
  /** Known from its first turn on. */
  until: Micros | undefined;
  readonly told: (events: readonly GroupEvent[]) => void;
}

/** Some three months: a wait without an end. */
const LONGEST_MS = 8e9;

/** Polls a consumer when somebody waits for what it has, and only then: who can't go on is not given more. */
export class Polling implements TurnProgram {
  private readonly poll: Poll;
  private waiter: Waiter | undefined;

  constructor(poll: Poll) {
    this.poll = poll;
  }

  /** What has happened, as soon as there is something; nothing after this time. One call at a time; a later one takes the place of an earlier one. */
  next(timeoutMs: number): Promise<readonly GroupEvent[]> {
    return new Promise((resolve) => {
      this.waiter = { timeoutMs: Math.min(timeoutMs, LONGEST_MS), until: undefined, told: resolve };
    });
  }

  /** Nobody waits any more: what comes is for whoever waits next. */
  cancel(): void {
    this.waiter?.told([]);
    this.waiter = undefined;
  }

  run(now: Now): void {
    const { waiter } = this;
    if (waiter === undefined) return;
    waiter.until ??= afterMs(now, waiter.timeoutMs);
    const events = this.poll(now);
    if (events.length === 0 && now.monotonicUs < waiter.until) return;
    this.waiter = undefined;
    waiter.told(events);
  }

  nextDeadline(): Micros | undefined {
    return this.waiter?.until;
  }
}
