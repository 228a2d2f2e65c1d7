import type { DiskEffect, EffectId } from "./effect.ts";
import type { Completion } from "./input.ts";
import type { DiskPort, Outcome } from "./ports.ts";

type Append = Extract<DiskEffect, { type: "append" }>;
type Change = Extract<DiskEffect, { type: "append" | "truncate" | "delete" }>;
type Sync = Extract<DiskEffect, { type: "sync" }>;
/** Something that has the file to itself until it calls `release`. */
type Exclusive = { readonly type: "exclusive"; readonly start: (release: () => void) => void };

export interface FileQueueEvents {
  report(completion: Completion): void;
  /** Nothing waits and no change is under way: the queue may be forgotten. */
  idle(): void;
}

/** Bytes that one vectored write may gather. */
const MAX_WRITE_BYTES = 4 * 1024 * 1024;
/** Buffers that one vectored write may gather (IOV_MAX is 1024 on Linux). */
const MAX_WRITE_BUFFERS = 1000;

/**
 * The operations of one file: changes one at a time and in order; appends that have gathered meanwhile go out as one
 * vectored write. A sync waits for the changes asked for before it, and holds up nothing behind it.
 */
export class FileQueue {
  private readonly disk: DiskPort;
  private readonly events: FileQueueEvents;
  private readonly waiting: (Change | Exclusive)[] = [];
  private readonly syncs: { readonly effect: Sync; readonly after: number }[] = [];
  private isBusy = false;
  private asked = 0;
  private finished = 0;

  constructor(disk: DiskPort, events: FileQueueEvents) {
    this.disk = disk;
    this.events = events;
  }

  push(effect: Change): void {
    this.asked++;
    this.waiting.push(effect);
    this.next();
  }

  /** A change that concerns more than this file: `start` is called when its turn has come, and holds up what is behind it. */
  exclusive(start: (release: () => void) => void): void {
    this.asked++;
    this.waiting.push({ type: "exclusive", start });
    this.next();
  }

  sync(effect: Sync): void {
    this.syncs.push({ effect, after: this.asked });
    this.startSyncs();
  }

  /** The process is gone: what has not begun is never done. */
  stop(): void {
    this.waiting.length = 0;
    this.syncs.length = 0;
  }

  private next(): void {
    const first = this.waiting[0];
    if (this.isBusy || first === undefined) return;
    this.isBusy = true;
    if (first.type === "append") return this.writeGathered(first);
    this.waiting.shift();
    if (first.type === "exclusive") first.start(() => this.finish([], 1));
    else this.change(first);
  }

  private writeGathered(first: Append): void {
    if (this.waiting.length === 1) return this.writeAlone(first);
    const group: Append[] = [];
    const buffers: Uint8Array[] = [];
    let end = first.position;
    for (let effect = this.waiting[0]; effect?.type === "append" && effect.position === end; effect = this.waiting[0]) {
      if (group.length > 0 && (end - first.position > MAX_WRITE_BYTES || buffers.length + effect.buffers.length > MAX_WRITE_BUFFERS)) break;
      group.push(effect);
      for (const buffer of effect.buffers) {
        buffers.push(buffer);
        end += buffer.length;
      }
      this.waiting.shift();
    }
    const done = (outcome: Outcome<void>): void => {
      const completions = group.map((effect) => completionOf(effect.id, "appended", outcome));
      this.finish(completions, group.length);
    };
    const isUrgent = group.some((effect) => effect.isUrgent === true);
    this.disk.append({ path: first.path, position: first.position, isUrgent }, buffers, done);
  }

  /** Nothing to gather: the common case, without copies. */
  private writeAlone({ id, path, position, buffers, isUrgent }: Append): void {
    this.waiting.length = 0;
    this.disk.append({ path, position, isUrgent }, buffers, (outcome) => this.finish([completionOf(id, "appended", outcome)], 1));
  }

  private change(effect: Exclude<Change, Append>): void {
    const { id, path } = effect;
    if (effect.type === "truncate") {
      const done = (outcome: Outcome<void>): void => this.finish([completionOf(id, "truncated", outcome)], 1);
      this.disk.truncate(path, effect.length, done, effect.isUrgent);
    } else this.disk.delete(path, (outcome) => this.finish([completionOf(id, "deleted", outcome)], 1));
  }

  private finish(completions: readonly Completion[], count: number): void {
    this.isBusy = false;
    this.finished += count;
    for (const completion of completions) this.events.report(completion);
    this.startSyncs();
    this.next();
    this.tellIfIdle();
  }

  private startSyncs(): void {
    for (let sync = this.syncs[0]; sync !== undefined && sync.after <= this.finished; sync = this.syncs[0]) {
      const { effect } = sync;
      this.syncs.shift();
      const done = (outcome: Outcome<void>): void => {
        this.events.report(completionOf(effect.id, "synced", outcome));
        this.tellIfIdle();
      };
      this.disk.sync(effect.path, done, effect.isUrgent);
    }
  }

  private tellIfIdle(): void {
    if (!this.isBusy && this.waiting.length === 0 && this.syncs.length === 0) this.events.idle();
  }
}

export function completionOf(
  id: EffectId,
  type: "appended" | "synced" | "truncated" | "renamed" | "deleted" | "directory-made",
  outcome: Outcome<void>,
): Completion {
  return outcome.ok ? { type, id } : { type: "failed", id, error: outcome.error };
}
