import { type DeadlineHandle, DeadlineHeap, type Micros, type Now } from "@samsa/stdx";
import type { RecordsDeletion, Replica, ReplicaError } from "@samsa/replication";

/** One partition of a DeleteRecords whose followers are awaited. */
export interface AwaitedDeletion {
  readonly replica: Replica;
  readonly deletion: RecordsDeletion;
  /** Called once, with the partition's outcome. */
  readonly settle: (outcome: "done" | ReplicaError) => void;
}

/** A DeleteRecords that waits. */
export interface ParkedDeletions {
  readonly waits: Set<AwaitedDeletion>;
  deadline: DeadlineHandle | undefined;
  readonly finish: (now: Now) => void;
}

/** More than operators bring in earnest. */
const MAX_PARKED_DELETIONS = 10_000;

/** DeleteRecords requests that wait until every live replica of their partitions has deleted the records, too. */
export class DeleteRecordsPurgatory {
  private readonly parked = new Map<Replica, Map<AwaitedDeletion, ParkedDeletions>>();
  private readonly deadlines = new DeadlineHeap<ParkedDeletions>();
  private readonly touched = new Set<Replica>();
  private readonly maxParked: number;
  private parkedCount = 0;

  constructor(maxParked = MAX_PARKED_DELETIONS) {
    this.maxParked = maxParked;
  }

  /** No further request can wait: it is to be refused before anything is deleted. */
  get isFull(): boolean {
    return this.parkedCount >= this.maxParked;
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.deadlines.nextAt();
  }

  /** `finish` is called once, when every partition is settled: at `deadlineUs` with REQUEST_TIMED_OUT. Undefined where nothing had to wait. */
  park(deletions: readonly AwaitedDeletion[], deadlineUs: Micros, finish: (now: Now) => void, now: Now): ParkedDeletions | undefined {
    const pending = deletions.filter((wait) => !settleNow(wait));
    if (pending.length === 0) {
      finish(now);
      return undefined;
    }
    const request: ParkedDeletions = { waits: new Set(pending), deadline: undefined, finish };
    this.parkedCount++;
    request.deadline = this.deadlines.add(deadlineUs, request);
    for (const wait of pending) {
      const known = this.parked.get(wait.replica) ?? new Map<AwaitedDeletion, ParkedDeletions>();
      this.parked.set(wait.replica, known.set(wait, request));
    }
    return request;
  }

  /** The connection has gone. */
  remove(request: ParkedDeletions): void {
    if (request.waits.size === 0) return;
    if (request.deadline !== undefined) this.deadlines.cancel(request.deadline);
    this.forget(request);
  }

  /** A log's start, a follower's, or the leadership has moved; looked at once at the end of the turn. */
  touch(replica: Replica): void {
    if (this.parked.has(replica)) this.touched.add(replica);
  }

  /** Brokers have come or gone. */
  touchAll(): void {
    for (const replica of this.parked.keys()) this.touched.add(replica);
  }

  endTurn(now: Now): void {
    for (const replica of this.touched) this.settleAll(replica, now);
    this.touched.clear();
    for (let request = this.deadlines.popDue(now.monotonicUs); request !== undefined; request = this.deadlines.popDue(now.monotonicUs)) {
      for (const { settle } of request.waits) settle("REQUEST_TIMED_OUT");
      this.forget(request);
      request.finish(now);
    }
  }

  private settleAll(replica: Replica, now: Now): void {
    for (const [wait, request] of this.parked.get(replica) ?? []) {
      if (!settleNow(wait)) continue;
      this.drop(wait);
      request.waits.delete(wait);
      if (request.waits.size > 0) continue;
      if (request.deadline !== undefined) this.deadlines.cancel(request.deadline);
      this.parkedCount--;
      request.finish(now);
    }
  }

  private forget(request: ParkedDeletions): void {
    this.parkedCount--;
    for (const wait of request.waits) this.drop(wait);
    request.waits.clear();
  }

  private drop(wait: AwaitedDeletion): void {
    const waits = this.parked.get(wait.replica);
    waits?.delete(wait);
    if (waits?.size === 0) this.parked.delete(wait.replica);
  }
}

function settleNow({ replica, deletion, settle }: AwaitedDeletion): boolean {
  const status = replica.deletionStatus(deletion);
  if (status === "pending") return false;
  settle(status);
  return true;
}
