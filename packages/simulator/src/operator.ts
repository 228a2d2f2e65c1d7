import { type Admin, type ClientProgram, ClientMachine, type RecordDeletionOutcome } from "@samsa/client";
import { afterMs, type Micros, type Now, Prng } from "@samsa/stdx";
import type { SimulatedCluster } from "./cluster/cluster.ts";
import { DeletionsOfAll } from "./deletions-of-all.ts";
import type { GhostPartition } from "./invariants/ghost-partition.ts";
import type { Ghost } from "./invariants/ghost.ts";

export interface OperatorOptions {
  readonly host: number;
  readonly topic: string;
  readonly everyMs: number;
  /** Knows up to where there is something to delete, as somebody who looked it up would. */
  readonly ghost: Ghost;
}

const TIMEOUT_MS = 5_000;
const RETRY_MS = 100;
/** Of so many deletions one is of all that is committed. */
const ALL_ONE_IN = 20;
const ALL = -1;
/** Of so many runs one has everything asked for again in the end. */
const ASKS_AGAIN_ONE_IN = 2;

/**
 * Has old records deleted now and then, some partition's up to some offset. When told to finish it asks once more for what it asked for last, of each
 * partition, until it is told that it is done: then all logs must start there. In half of the runs it asks only for what it was never told of, so
 * that what came back by mistake is not deleted once more before somebody has seen it.
 */
export class Operator {
  private readonly options: OperatorOptions;
  private readonly machine: ClientMachine;
  private readonly admin: Admin;
  private readonly prng: Prng;
  /** By partition, the furthest that was asked for by offset, and whether that is done for good. */
  private readonly asked = new Map<number, { beforeOffset: number; isSettled: boolean }>();
  private readonly ofAll = new DeletionsOfAll();
  /** Also for what it was told is done. */
  private readonly asksAgain: boolean;
  /** Partitions that it has asked for in the end. */
  private readonly askedLast = new Set<number>();
  private isAsking = false;
  private isFinishing = false;
  private nextAtUs: Micros | undefined;

  constructor(options: OperatorOptions, cluster: SimulatedCluster, seed: number) {
    this.options = options;
    this.prng = new Prng(seed).fork("operator");
    this.asksAgain = new Prng(seed).fork("the operator's end").below(ASKS_AGAIN_ONE_IN) === 0;
    this.machine = new ClientMachine((): ClientProgram => ({ run: (now) => this.run(now), nextDeadline: () => this.nextAtUs }));
    this.admin = this.machine.addClient({ bootstrap: cluster.bootstrap, seed: this.prng.nextU32(), clientId: "operator" }).admin();
    cluster.addClient(
      options.host,
      () => this.machine,
      () => undefined,
    );
  }

  get isOver(): boolean {
    return this.isFinishing && !this.isAsking && [...this.asked.values()].every(({ isSettled }) => isSettled);
  }

  /** By partition that it has asked for in the end: before these offsets nothing is left, once it is over. */
  get settled(): ReadonlyMap<number, number> {
    return new Map([...this.asked].filter(([partition]) => this.askedLast.has(partition)).map(([partition, { beforeOffset }]) => [partition, beforeOffset]));
  }

  finish(): void {
    this.isFinishing = true;
    for (const [partition, one] of this.asked) {
      if (this.asksAgain) one.isSettled = false;
      if (!one.isSettled) this.askedLast.add(partition);
    }
  }

  private run(now: Now): void {
    this.ofAll.forgetStale(now);
    if (this.isAsking || (this.nextAtUs ?? 0) > now.monotonicUs) return;
    this.nextAtUs = afterMs(now, this.isFinishing ? RETRY_MS : this.options.everyMs);
    if (this.isFinishing) this.askAgain(now);
    else this.askForMore(now);
  }

  private askForMore(now: Now): void {
    const { ghost, topic } = this.options;
    const known = ghost.image.topicByName(topic);
    if (known === undefined) return;
    const partition = this.prng.below(known.partitions.length);
    const committed = ghost.partitions.get(`${known.topicId}:${partition}`);
    const hasAll = this.prng.below(ALL_ONE_IN) === 0;
    const left = committed === undefined ? 0 : Math.max(0, committed.end - committed.startMax);
    const beforeOffset = (committed?.startMax ?? 0) + this.prng.below((left >> 1) + 1);
    if (committed !== undefined) this.ask(partition, { committed, beforeOffset: hasAll ? ALL : Math.min(beforeOffset, committed.end) }, now);
  }

  private askAgain(now: Now): void {
    const { ghost, topic } = this.options;
    const topicId = ghost.image.topicByName(topic)?.topicId ?? "";
    for (const [partition, { beforeOffset, isSettled }] of this.asked) {
      const committed = ghost.partitions.get(`${topicId}:${partition}`);
      if (!isSettled && committed !== undefined) return this.ask(partition, { committed, beforeOffset }, now);
    }
    this.nextAtUs = undefined;
  }

  private ask(partition: number, { committed, beforeOffset }: { readonly committed: GhostPartition; readonly beforeOffset: number }, now: Now): void {
    const deletion = { topic: this.options.topic, partition, beforeOffset, timeoutMs: TIMEOUT_MS };
    const isOfAll = beforeOffset === ALL;
    const answered = (outcome: RecordDeletionOutcome, at: Now): void => {
      if (isOfAll) this.ofAll.answered(committed, outcome, at);
      this.answered(partition, beforeOffset, outcome);
    };
    this.isAsking = this.admin.deleteRecords(deletion, answered, now);
    if (!this.isAsking) return;
    if (isOfAll) return this.ofAll.asked(committed);
    committed.askedEnd = Math.max(committed.askedEnd, beforeOffset);
    const known = this.asked.get(partition);
    if (known === undefined || known.beforeOffset < beforeOffset) this.asked.set(partition, { beforeOffset, isSettled: false });
  }

  private answered(partition: number, beforeOffset: number, { type }: RecordDeletionOutcome): void {
    this.isAsking = false;
    const known = this.asked.get(partition);
    if (type === "deleted" && known?.beforeOffset === beforeOffset) known.isSettled = true;
  }
}
