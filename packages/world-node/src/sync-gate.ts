/**
 * Syncs under way at a time: each blocks one of the four threads that also read and write. With an urgent one, of which there is one at
 * a time, a thread is left for these.
 */
export const SYNCS_MAX = 2;

type Job = (done: () => void) => void;

/** Lets a limited number of jobs run, the others wait in order. What waits is bounded by the files that are there. */
export class SyncGate {
  private readonly limit: number;
  private readonly waiting: Job[] = [];
  private running = 0;

  constructor(limit = SYNCS_MAX) {
    this.limit = limit;
  }

  run(job: Job): void {
    if (this.running >= this.limit) {
      this.waiting.push(job);
      return;
    }
    this.running++;
    job(() => {
      this.running--;
      const next = this.waiting.shift();
      if (next !== undefined) this.run(next);
    });
  }
}
