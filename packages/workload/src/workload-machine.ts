import type { Admin, ClientProgram } from "@samsa/client";
import { ClientMachine, earlier, stillToCome } from "@samsa/client";
import { type GroupHistory, History } from "@samsa/history";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs, Prng } from "@samsa/stdx";
import type { Effect, Input, Machine } from "@samsa/world";
import type { AckGap, AckTimeline } from "./ack-timeline.ts";
import { ClientHost } from "./client-host.ts";
import { GroupWorkload } from "./group-workload.ts";
import { PollWorkload } from "./poll-workload.ts";
import { ProduceWorkload } from "./produce-workload.ts";
import { ReadBack } from "./read-back.ts";
import type { WorkloadInput, WorkloadOptions } from "./workload-options.ts";
import { workloadOptions } from "./workload-options.ts";

/** `failed`: the topic could not be created; nothing was proved. */
export type Phase = "creating" | "producing" | "draining" | "settling" | "idling" | "handing-over" | "reading" | "done" | "failed";

/** How often the machine looks whether it was told to finish, and whether that is done. */
const TICK_MS = 50;
const TICKING: ReadonlySet<Phase> = new Set(["producing", "draining", "settling", "idling", "handing-over"]);

/**
 * A node that puts load on a cluster, writes down what happened and reads everything back.
 *
 * | phase | on | to |
 * |---|---|---|
 * | creating | the topic has leaders | producing |
 * | creating | it can't be created | failed |
 * | producing | `finish`, SIGTERM, all records sent | draining |
 * | draining | every send has its outcome | reading |
 * | reading | every partition read to its end, or the time is over | settling, or done where there are no groups |
 * | settling | every group is at rest and has come to the ends that were read to, or the time is over | idling, or handing-over where no group is to be idle |
 * | idling | the time is over | handing-over |
 * | handing-over | in every group a new member was told what is committed for all partitions, or the time is over | done |
 *
 * Faults must have ended and been healed when it begins to read: call `finish` only then.
 */
export class WorkloadMachine implements Machine {
  readonly history: History;
  readonly options: WorkloadOptions;
  private readonly machine: ClientMachine;
  private readonly host: ClientHost;
  private readonly admin: Admin;
  private readonly produce: ProduceWorkload;
  private readonly poll: PollWorkload;
  private readonly groups: readonly GroupWorkload[];
  private settleBy: Micros | undefined;
  private readBack: ReadBack | undefined;
  private current: Phase = "creating";
  private isFinishing = false;
  private hasAskedForTopic = false;
  private producingUntil: Micros | undefined;
  private failureText: string | undefined;

  constructor(input: WorkloadInput) {
    const options = workloadOptions(input);
    const prng = new Prng(options.seed);
    this.options = options;
    this.history = new History(options.runId);
    this.machine = new ClientMachine(() => this.program());
    this.host = new ClientHost(this.machine, options, prng.fork("clients"));
    const { history, host } = this;
    this.admin = host.create("admin").client.admin();
    this.produce = new ProduceWorkload({ history, host, options, prng: prng.fork("produce") });
    this.poll = new PollWorkload({ history, host, options });
    this.groups = options.groups.map((load) => new GroupWorkload({ host, options, load, prng: prng.fork(`group ${load.groupId}`) }));
  }

  /** What the members of the groups did and saw. */
  get groupHistories(): readonly GroupHistory[] {
    return this.groups.map(({ history }) => history);
  }

  get phase(): Phase {
    return this.current;
  }

  /** Nothing more will happen. */
  get isOver(): boolean {
    return this.current === "done" || this.current === "failed";
  }

  /** Why the phase is `failed`. */
  get failure(): string | undefined {
    return this.failureText;
  }

  get timeline(): AckTimeline {
    return this.produce.timeline;
  }

  get recordsSent(): number {
    return this.produce.recordsSent;
  }

  /** The longest time without an acknowledgement while records were being sent; undefined before that. */
  longestGap(now: Now): AckGap | undefined {
    const { beginUs } = this.timeline;
    return beginUs === undefined ? undefined : this.timeline.longestGap(beginUs, this.producingUntil ?? now.monotonicUs);
  }

  /** Stop sending, wait for what is on its way, read everything back. May be called at any time. */
  finish(): void {
    this.isFinishing = true;
  }

