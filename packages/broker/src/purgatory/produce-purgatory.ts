import { type DeadlineHandle, DeadlineHeap, type LeaderEpoch, type Micros, type Now, type Offset } from "@samsa/stdx";
import type { Replica, ReplicaError } from "@samsa/replication";

/** One partition of a produce request whose acknowledgement is awaited. */
export interface AwaitedAppend {
  readonly replica: Replica;
  readonly leaderEpoch: LeaderEpoch;
  readonly endOffset: Offset;
  readonly acks: -1 | 1;
  /** Called once, with the partition's outcome. */
  readonly settle: (outcome: "done" | ReplicaError) => void;
}

interface ParkedProduce {
  readonly waits: Set<AwaitedAppend>;
  deadline: DeadlineHandle | undefined;
  readonly finish: (now: Now) => void;
}

/** Produce requests that wait for the high watermark (acks=all) or for the leader's own write (acks=1). */
export class ProducePurgatory {
  private readonly parked = new Map<Replica, Set<{ readonly wait: AwaitedAppend; readonly request: ParkedProduce }>>();
  private readonly deadlines = new DeadlineHeap<ParkedProduce>();
  private readonly touched = new Set<Replica>();

  /** `finish` is called once, when every wait is settled; a wait that outlasts `deadlineUs` settles as REQUEST_TIMED_OUT. */
  park(waits: readonly AwaitedAppend[], deadlineUs: Micros, finish: (now: Now) => void, now: Now): void {
    const pending = waits.filter((wait) => !settleNow(wait));
    if (pending.length === 0) return finish(now);
    const request: ParkedProduce = { waits: new Set(pending), deadline: undefined, finish };
    request.deadline = this.deadlines.add(deadlineUs, request);
    for (const wait of pending) this.waitsOf(wait.replica).add({ wait, request });
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.deadlines.nextAt();
  }

  /** Something that can settle a wait has changed; looked at once at the end of the turn. */
  touch(replica: Replica): void {
    if (this.parked.has(replica)) this.touched.add(replica);
  }

  endTurn(now: Now): void {
    if (this.touched.size > 0) {
      for (const replica of this.touched) this.settleAll(replica, now);
      this.touched.clear();
    }
    for (let request = this.deadlines.popDue(now.monotonicUs); request !== undefined; request = this.deadlines.popDue(now.monotonicUs)) this.expire(request, now);
  }

  private waitsOf(replica: Replica): Set<{ readonly wait: AwaitedAppend; readonly request: ParkedProduce }> {
    const known = this.parked.get(replica) ?? new Set();
    this.parked.set(replica, known);
    return known;
  }

  private settleAll(replica: Replica, now: Now): void {
    const waits = this.parked.get(replica);
    for (const entry of waits ?? []) {
      const { wait, request } = entry;
      if (request.waits.has(wait) && !settleNow(wait)) continue;
      waits?.delete(entry);
      request.waits.delete(wait);
      if (request.waits.size > 0) continue;
      if (request.deadline !== undefined) this.deadlines.cancel(request.deadline);
      request.finish(now);
    }
    if (waits?.size === 0) this.parked.delete(replica);
  }

  private expire(request: ParkedProduce, now: Now): void {
    for (const wait of request.waits) {
      wait.settle("REQUEST_TIMED_OUT");
      const waits = this.parked.get(wait.replica);
      for (const entry of waits ?? []) if (entry.request === request) waits?.delete(entry);
      if (waits?.size === 0) this.parked.delete(wait.replica);
    }
    request.waits.clear();
    request.finish(now);
  }
}

function settleNow(wait: AwaitedAppend): boolean {
  const status = wait.replica.ackStatus(wait);
  if (status === "pending") return false;
  wait.settle(status);
  return true;
}
