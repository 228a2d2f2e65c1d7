/**
 * Lets a few jobs of a node's logs run at a time; what waits is bounded by the logs that are open, for each has at most one of a kind. A failover
 * changes the epoch of thousands of partitions in one turn, whose producers wait for appends, and the metadata log for its syncs; nobody
 * waits for their epoch files. A consumer of thousands of partitions has thousands of places to look up.
 */
export class JobQueue {
  private readonly limit: number;
  private readonly waiting = new Set<() => void>();
  private running = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** `finish` is called when the job is done. */
  add(job: () => void): void {
    if (this.running >= this.limit) {
      this.waiting.add(job);
      return;
    }
    this.running++;
    job();
  }

  /** Takes back a job that has not begun. False: it has. */
  remove(job: () => void): boolean {
    return this.waiting.delete(job);
  }

  finish(): void {
    this.running--;
    const [next] = this.waiting;
    if (next === undefined) return;
    this.waiting.delete(next);
    this.add(next);
  }
}
