import { micros, type Now, wallMs } from "@samsa/stdx";
import { type DiskEffect, type Effect, Outbox, type TraceBody } from "@samsa/world";
import type { PowerDisk } from "./power-disk.ts";

const DISK_TYPES: ReadonlySet<Effect["type"]> = new Set(["append", "sync", "sync-directory", "read", "truncate", "rename", "delete", "list", "make-directory"]);
const isOfDisk = (effect: Effect): effect is DiskEffect => DISK_TYPES.has(effect.type);

export const at = (ms: number): Now => ({ monotonicUs: micros(ms * 1000), wallMs: wallMs(1_700_000_000_000 + ms) });

/** Runs what a part of a node asks for, and keeps what is not the disk's. */
export class EffectRunner {
  readonly outbox = new Outbox();
  readonly others: Effect[] = [];
  /** Every sync that was asked for: of a file or directory, and whether it is urgent. */
  readonly syncs: { readonly path: string; readonly isUrgent: boolean }[] = [];
  /** Every change of a file's content, and whether it is urgent. */
  readonly writes: { readonly path: string; readonly isUrgent: boolean }[] = [];
  private readonly disk: PowerDisk | undefined;
  private readonly waiting: DiskEffect[] = [];
  nowMs = 0;

  constructor(disk?: PowerDisk) {
    this.disk = disk;
  }

  get now(): Now {
    return at(this.nowMs);
  }

  get traces(): TraceBody[] {
    return this.take().flatMap((effect) => (effect.type === "trace" ? [effect.event] : []));
  }

  get exits(): { readonly code: number; readonly reason: string }[] {
    return this.take().flatMap((effect) => (effect.type === "exit" ? [effect] : []));
  }

  /** Everything but the disk's, since the beginning. */
  take(): readonly Effect[] {
    for (const effect of this.outbox.drain()) {
      (isOfDisk(effect) ? this.waiting : this.others).push(effect as never);
      if (effect.type === "append" || effect.type === "truncate") this.writes.push({ path: effect.path, isUrgent: effect.isUrgent === true });
      if (effect.type === "sync" || effect.type === "sync-directory") this.syncs.push({ path: effect.path, isUrgent: effect.isUrgent === true });
    }
    return this.others;
  }

  /** The disk's next operation; false: there is none, or the process has ended. */
  step(): boolean {
    const hasEnded = this.exits.length > 0;
    const effect = this.waiting.shift();
    if (hasEnded || effect === undefined || this.disk === undefined) return false;
    this.outbox.complete(this.disk.perform(effect), this.now);
    return true;
  }

  run(): void {
    while (this.step());
    this.take();
  }
}
