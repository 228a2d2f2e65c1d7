import type { Completion, DirectoryEntry, Effect } from "@samsa/world";

type DiskEffect = Extract<
  Effect,
  { type: "append" | "sync" | "sync-directory" | "read" | "truncate" | "rename" | "delete" | "list" | "stat-volume" | "make-directory" }
>;

/** Files of one test, without latency, faults or loss; for those see the simulated world's disk. */
export class MemoryDisk {
  readonly files = new Map<string, Uint8Array>();
  /** True: appends are not done before it is false again. */
  isHeld = false;
  /** True: syncs of files, and what is asked for behind them, are not done before `release`. */
  isSyncHeld = false;
  syncCount = 0;
  private held: DiskEffect[] = [];

  perform(effect: DiskEffect): Completion[] {
    if (effect.type === "sync") this.isHeld ||= this.isSyncHeld;
    if (!this.isHeld) return [...this.held.splice(0).map((earlier) => this.complete(earlier)), this.complete(effect)];
    this.held.push(effect);
    return [];
  }

  release(): Completion[] {
    this.isHeld = false;
    this.isSyncHeld = false;
    return this.held.splice(0).map((effect) => this.complete(effect));
  }

  bytesOf(path: string, position: number, length: number): Uint8Array {
    return (this.files.get(path) ?? new Uint8Array(0)).slice(position, position + length);
  }

  private complete(effect: DiskEffect): Completion {
    const { id } = effect;
    switch (effect.type) {
      case "append": {
        const before = this.files.get(effect.path) ?? new Uint8Array(0);
        const size = effect.buffers.reduce((sum, buffer) => sum + buffer.length, effect.position);
        const after = new Uint8Array(Math.max(size, before.length));
        after.set(before);
        let at = effect.position;
        for (const buffer of effect.buffers) {
          after.set(buffer, at);
          at += buffer.length;
        }
        this.files.set(effect.path, after);
        return { type: "appended", id };
      }
      case "sync":
        this.syncCount++;
        return { type: "synced", id };
      case "sync-directory":
        return { type: "synced", id };
      case "read":
        return { type: "read", id, bytes: this.bytesOf(effect.slice.path, effect.slice.position, effect.slice.length) };
      case "truncate":
        if (!this.files.has(effect.path)) return { type: "failed", id, error: { code: "ENOENT", detail: effect.path } };
        this.files.set(effect.path, this.bytesOf(effect.path, 0, effect.length));
        return { type: "truncated", id };
      case "rename": {
        const bytes = this.files.get(effect.from);
        if (bytes === undefined) return { type: "failed", id, error: { code: "ENOENT", detail: effect.from } };
        this.files.delete(effect.from);
        this.files.set(effect.to, bytes);
        return { type: "renamed", id };
      }
      case "delete":
        this.files.delete(effect.path);
        return { type: "deleted", id };
      case "list":
        return { type: "listed", id, entries: this.list(effect.path) };
      case "stat-volume":
        return { type: "volume-stated", id, size: { totalBytes: 1000, usableBytes: 900 } };
      case "make-directory":
        return { type: "directory-made", id };
    }
  }

  private list(directory: string): DirectoryEntry[] {
    const prefix = directory === "" ? "" : `${directory}/`;
    const entries = new Map<string, DirectoryEntry>();
    for (const [path, bytes] of this.files) {
      if (!path.startsWith(prefix)) continue;
      const [name = "", ...rest] = path.slice(prefix.length).split("/");
      const isDirectory = rest.length > 0;
      entries.set(name, { name, isDirectory, size: isDirectory ? 0 : bytes.length });
    }
    return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
