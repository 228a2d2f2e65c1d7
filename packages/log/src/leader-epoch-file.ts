import { invariant, type Now } from "@samsa/stdx";
import type { Completable, Completion, EffectId } from "@samsa/world";
import type { Requests } from "./patient-outbox.ts";
import type { JobQueue } from "./job-queue.ts";
import { LEADER_EPOCH_CHECKPOINT, TEMPORARY_SUFFIX } from "./log-file-names.ts";

/** Epoch files that one node writes at a time. One step a turn: the busier the node, the longer they wait. */
export const EPOCH_FILES_AT_A_TIME = 1;

/**
 * Kafka's `leader-epoch-checkpoint`: written beside it, renamed over it, never synced. It says nothing that a power cut may not take:
 *
 * 1. an epoch with records is in their batches; 2. one without can only be the last, and whoever leads next begins a higher one at the
 * same offset, which takes its place; 3. of bytes that a power cut mixed up recovery keeps nothing but an epoch that begins where the
 * log ends.
 *
 *     idle ──replace, resume──▶ waiting for a place ──▶ writing ──▶ renaming ──▶ idle
 *                                 └──hold──▶ idle, with work until `resume`
 *
 * While one content is on its way only the newest of those asked for is kept.
 */
export class LeaderEpochFile implements Completable {
  private readonly outbox: Requests;
  private readonly path: string;
  private readonly queue: JobQueue;
  private readonly failed: (detail: string, now: Now) => void;
  private readonly settled: (now: Now) => void;
  private state: "idle" | "waiting" | "writing" | "renaming" | "stopped" = "idle";
  private wanted: (() => Uint8Array) | undefined;
  private awaited: EffectId | undefined;
  private hasWork = false;
  private isHeld = false;
  private readonly begin = (): void => this.write();

  constructor(options: {
    readonly outbox: Requests;
    readonly directory: string;
    readonly queue: JobQueue;
    readonly failed: (detail: string, now: Now) => void;
    /** The file says what was asked for last. */
    readonly settled: (now: Now) => void;
  }) {
    this.outbox = options.outbox;
    this.path = `${options.directory}/${LEADER_EPOCH_CHECKPOINT}`;
    this.queue = options.queue;
    this.failed = options.failed;
    this.settled = options.settled;
  }

  /** The file does not say yet what was asked for last. */
  get isBusy(): boolean {
    return this.hasWork;
  }

  /** `content` is asked for when it is written. */
  replace(content: () => Uint8Array): void {
    if (this.state === "stopped") return;
    this.hasWork = true;
    this.wanted = content;
    if (this.state !== "idle" || this.isHeld) return;
    this.state = "waiting";
    this.queue.add(this.begin);
  }

  /** Nothing is begun until `resume`. */
  hold(): void {
    this.isHeld = true;
    if (this.state !== "waiting") return;
    this.queue.remove(this.begin);
    this.state = "idle";
  }

  resume(): void {
    this.isHeld = false;
    if (this.wanted !== undefined) this.replace(this.wanted);
  }

  /** Nothing is begun any more; what is under way ends by itself. */
  stop(): void {
    if (this.state === "waiting") this.queue.remove(this.begin);
    this.state = "stopped";
  }

  complete(completion: Completion, now: Now): void {
    invariant(completion.id === this.awaited, "a completion of the epoch file is waited for", { path: this.path, id: completion.id });
    if (completion.type !== "failed" && this.state === "writing") return this.rename();
    this.awaited = undefined;
    this.queue.finish();
    if (this.state === "stopped") return;
    if (completion.type === "failed") {
      this.state = "stopped";
      return this.failed(`${this.path}: ${completion.error.code} ${completion.error.detail}`, now);
    }
    this.state = "idle";
    if (this.wanted !== undefined) return this.replace(this.wanted);
    this.hasWork = false;
    this.settled(now);
  }

  private write(): void {
    const content = this.wanted?.() ?? new Uint8Array(0);
    this.wanted = undefined;
    this.state = "writing";
    this.awaited = this.outbox.request({ type: "append", path: this.path + TEMPORARY_SUFFIX, position: 0, buffers: [content] }, this);
  }

  private rename(): void {
    this.state = "renaming";
    this.awaited = this.outbox.request({ type: "rename", from: this.path + TEMPORARY_SUFFIX, to: this.path }, this);
  }
}
