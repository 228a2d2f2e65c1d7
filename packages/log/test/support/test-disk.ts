import type { Prng } from "@samsa/stdx";
import { type AppendPlace, type DirectoryEntry, type DiskPort, type Done, failed, type Outcome, succeeded, type VolumeSize } from "@samsa/world";

/** Small, so that a few batches span several of them. */
const PAGE_BYTES = 64;

/** What a power cut does to pages and directory entries that were not synced. */
export type Loss = "kept" | "dropped" | "torn";

interface File {
  durable: Uint8Array;
  volatile: Uint8Array;
}

type EntryChange =
  | { readonly name: string; readonly file: File }
  | { readonly name: string; readonly file: undefined }
  | { readonly from: string; readonly to: string; readonly file: File };

interface Target {
  readonly name: string;
  readonly path: string;
}

interface Operation {
  readonly name: string;
  readonly run: () => void;
  /** For an append that a crash interrupts: writes only its first bytes. */
  readonly runPart?: (prng: Prng) => void;
}

/**
 * A disk of one directory and its parent. Operations wait until the test lets them happen, one by one; a power cut keeps,
 * drops or tears what was not synced: bytes page by page, directory entries one by one.
 */
export class TestDisk implements DiskPort {
  readonly waiting: Operation[] = [];
  /** Names of the operations that happened. */
  readonly happened: string[] = [];
  /** The next operations with this name and path fail with this code. */
  readonly faults: { name: string; path: string; code: "EIO" | "ENOSPC" }[] = [];
  /** Whatever would make a file, or one longer, fails with ENOSPC; how many of its bytes are written all the same. */
  full: ((length: number) => number) | undefined;
  private files = new Map<string, File>();
  private durableFiles = new Map<string, File>();
  private changes: EntryChange[] = [];
  private directories = new Set<string>();
  private durableDirectories = new Set<string>();

  append({ path, position }: AppendPlace, buffers: readonly Uint8Array[], done: Done<void>): void {
    const length = buffers.reduce((sum, { length }) => sum + length, 0);
    const write = (limit: number): void => {
      const file = this.files.get(path) ?? this.create(path);
      const content = new Uint8Array(Math.max(file.volatile.length, position + limit));
      content.set(file.volatile);
      let at = 0;
      for (const buffer of buffers) {
        content.set(buffer.subarray(0, Math.max(0, limit - at)), position + at);
        at += Math.min(buffer.length, Math.max(0, limit - at));
      }
      file.volatile = content;
    };
    this.add(
      { name: "append", path },
      () => {
        const known = this.files.get(path);
        if (this.full === undefined || (known !== undefined && position + length <= known.volatile.length)) return succeeded(write(length));
        const part = this.full(length);
        if (part > 0) write(part);
        return failed("ENOSPC", path);
      },
      done,
      (prng) => write(prng.between(0, length)),
    );
  }

  sync(path: string, done: Done<void>): void {
    this.onFile("sync", path, done, (file) => {
      file.durable = file.volatile.slice();
    });
  }

  syncDirectory(path: string, done: Done<void>): void {
    this.add(
      { name: "sync-directory", path },
      () => {
        for (const directory of this.directories) if (parentOf(directory) === path) this.durableDirectories.add(directory);
        const isHere = (name: string): boolean => parentOf(name) === path;
        this.durableFiles = new Map([...[...this.durableFiles].filter(([name]) => !isHere(name)), ...[...this.files].filter(([name]) => isHere(name))]);
        this.changes = this.changes.filter((change) => !isHere("from" in change ? change.from : change.name));
        return succeeded(undefined);
      },
      done,
    );
  }

  readToSend(path: string, position: number, length: number, done: Done<Uint8Array>): void {
    this.read(path, position, length, done);
  }

  read(path: string, position: number, length: number, done: Done<Uint8Array>): void {
    this.add(
      { name: "read", path },
      () => {
        const file = this.files.get(path);
        if (file === undefined) return failed("ENOENT", path);
        return position + length > file.volatile.length ? failed("ESHORT", path) : succeeded(file.volatile.slice(position, position + length));
      },
      done,
    );
  }

  truncate(path: string, length: number, done: Done<void>): void {
    this.onFile("truncate", path, done, (file) => {
      file.volatile = file.volatile.slice(0, length);
    });
  }

  rename(from: string, to: string, done: Done<void>): void {
    this.onFile("rename", from, done, (file) => {
      this.files.delete(from);
      this.files.set(to, file);
      this.changes.push({ from, to, file });
    });
  }

  delete(path: string, done: Done<void>): void {
    this.onFile("delete", path, done, () => {
      this.files.delete(path);
      this.changes.push({ name: path, file: undefined });
    });
  }

  list(path: string, done: Done<readonly DirectoryEntry[]>): void {
    this.add({ name: "list", path }, () => (this.directories.has(path) ? succeeded(this.entries(path)) : failed("ENOENT", path)), done);
  }

  statVolume(path: string, done: Done<VolumeSize>): void {
    this.add({ name: "stat-volume", path }, () => succeeded({ totalBytes: 1000, usableBytes: 900 }), done);
  }

  makeDirectory(path: string, done: Done<void>): void {
    this.add(
      { name: "make-directory", path },
      () => (this.full !== undefined && !this.directories.has(path) ? failed("ENOSPC", path) : succeeded(void this.directories.add(path))),
      done,
    );
  }

  /** Lets one operation happen; reads and syncs may overtake, so any of the waiting ones may be next. */
  step(index = 0): void {
    const [operation] = this.waiting.splice(index, 1);
    operation?.run();
  }

