import * as fs from "node:fs";

/** Descriptors of files that are open at a time, used or not; sockets have what is left of `ulimit -n`. */
export const OPEN_FILES_MAX = 512;
/** Beside them, of files with urgent operations: the metadata log, its successor and the snapshot's. */
export const URGENT_FILES_MAX = 4;

/** An open file that somebody uses; to be given back with `release`, once. */
export interface Descriptor {
  readonly fd: number;
  release(): void;
}

export type Opened = (error: Error | undefined, descriptor?: Descriptor) => void;

interface Waiter {
  readonly creates: boolean;
  readonly opened: Opened;
}

/** One file: being opened (`fd` undefined) or open. Detached from its name by a delete or a rename, it closes after its last user. */
interface Entry {
  readonly path: string;
  fd: number | undefined;
  users: number;
  isDetached: boolean;
  readonly waiters: Waiter[];
  readonly whenOpened: (() => void)[];
}

/**
 * Files opened when first needed and kept open, least recently used first to go. No more than the budget are open at a time: who wants another
 * waits until one is not used any more. A produce to three thousand partitions wants all their files at once. Nobody waits for ever as long as who
 * uses one waits for none.
 */
export class Descriptors {
  private readonly limit: number;
  private readonly entries = new Map<string, Entry>();
  /** Open, and used by nobody: the least recently used first. */
  private readonly idle = new Set<Entry>();
  /** To be opened when there is room. */
  private readonly queue: { readonly entry: Entry; readonly creates: boolean }[] = [];
  /** Open, being opened, or being closed. */
  private count = 0;
  private closing = 0;
  private allClosed: (() => void) | undefined;

  constructor(limit = OPEN_FILES_MAX) {
    this.limit = limit;
  }

  get size(): number {
    return this.count;
  }

  /** Calls back later or at once. `creates`: a file that is not there is made. */
  acquire(path: string, { creates }: { readonly creates: boolean }, opened: Opened): void {
    const known = this.entries.get(path);
    const entry = known ?? { path, fd: undefined, users: 0, isDetached: false, waiters: [], whenOpened: [] };
    if (entry.fd !== undefined) return opened(undefined, this.use(entry, entry.fd));
    entry.waiters.push({ creates, opened });
    if (known !== undefined) return;
    this.entries.set(path, entry);
    this.queue.push({ entry, creates });
    this.openQueued();
  }

  /** Runs `then`, once a file that is to be opened is open, or can't be: later or at once. */
  whenOpened(path: string, then: () => void): void {
    const entry = this.entries.get(path);
    if (entry === undefined || entry.fd !== undefined) then();
    else entry.whenOpened.push(then);
  }

  /**
   * The name means another file, or none, from now on. To be called when the change is done, not before it:
   * 1. a delete begins, 2. a read opens the file, 3. it is unlinked; an append to the new file of that name would go to the old one.
   */
  detach(path: string): void {
    const entry = this.entries.get(path);
    if (entry === undefined) return;
    this.entries.delete(path);
    entry.isDetached = true;
    this.closeIfUnused(entry);
  }

  /** `done` comes when all are closed that nobody uses. */
  detachAll(done: () => void): void {
    for (const path of this.entries.keys()) this.detach(path);
    this.allClosed = done;
    this.tellIfClosed();
  }

  private tellIfClosed(): void {
    if (this.closing > 0) return;
    this.allClosed?.();
    this.allClosed = undefined;
  }

  /** What there is room for; what nobody uses makes room for the rest. */
  private openQueued(): void {
    while (this.count < this.limit) {
      const next = this.queue.shift();
      if (next === undefined) return;
      this.count++;
      this.open(next.entry, next.creates);
    }
    for (const entry of this.idle) {
      if (this.closing >= this.queue.length) return;
      this.detach(entry.path);
    }
  }

  private open(entry: Entry, creates: boolean): void {
    const flags = fs.constants.O_RDWR | (creates ? fs.constants.O_CREAT : 0);
    fs.open(entry.path, flags, 0o644, (error, fd) => {
      if (error !== null) return this.openFailed(entry, error, creates);
      entry.fd = fd;
      const waiters = entry.waiters.splice(0);
      // All are counted before the first is told: it may give its own back at once.
      const uses = waiters.map(() => this.use(entry, fd));
      waiters.forEach((waiter, index) => waiter.opened(undefined, uses[index]));
      for (const goOn of entry.whenOpened.splice(0)) goOn();
    });
  }

  private openFailed(entry: Entry, error: NodeJS.ErrnoException, creates: boolean): void {
    this.count--;
    const waiters = entry.waiters.splice(0);
    // Who wants the file made came while it was being opened for a reader.
    const creators = creates || error.code !== "ENOENT" ? [] : waiters.filter((waiter) => waiter.creates);
    if (creators.length > 0) {
      entry.waiters.push(...creators);
      this.queue.unshift({ entry, creates: true });
    } else if (this.entries.get(entry.path) === entry) this.entries.delete(entry.path);
    for (const waiter of waiters) if (!creators.includes(waiter)) waiter.opened(error);
    if (creators.length === 0) for (const goOn of entry.whenOpened.splice(0)) goOn();
    this.openQueued();
  }

  private use(entry: Entry, fd: number): Descriptor {
    entry.users++;
    this.idle.delete(entry);
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      entry.users--;
      if (entry.users > 0) return;
      if (entry.isDetached) return this.closeIfUnused(entry);
      this.idle.add(entry);
      this.openQueued();
    };
    return { fd, release };
  }

  private closeIfUnused(entry: Entry): void {
    const { fd } = entry;
    if (entry.users > 0 || fd === undefined) return;
    entry.fd = undefined;
    this.idle.delete(entry);
    this.closing++;
    // Nothing to do about a failure: data are made durable by syncs, never by closing.
    fs.close(fd, () => {
      this.closing--;
      this.count--;
      this.openQueued();
      this.tellIfClosed();
    });
  }
}
