import { setImmediate } from "./timers.ts";

/** Of all sockets together, between two turns of the event loop. */
export const TURN_BYTES_MAX = 8 * 1024 * 1024;
/** Of one of them, give or take one read. */
export const CONNECTION_TURN_BYTES_MAX = 256 * 1024;

/** What one connection has read, as its budget counts it. */
export class ReadShare {
  /** In the turn in which it was last counted. */
  bytes = 0;
  turn = -1;
  readonly resume: () => void;

  /** `resume`: it may read again. */
  constructor(resume: () => void) {
    this.resume = resume;
  }
}

/**
 * How much sockets may read before what came is looked at. One read of a socket goes on for two megabytes if they are there: five hundred
 * senders would put a gigabyte into memory before the first of them could be told to stop.
 */
export class ReadBudget {
  private spent = 0;
  private turn = 0;
  private readonly waiting: ReadShare[] = [];
  private isRenewalDue = false;

  /** False: it is enough, and the share's `resume` is called in the next turn. */
  spend(share: ReadShare, bytes: number): boolean {
    this.spent += bytes;
    share.bytes = share.turn === this.turn ? share.bytes + bytes : bytes;
    share.turn = this.turn;
    if (!this.isRenewalDue) {
      this.isRenewalDue = true;
      setImmediate(() => this.renew());
    }
    if (this.spent < TURN_BYTES_MAX && share.bytes < CONNECTION_TURN_BYTES_MAX) return true;
    this.waiting.push(share);
    return false;
  }

  private renew(): void {
    this.isRenewalDue = false;
    this.spent = 0;
    this.turn++;
    for (const share of this.waiting.splice(0)) share.resume();
  }
}
