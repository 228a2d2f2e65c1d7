import type { Completion, DirectoryEntry, DiskEffect, EffectErrorCode } from "@samsa/world";

/** What a power cut leaves: content that was synced, under names whose directory was synced. */
interface File {
  content: Uint8Array;
  synced: Uint8Array;
}

const EMPTY = new Uint8Array(0);

/** A tiny disk that tells what was written from what would survive a power cut. Operations are done one by one, in order. */
export class PowerDisk {
  private files = new Map<string, File>();
  private durableNames = new Map<string, File>();
  /** The next operations of that kind fail. */
  failing: { readonly type: DiskEffect["type"]; readonly code: EffectErrorCode } | undefined;

  perform(effect: DiskEffect): Completion {
    const { id } = effect;
    if (this.failing?.type === effect.type) return { type: "failed", id, error: { code: this.failing.code, detail: "asked for by the test" } };
    switch (effect.type) {
      case "append": {
        const file = this.files.get(effect.path) ?? { content: EMPTY, synced: EMPTY };
        const buffers = effect.buffers.flatMap((buffer) => [...buffer]);
        file.content = Uint8Array.of(...file.content.slice(0, effect.position), ...buffers);
        this.files.set(effect.path, file);
        return { type: "appended", id };
      }
      case "truncate": {
        const file = this.files.get(effect.path);
        if (file === undefined) return { type: "failed", id, error: { code: "ENOENT", detail: effect.path } };
        file.content = file.content.slice(0, effect.length);
        return { type: "truncated", id };
      }
      case "sync": {
        const file = this.files.get(effect.path);
        if (file !== undefined) file.synced = file.content;
        return { type: "synced", id };
      }
      case "sync-directory":
        for (const path of new Set([...this.files.keys(), ...this.durableNames.keys()])) if (directoryOf(path) === effect.path) this.syncName(path);
        return { type: "synced", id };
      case "rename": {
        const file = this.files.get(effect.from);
        if (file === undefined) return { type: "failed", id, error: { code: "ENOENT", detail: effect.from } };
        this.files.delete(effect.from);
        this.files.set(effect.to, file);
        return { type: "renamed", id };
      }
      case "delete":
        this.files.delete(effect.path);
        return { type: "deleted", id };
      case "read":
        return {
          type: "read",
          id,
          bytes: (this.files.get(effect.slice.path)?.content ?? EMPTY).slice(effect.slice.position, effect.slice.position + effect.slice.length),
        };
      case "list":
        return { type: "listed", id, entries: this.list(effect.path) };
      case "stat-volume":
        return { type: "volume-stated", id, size: { totalBytes: 1000, usableBytes: 900 } };
      case "make-directory":
        return { type: "directory-made", id };
    }
  }

  /** Unsynced names and contents are gone. */
  cutPower(): void {
    for (const file of this.durableNames.values()) file.content = file.synced;
    this.files = new Map(this.durableNames);
  }

  content(path: string): Uint8Array | undefined {
    return this.files.get(path)?.content;
  }

  write(path: string, content: Uint8Array): void {
    const file = { content, synced: content };
    this.files.set(path, file);
    this.durableNames.set(path, file);
  }

  private syncName(path: string): void {
    const file = this.files.get(path);
    if (file === undefined) this.durableNames.delete(path);
    else this.durableNames.set(path, file);
  }

  private list(directory: string): DirectoryEntry[] {
    return [...this.files]
      .filter(([path]) => directoryOf(path) === directory)
      .map(([path, { content }]) => ({ name: path.slice(path.lastIndexOf("/") + 1), isDirectory: false, size: content.length }));
  }
}

const directoryOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
