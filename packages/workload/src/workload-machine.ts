import type { Admin, ClientProgram } from "@samsa/client";
import { ClientMachine, earlier } from "@samsa/client";
import { History } from "@samsa/history";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs, Prng } from "@samsa/stdx";
import type { Effect, Input, Machine } from "@samsa/world";
import type { AckGap, AckTimeline } from "./ack-timeline.ts";
import { ClientHost } from "./client-host.ts";
import { PollWorkload } from "./poll-workload.ts";
import { ProduceWorkload } from "./produce-workload.ts";
import { ReadBack } from "./read-back.ts";
import type { WorkloadInput, WorkloadOptions } from "./workload-options.ts";
import { workloadOptions } from "./workload-options.ts";

/** `failed`: the topic could not be created; nothing was proved. */
export type Phase = "creating" | "producing" | "draining" | "reading" | "done" | "failed";

/** How often the machine looks whether it was told to finish. */
const TICK_MS = 50;

/**
 * A node that puts load on a cluster, writes down what happened and reads everything back.
 *
 * | phase | on | to |
 * |---|---|---|
 * | creating | the topic has leaders | producing |
 * | creating | it can't be created | failed |
 * | producing | `finish`, SIGTERM, all records sent | draining |
 * | draining | every send has its outcome | reading |
 * | reading | every partition read to its end, or the time is over | done |
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
        if (this.readBack?.isDone(now) === true) this.enter("done");
        return;
      default:
        return;
    }
  }

  private nextDeadline(now: Now): Micros | undefined {
    if (this.isOver) return undefined;
    const tick = this.current === "producing" || this.current === "draining" ? afterMs(now, TICK_MS) : undefined;
    return earlier(tick, earlier(this.poll.nextDeadline(), earlier(this.produce.nextDeadline(), this.readBack?.nextDeadline())));
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
      this.enter("producing");
    }
  }

  private beginDraining(now: Now): void {
    this.producingUntil = now.monotonicUs;
    this.produce.stop();
    this.enter("draining");
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