  contentOf(path: string): Uint8Array | undefined {
    return this.files.get(path)?.volatile;
  }

  names(directory: string): readonly string[] {
    return this.entries(directory).map(({ name }) => name);
  }

  /** Puts a whole file there, durably. */
  put(path: string, content: Uint8Array): void {
    const file = { durable: content, volatile: content };
    this.directories.add(parentOf(path)).add("");
    this.durableDirectories.add(parentOf(path));
    this.files.set(path, file);
    this.durableFiles.set(path, file);
  }

  /** Somebody deletes a file behind the log's back. */
  lose(path: string): void {
    this.files.delete(path);
    this.durableFiles.delete(path);
  }

  /** The process dies: an append under way may have written some of its bytes. The page cache survives, and is still not synced. */
  crash(prng: Prng): TestDisk {
    const next = new TestDisk();
    for (const { runPart } of this.waiting) if (prng.below(2) === 0) runPart?.(prng);
    const copies = new Map<File, File>();
    const copyOf = (file: File): File => {
      const copy = copies.get(file) ?? { durable: file.durable.slice(), volatile: file.volatile.slice() };
      copies.set(file, copy);
      return copy;
    };
    next.files = new Map([...this.files].map(([name, file]) => [name, copyOf(file)]));
    next.durableFiles = new Map([...this.durableFiles].map(([name, file]) => [name, copyOf(file)]));
    next.changes = this.changes.map((change) => (change.file === undefined ? change : { ...change, file: copyOf(change.file) }));
    next.directories = new Set(this.directories);
    next.durableDirectories = new Set(this.durableDirectories);
    return next;
  }

  losePower(loss: Loss, prng: Prng): TestDisk {
    const keeps = (): boolean => (loss === "torn" ? prng.below(2) === 0 : loss === "kept");
    for (const { runPart } of this.waiting) if (keeps()) runPart?.(prng);
    const names = new Map(this.durableFiles);
    for (const change of this.changes) if (keeps()) applyChange(names, change);
    const next = new TestDisk();
    for (const directory of this.directories) if (this.durableDirectories.has(directory) || keeps()) next.directories.add(directory);
    next.durableDirectories = new Set(next.directories);
    const settled = new Map<File, Uint8Array>();
    for (const [name, file] of names) {
      if (!next.directories.has(parentOf(name))) continue;
      const content = settled.get(file) ?? afterPowerLoss(file, loss, prng);
      settled.set(file, content);
      next.put(name, content);
    }
    return next;
  }

  /** The same content, for another future. */
  copy(): TestDisk {
    const next = new TestDisk();
    for (const [name, { volatile }] of this.files) next.put(name, volatile.slice());
    for (const directory of this.directories) next.directories.add(directory);
    next.durableDirectories = new Set(next.directories);
    return next;
  }

  private create(path: string): File {
    const file = { durable: new Uint8Array(0), volatile: new Uint8Array(0) };
    this.files.set(path, file);
    this.changes.push({ name: path, file });
    return file;
  }

  private entries(path: string): readonly DirectoryEntry[] {
    const inside = [...this.files].filter(([name]) => parentOf(name) === path);
    const entries = inside.map(([name, { volatile }]) => ({ name: name.slice(path.length + 1), isDirectory: false, size: volatile.length }));
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private onFile(name: string, path: string, done: Done<void>, change: (file: File) => void): void {
    this.add(
      { name, path },
      () => {
        const file = this.files.get(path);
        return file === undefined ? failed("ENOENT", path) : succeeded(change(file));
      },
      done,
    );
  }

  private add<T>({ name, path }: Target, act: () => Outcome<T>, done: Done<T>, runPart?: (prng: Prng) => void): void {
    const run = (): void => {
      const fault = this.faults.findIndex((planned) => planned.name === name && path.includes(planned.path));
      this.happened.push(`${name} ${path}`);
      if (fault < 0) return done(act());
      const [{ code } = { code: "EIO" as const }] = this.faults.splice(fault, 1);
      done(failed(code, path));
    };
    this.waiting.push(runPart === undefined ? { name, run } : { name, run, runPart });
  }
}

const parentOf = (path: string): string => (path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "");

function applyChange(names: Map<string, File>, change: EntryChange): void {
  if ("from" in change) {
    names.delete(change.from);
    names.set(change.to, change.file);
  } else if (change.file === undefined) names.delete(change.name);
  else names.set(change.name, change.file);
}

function afterPowerLoss({ durable, volatile }: File, loss: Loss, prng: Prng): Uint8Array {
  if (loss === "kept") return volatile.slice();
  if (loss === "dropped") return durable.slice();
  const content = new Uint8Array(prng.below(2) === 0 ? durable.length : volatile.length);
  content.set(durable.subarray(0, content.length));
  for (let page = 0; page < content.length; page += PAGE_BYTES) {
    const end = Math.min(page + PAGE_BYTES, content.length);
    const at = firstDifference(durable, volatile, page, end);
    if (at === end) continue;
    const fate = prng.below(4);
    if (fate === 0) content.set(volatile.subarray(at, end), at);
    else if (fate === 1) content.set(volatile.subarray(at, prng.between(at, end)), at);
    else if (fate === 2) content.set(prng.bytes(end - at), at);
  }
  return content;
}

/** Bytes of a page that were synced and not changed since are safe, though their neighbours are not. */
function firstDifference(a: Uint8Array, b: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && a[at] === b[at]) at++;
  return at;
}
