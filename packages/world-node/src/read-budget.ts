/** Of all sockets together, between two turns of the event loop. */
const TURN_BYTES_MAX = 8 * 1024 * 1024;

/**
 * How much all sockets may read before what came is looked at. One read of a socket goes on for two megabytes if they are there: five hundred
 * senders would put a gigabyte into memory before the first of them could be told to stop.
 */
export class ReadBudget {
  private spent = 0;
  private readonly waiting: (() => void)[] = [];
  private isRenewalDue = false;

  /** False: it is enough, and `resume` is called in the next turn. */
  spend(bytes: number, resume: () => void): boolean {
    this.spent += bytes;
    if (!this.isRenewalDue) {
      this.isRenewalDue = true;
      setImmediate(() => this.renew());
    }
    if (this.spent < TURN_BYTES_MAX) return true;
    this.waiting.push(resume);
    return false;
  }

  private renew(): void {
    this.isRenewalDue = false;
    this.spent = 0;
    for (const resume of this.waiting.splice(0)) resume();
  }
}