  step(input: Input, now: Now): void {
    this.machine.step(input, now);
  }

  drain(now: Now): readonly Effect[] {
    return this.machine.drain(now);
  }

  private program(): ClientProgram {
    return { run: (now) => this.run(now), nextDeadline: (now) => this.nextDeadline(now), stop: () => this.finish() };
  }

  private run(now: Now): void {
    if (this.isOver) return;
    this.produce.run(now);
    this.poll.run(now);
    for (const group of this.groups) group.run(now);
    switch (this.current) {
      case "creating":
        return this.create(now);
      case "producing":
        if (this.isFinishing || this.produce.hasSentAll) this.beginDraining(now);
        return;
      case "draining":
        if (this.produce.openRecords === 0) this.beginReading(now);
        return;
      case "reading":
        this.readBack?.run(now);
        if (this.readBack?.isDone(now) === true) this.beginSettling(now);
        return;
      case "settling":
        if (this.isSettled(now)) this.beginIdling(now);
        return;
      case "idling":
        if ((this.settleBy ?? 0) <= now.monotonicUs) this.beginHandingOver(now);
        return;
      case "handing-over":
        if (this.isHandedOver(now)) this.end(now);
        return;
      default:
        return;
    }
  }

  private nextDeadline(now: Now): Micros | undefined {
    if (this.isOver) return undefined;
    const tick = TICKING.has(this.current) ? afterMs(now, TICK_MS) : undefined;
    let ofGroups: Micros | undefined;
    for (const group of this.groups) ofGroups = earlier(ofGroups, group.nextDeadline());
    return earlier(
      earlier(tick, stillToCome(ofGroups, now)),
      earlier(this.poll.nextDeadline(), earlier(this.produce.nextDeadline(), this.readBack?.nextDeadline())),
    );
  }

  private create(now: Now): void {
    const { topic, createTimeoutMs } = this.options;
    if (!this.hasAskedForTopic) this.admin.createTopic(topic, { timeoutMs: createTimeoutMs, isExistingOk: true }, now);
    this.hasAskedForTopic = true;
    for (const event of this.admin.takeEvents()) {
      if (event.type === "topic-failed") {
        this.failureText = `topic ${event.topic} could not be created: ${event.error}, ${event.detail}`;
        return this.enter("failed");
      }
      this.produce.begin(now);
      this.poll.begin(now);
      for (const group of this.groups) group.begin(now);
      this.enter("producing");
    }
  }

  private beginDraining(now: Now): void {
    this.producingUntil = now.monotonicUs;
    this.produce.stop();
    for (const group of this.groups) group.calm(now);
    this.enter("draining");
  }

  private beginSettling(now: Now): void {
    this.settleBy = afterMs(now, this.options.groupSettleTimeoutMs);
    if (this.groups.length === 0) return this.end(now);
    this.enter("settling");
  }

  private isSettled(now: Now): boolean {
    return this.groups.every((group) => group.unsettledBecause(this.history) === undefined) || (this.settleBy ?? 0) <= now.monotonicUs;
  }

  private beginIdling(now: Now): void {
    const idleMs = Math.max(0, ...this.options.groups.map((group) => group.idleMs ?? 0));
    if (idleMs === 0) return this.beginHandingOver(now);
    this.settleBy = afterMs(now, idleMs);
    this.enter("idling");
  }

  private beginHandingOver(now: Now): void {
    this.settleBy = afterMs(now, this.options.groupSettleTimeoutMs / 2);
    for (const group of this.groups) group.handOver(this.history, now);
    this.enter("handing-over");
  }

  private isHandedOver(now: Now): boolean {
    return this.groups.every((group) => group.isHandedOver) || (this.settleBy ?? 0) <= now.monotonicUs;
  }

  private end(now: Now): void {
    for (const group of this.groups) group.end(now);
    this.enter("done");
  }

  private beginReading(now: Now): void {
    this.poll.stop();
    const { history, host, options } = this;
    this.readBack = new ReadBack({ history, host, options }, now);
    this.enter("reading");
  }

  private enter(phase: Phase): void {
    this.current = phase;
    this.machine.outbox.trace({ kind: "note", text: `workload ${this.options.runId}: ${phase}` });
    if (this.isOver && this.options.exitsWhenDone) this.machine.exit(phase === "done" ? 0 : 1, this.failureText ?? "the workload is over");
  }
}
