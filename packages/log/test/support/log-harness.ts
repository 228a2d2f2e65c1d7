import { invariant, leaderEpoch, micros, type Now, type Offset, uuid, wallMs } from "@samsa/stdx";
import { type Effect, type Input, isSlice, type Machine, Outbox, type Part, Shell, type TraceBody, type WorldPorts } from "@samsa/world";
import { FileGenerations, IndexCache, type JobQueue, type LogConfig, type LogRead, PartitionLog } from "../../src/index.ts";
import { TestDisk } from "./test-disk.ts";

export const TOPIC_ID = uuid("vvvvvvvvvvvvvvvvvvvvvA");
export const DIRECTORY = "orders-0";
export const NOW: Now = { monotonicUs: micros(1_000_000), wallMs: wallMs(1_700_000_000_000) };
export const CONFIG: LogConfig = { segmentBytes: 1_000_000, maxMessageBytes: 1_000_000, messageTimestampType: "CreateTime" };

export interface HarnessOptions {
  readonly disk?: TestDisk;
  readonly config?: Partial<LogConfig>;
  readonly topicId?: typeof TOPIC_ID;
  readonly generations?: FileGenerations;
  readonly tailCacheBytes?: number;
  readonly indexCacheBytes?: number;
  readonly hasLostPageCache?: boolean;
  readonly recoveryPoint?: number;
  readonly isCleanStop?: boolean;
  readonly logStartOffset?: number;
  readonly cleanedEnd?: number;
  readonly epochFiles?: JobQueue;
}

/** A log behind the real shell over a disk whose operations happen when the test says so. */
export class LogHarness implements Machine {
  readonly disk: TestDisk;
  readonly outbox = new Outbox();
  readonly log: PartitionLog;
  readonly told: string[] = [];
  now: Now = NOW;
  readonly trace: TraceBody[] = [];
  /** Of the effects of the last turn that had any. */
  lastEffects: readonly Effect[] = [];
  private readonly shell: Shell;
  private readonly generations = new Map<string, number>();
  private readonly turns: (() => void)[] = [];
  private act: (() => void) | undefined;

  constructor(options: HarnessOptions = {}) {
    this.disk = options.disk ?? new TestDisk();
    this.log = new PartitionLog({
      directory: DIRECTORY,
      topic: "orders",
      partition: 0,
      topicId: options.topicId ?? TOPIC_ID,
      outbox: this.outbox,
      config: { ...CONFIG, ...options.config },
      ...(options.tailCacheBytes === undefined ? {} : { tailCacheBytes: options.tailCacheBytes }),
      generations: options.generations ?? new FileGenerations(),
      ...(options.epochFiles === undefined ? {} : { epochFiles: options.epochFiles }),
      indexCache: new IndexCache(options.indexCacheBytes ?? 1_000_000),
      hasLostPageCache: options.hasLostPageCache === true,
      recoveryPoint: options.recoveryPoint,
      isCleanStop: options.isCleanStop === true,
      logStartOffset: options.logStartOffset,
      cleanedEnd: options.cleanedEnd,
      listener: {
        startMoved: () => this.told.push("startMoved"),
        readable: () => this.told.push("readable"),
        logDamaged: (detail) => this.told.push(`logDamaged: ${detail}`),
        endsMoved: () => this.told.push("endsMoved"),
        logFailed: (detail) => this.told.push(`logFailed: ${detail}`),
        logForeign: (topicId) => this.told.push(`logForeign: ${topicId}`),
        logRecovered: () => this.told.push("logRecovered"),
      },
    });
    this.shell = new Shell({ ports: this.ports(), node: 1, machine: this });
  }

  step(input: Input, now: Now): void {
    if (input.type === "stop") this.act?.();
    else if (input.type !== "started") this.outbox.complete(input as Parameters<Outbox["complete"]>[0], now);
  }

  drain(): readonly Effect[] {
    this.log.flushTurn();
    const effects = this.outbox.drain();
    if (effects.length > 0) this.lastEffects = effects;
    this.count(effects);
    return effects;
  }

