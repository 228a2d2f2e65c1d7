import { type DeadlineHandle, DeadlineHeap, earlier, type Micros, type Now } from "@samsa/stdx";

/** What of a hosted replica is asked and told here. */
export interface TimedReplica {
  readonly replica: { readonly nextDeadlineUs: Micros | undefined; tick(now: Now): void };
  readonly log: { readonly nextDeadlineUs: Micros | undefined; deadline(now: Now): void };
}

interface Wake {
  readonly at: Micros;
  readonly handle: DeadlineHandle;
}

/**
 * When a hosted replica, or its log, wants to be looked at. Most of ten thousand want nothing, and a node asks after every turn: so
 * only those are asked again in which something has happened. A deadline that went further away is found out when the earlier one fires.
 */
export class ReplicaDeadlines {
  private readonly stirred = new Set<TimedReplica>();
  private readonly wakes = new Map<TimedReplica, Wake>();
  private readonly heap = new DeadlineHeap<TimedReplica>();

  /** Its deadline may have come nearer. */
  stir(hosted: TimedReplica): void {
    this.stirred.add(hosted);
  }

  forget(hosted: TimedReplica): void {
    this.stirred.delete(hosted);
    const known = this.wakes.get(hosted);
    if (known === undefined) return;
    this.heap.cancel(known.handle);
    this.wakes.delete(hosted);
  }

  get nextDeadlineUs(): Micros | undefined {
    if (this.stirred.size > 0) this.settle();
    return this.heap.nextAt();
  }

  /** Those that are due, each once; whatever comes of it is looked at again. */
  deadline(now: Now): void {
    this.settle();
    for (let hosted = this.heap.popDue(now.monotonicUs); hosted !== undefined; hosted = this.heap.popDue(now.monotonicUs)) {
      this.wakes.delete(hosted);
      this.stirred.add(hosted);
      const at = hosted.replica.nextDeadlineUs;
      if (at !== undefined && at <= now.monotonicUs) hosted.replica.tick(now);
      hosted.log.deadline(now);
    }
  }

  private settle(): void {
    for (const hosted of this.stirred) {
      const at = earlier(hosted.replica.nextDeadlineUs, hosted.log.nextDeadlineUs);
      const known = this.wakes.get(hosted);
      if (at === undefined || (known !== undefined && known.at <= at)) continue;
      if (known !== undefined) this.heap.cancel(known.handle);
      this.wakes.set(hosted, { at, handle: this.heap.add(at, hosted) });
    }
    this.stirred.clear();
  }
}
