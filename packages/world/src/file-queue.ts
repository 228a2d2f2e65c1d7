import type { DiskEffect, EffectId } from "./effect.ts";
import type { Completion } from "./input.ts";
import type { DiskPort, Outcome } from "./ports.ts";

type Append = Extract<DiskEffect, { type: "append" }>;
type Change = Extract<DiskEffect, { type: "append" | "truncate" | "rename" | "delete" }>;
type Sync = Extract<DiskEffect, { type: "sync" }>;
type Report = (completion: Completion) => void;

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
  private readonly report: Report;
  private readonly waiting: Change[] = [];
  private readonly syncs: { readonly effect: Sync; readonly after: number }[] = [];
  private isBusy = false;
  private asked = 0;
  private finished = 0;

  constructor(disk: DiskPort, report: Report) {
    this.disk = disk;
    this.report = report;
  }

  get isIdle(): boolean {
    return !this.isBusy && this.waiting.length === 0 && this.syncs.length === 0;
  }

  push(effect: Change): void {
    this.asked++;
    this.waiting.push(effect);
    this.next();
  }

  sync(effect: Sync): void {
    this.syncs.push({ effect, after: this.asked });
    this.startSyncs();
  }

  private next(): void {
    const first = this.waiting[0];
    if (this.isBusy || first === undefined) return;
    this.isBusy = true;
    if (first.type === "append") this.writeGathered(first);
    else {
      this.waiting.shift();
      this.change(first);
    }
  }

  private writeGathered(first: Append): void {
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
    this.disk.append(first.path, first.position, buffers, (outcome) => this.finish(group, "appended", outcome));
  }

  private change(effect: Exclude<Change, Append>): void {
    if (effect.type === "truncate") this.disk.truncate(effect.path, effect.length, (outcome) => this.finish([effect], "truncated", outcome));
    else if (effect.type === "rename") this.disk.rename(effect.from, effect.to, (outcome) => this.finish([effect], "renamed", outcome));
    else this.disk.delete(effect.path, (outcome) => this.finish([effect], "deleted", outcome));
  }

  private finish(effects: readonly Change[], type: "appended" | "truncated" | "renamed" | "deleted", outcome: Outcome<void>): void {
    this.isBusy = false;
    this.finished += effects.length;
    for (const effect of effects) this.report(completionOf(effect.id, type, outcome));
    this.startSyncs();
    this.next();
  }

  private startSyncs(): void {
    for (let sync = this.syncs[0]; sync !== undefined && sync.after <= this.finished; sync = this.syncs[0]) {
      const { effect } = sync;
      this.syncs.shift();
      this.disk.sync(effect.path, (outcome) => this.report(completionOf(effect.id, "synced", outcome)));
    }
  }
}

export function completionOf(id: EffectId, type: "appended" | "synced" | "truncated" | "renamed" | "deleted" | "directory-made", outcome: Outcome<void>): Completion {
  return outcome.ok ? { type, id } : { type: "failed", id, error: outcome.error };
}