  /** One turn of the node in which `act` is called. */
  turn<T>(act: () => T): T {
    const results: T[] = [];
    this.act = () => results.push(act());
    this.shell.requestStop();
    this.runTurns();
    const [result] = results;
    invariant(results.length === 1, "the turn ran", {});
    return result as T;
  }

  /** Lets one disk operation happen, and the turn that its completion begins. */
  stepDisk(index = 0): void {
    this.disk.step(index);
    this.runTurns();
  }

  /** Until the disk has nothing to do. */
  settle(): void {
    while (this.disk.waiting.length > 0) this.stepDisk();
  }

  recover(): this {
    this.turn(() => this.log.recover(NOW));
    return this;
  }

  recovered(): this {
    this.recover().settle();
    invariant(this.log.isReady, "the log recovered", { told: this.told });
    return this;
  }

  leaderAppends(records: Uint8Array, epoch = 0): ReturnType<PartitionLog["appendAsLeader"]> {
    return this.turn(() => this.log.appendAsLeader(records, leaderEpoch(epoch), NOW));
  }

  /** Everything from the log's start, with slices read from the disk; lets the disk work where positions must be read first. */
  readAll(): Uint8Array {
    const bytes: number[] = [];
    for (let from = this.log.logStartOffset; from < this.log.appendedEnd;) {
      const { parts, endOffset } = this.readWhenKnown(from);
      bytes.push(...this.bytesOf(parts));
      invariant(endOffset > from, "a read gets on", { from, endOffset, told: this.told });
      from = endOffset;
    }
    return Uint8Array.from(bytes);
  }

  readWhenKnown(from: Offset, maxBytes = Number.MAX_SAFE_INTEGER): LogRead {
    for (;;) {
      const read = this.turn(() => this.log.read(from, this.log.appendedEnd, maxBytes));
      if (read.parts.length > 0 || !read.isPending) return read;
      invariant(this.disk.waiting.length > 0, "what a read waits for was asked for", { from });
      this.stepDisk();
    }
  }

  /** Asks until it is done, as a follower does. */
  truncate(to: Offset): void {
    while (!this.turn(() => this.log.truncateTo(to, "the test says so"))) this.stepDisk();
  }

  stop(): void {
    this.turn(() => this.log.stop(NOW, (isWhole) => this.told.push(isWhole ? "stopped" : "stopped short")));
  }

  bytesOf(parts: readonly Part[]): Uint8Array {
    const bytes: number[] = [];
    for (const part of parts) bytes.push(...(isSlice(part) ? this.sliceBytes(part) : part));
    return Uint8Array.from(bytes);
  }

  private sliceBytes(slice: Extract<Part, { path: string }>): Uint8Array {
    const content = this.disk.contentOf(slice.path);
    invariant(slice.generation === this.shellGeneration(slice.path), "a slice is of the shell's generation", { ...slice });
    invariant(content !== undefined && content.length >= slice.position + slice.length, "a slice is in its file", { ...slice, has: content?.length });
    return content.subarray(slice.position, slice.position + slice.length);
  }

  /** The shell's count, from the effects that it was given. */
  private shellGeneration(path: string): number {
    return this.generations.get(path) ?? 0;
  }

  private count(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === "truncate") this.generations.set(effect.path, effect.generation);
      else if (effect.type === "rename" && effect.generation !== undefined) this.generations.set(effect.from, effect.generation);
      else if (effect.type === "delete") this.generations.set(effect.path, this.shellGeneration(effect.path) + 1);
    }
  }

  private runTurns(): void {
    for (let turn = this.turns.shift(); turn !== undefined; turn = this.turns.shift()) turn();
  }

  private ports(): WorldPorts {
    const nothing = (): void => undefined;
    return {
      disk: this.disk,
      network: { listen: nothing, dial: nothing },
      clock: { now: () => this.now, wakeAt: nothing, soon: (turn) => this.turns.push(turn) },
      trace: { isListening: true, emit: ({ event }) => this.trace.push(event) },
      seed: 0,
      bootId: "boot",
      exit: (code, reason) => invariant(false, "the machine died", { code, reason }),
    };
  }
}
