/**
 * Syncs under way at a time: each blocks one of the four threads that also read and write. With an urgent one, of which there is one at
 * a time, a thread is left for these.
 */
export const SYNCS_MAX = 2;

/** Starts something that ends with an outcome. */
type Start<Outcome> = (done: (outcome: Outcome) => void) => void;

/** What one sync is to serve that has not begun. */
interface Shared<Outcome> {
  readonly served: ((outcome: Outcome) => void)[];
  readonly whenBegun: (() => void)[];
}

/**
 * One sync of a path serves all who asked before it began, and nobody who asked later: what came in between it may not have covered.
 * Ten thousand new partitions want their names in one directory.
 */
export class SharedSyncs<Outcome> {
  private readonly gate: SyncGate;
  /** Of the syncs that have not begun. */
  private readonly waiting = new Map<string, Shared<Outcome>>();

  constructor(gate: SyncGate) {
    this.gate = gate;
  }

  run(path: string, start: Start<Outcome>, done: (outcome: Outcome) => void): void {
    const others = this.waiting.get(path);
    if (others !== undefined) return void others.served.push(done);
    const shared: Shared<Outcome> = { served: [done], whenBegun: [] };
    this.waiting.set(path, shared);
    this.gate.run((leave) => {
      this.waiting.delete(path);
      start((outcome) => {
        leave();
        for (const each of shared.served) each(outcome);
      });
      for (const goOn of shared.whenBegun) goOn();
    });
  }

  /** Runs `then`, once the sync of the path that waits has begun: later or at once. */
  whenBegun(path: string, then: () => void): void {
    const waiting = this.waiting.get(path);
    if (waiting === undefined) then();
    else waiting.whenBegun.push(then);
  }
}

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
