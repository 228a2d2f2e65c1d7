import * as fs from "node:fs";

/** Descriptors kept open when nobody uses them. */
export const OPEN_FILES_MAX = 512;

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
}

/**
 * Files opened when first needed and kept open, least recently used first to go. The budget may be passed by as many files
 * as are in use at one time.
 */
export class Descriptors {
  private readonly limit: number;
  /** In order of use, the least recent first. */
  private readonly entries = new Map<string, Entry>();

  constructor(limit = OPEN_FILES_MAX) {
    this.limit = limit;
  }

  get size(): number {
    return this.entries.size;
  }

  /** Calls back later or at once. `creates`: a file that is not there is made. */
  acquire(path: string, creates: boolean, opened: Opened): void {
    const known = this.entries.get(path);
    const entry = known ?? { path, fd: undefined, users: 0, isDetached: false, waiters: [] };
    this.entries.delete(path);
    this.entries.set(path, entry);
    if (entry.fd !== undefined) return opened(undefined, this.use(entry, entry.fd));
    entry.waiters.push({ creates, opened });
    if (known === undefined) this.open(entry, creates);
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

  detachAll(): void {
    for (const path of this.entries.keys()) this.detach(path);
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
      this.evict();
    });
  }

  private openFailed(entry: Entry, error: NodeJS.ErrnoException, creates: boolean): void {
    const waiters = entry.waiters.splice(0);
    // Who wants the file made came while it was being opened for a reader.
    const creators = creates || error.code !== "ENOENT" ? [] : waiters.filter((waiter) => waiter.creates);
    if (creators.length > 0) {
      entry.waiters.push(...creators);
      this.open(entry, true);
    } else if (this.entries.get(entry.path) === entry) this.entries.delete(entry.path);
    for (const waiter of waiters) if (!creators.includes(waiter)) waiter.opened(error);
  }

  private use(entry: Entry, fd: number): Descriptor {
    entry.users++;
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      entry.users--;
      if (entry.isDetached) this.closeIfUnused(entry);
      else this.evict();
    };
    return { fd, release };
  }

  private evict(): void {
    if (this.entries.size <= this.limit) return;
    for (const entry of this.entries.values()) {
      if (this.entries.size <= this.limit) return;
      if (entry.users === 0 && entry.fd !== undefined) this.detach(entry.path);
    }
  }

  private closeIfUnused(entry: Entry): void {
    const { fd } = entry;
    if (entry.users > 0 || fd === undefined) return;
    entry.fd = undefined;
    // Nothing to do about a failure: data are made durable by syncs, never by closing.
    fs.close(fd, () => {});
  }
}
