import { afterMs, type DeadlineHandle, DeadlineHeap, type LeaderEpoch, type Micros, type Now, type Offset } from "@samsa/stdx";
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

/** A produce request that waits. */
export interface ParkedProduce {
  readonly waits: Set<Wait>;
  deadline: DeadlineHandle | undefined;
  /** Its time is up, and the leader's own write is waited for. */
  isOverdue: boolean;
  readonly finish: (now: Now) => void;
}

interface Wait {
  readonly append: AwaitedAppend;
  readonly request: ParkedProduce;
}

/** More than connections and their pipelines bring in earnest. */
const MAX_PARKED_PRODUCES = 100_000;
/** A disk that takes longer is not worth a client's waiting. */
const OWN_WRITE_WAIT_MS = 1_000;

/** Produce requests that wait for the high watermark (acks=all) or for the leader's own write (acks=1). */
export class ProducePurgatory {
  private readonly parked = new Map<Replica, Set<Wait>>();
  private readonly deadlines = new DeadlineHeap<ParkedProduce>();
  private readonly touched = new Set<Replica>();
  private readonly maxParked: number;
  private parkedCount = 0;

  constructor(maxParked = MAX_PARKED_PRODUCES) {
    this.maxParked = maxParked;
  }

  /** No further request can wait: it is to be refused before anything of it is appended. */
  get isFull(): boolean {
    return this.parkedCount >= this.maxParked;
  }

  /**
   * `finish` is called once, when every append is settled; one that outlasts `deadlineUs` settles as REQUEST_TIMED_OUT, though not before the
   * leader's own write is done: with Kafka that one is no part of the waiting, and without followers no time-out is too short. One without a deadline settles some day: a write returns, or its log fails. Undefined where nothing had to wait.
   */
  park(appends: readonly AwaitedAppend[], deadlineUs: Micros | undefined, finish: (now: Now) => void, now: Now): ParkedProduce | undefined {
    const pending = appends.filter((append) => !settleNow(append, false));
    if (pending.length === 0) {
      finish(now);
      return undefined;
    }
    const request: ParkedProduce = { waits: new Set(), deadline: undefined, isOverdue: false, finish };
    this.parkedCount++;
    if (deadlineUs !== undefined) request.deadline = this.deadlines.add(deadlineUs, request);
    for (const append of pending) {
      const wait = { append, request };
      request.waits.add(wait);
      this.waitsOf(append.replica).add(wait);
    }
    return request;
  }

  /** The connection has gone: nobody waits for the answer, and the request's time-out may be weeks away. */
  remove(request: ParkedProduce): void {
    if (request.waits.size === 0) return;
    if (request.deadline !== undefined) this.deadlines.cancel(request.deadline);
    this.forget(request);
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.deadlines.nextAt();
  }

  /** Partitions whose acknowledgements are awaited. */
  get size(): number {
    return this.parked.size;
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
    for (let request = this.deadlines.popDue(now.monotonicUs); request !== undefined; request = this.deadlines.popDue(now.monotonicUs))
      this.expire(request, now);
  }

  private waitsOf(replica: Replica): Set<Wait> {
    const known = this.parked.get(replica) ?? new Set<Wait>();
    this.parked.set(replica, known);
    return known;
  }

  private settleAll(replica: Replica, now: Now): void {
    const waits = this.parked.get(replica);
    for (const wait of waits ?? []) {
      const { append, request } = wait;
      if (!settleNow(append, request.isOverdue)) continue;
      waits?.delete(wait);
      request.waits.delete(wait);
      if (request.waits.size > 0) continue;
      this.parkedCount--;
      if (request.deadline !== undefined) this.deadlines.cancel(request.deadline);
      request.finish(now);
    }
    if (waits?.size === 0) this.parked.delete(replica);
  }

  private expire(request: ParkedProduce, now: Now): void {
    if (!request.isOverdue && [...request.waits].some(({ append }) => isUnwritten(append))) {
      request.isOverdue = true;
      request.deadline = this.deadlines.add(afterMs(now, OWN_WRITE_WAIT_MS), request);
      return;
    }
    for (const { append } of request.waits) append.settle("REQUEST_TIMED_OUT");
    this.forget(request);
    request.finish(now);
  }

  private forget(request: ParkedProduce): void {
    this.parkedCount--;
    for (const wait of request.waits) {
      const waits = this.parked.get(wait.append.replica);
      waits?.delete(wait);
      if (waits?.size === 0) this.parked.delete(wait.append.replica);
    }
    request.waits.clear();
  }
}

/** A full disk's write is not under way. */
const isUnwritten = ({ replica, endOffset }: AwaitedAppend): boolean => replica.log.writtenEnd < endOffset && replica.log.isFull !== true;

function settleNow(append: AwaitedAppend, isOverdue: boolean): boolean {
  const status = append.replica.ackStatus(append);
  if (status === "pending" && (!isOverdue || isUnwritten(append))) return false;
  append.settle(status === "pending" ? "REQUEST_TIMED_OUT" : status);
  return true;
}
