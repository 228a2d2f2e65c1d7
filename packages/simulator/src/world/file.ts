import type { Prng } from "@samsa/stdx";
import { invariant } from "@samsa/stdx";

export const PAGE_BYTES = 4096;
export const SECTOR_BYTES = 512;
const CAPACITY_MIN = 4 * PAGE_BYTES;

/** What a page held when it was last durable; `undefined`: nothing, it reads as zeros. */
type Undo = Uint8Array | undefined;

/** A sync under way: the pages that were dirty when it began. */
export interface SyncTicket {
  readonly pages: Map<number, Undo>;
  readonly size: number;
  readonly truncatedTo: number;
}

/**
 * A file as its page cache over what is durable. A page is
 *
 * | state   | cache and disk | on sync        | on power loss                          |
 * |---------|----------------|----------------|----------------------------------------|
 * | clean   | equal          | –              | stays                                  |
 * | dirty   | differ         | becomes clean  | kept, dropped, torn or garbage         |
 * | syncing | differ         | (under way)    | as dirty                               |
 * | lost    | differ         | nothing at all | dropped: a sync failed and the kernel marked it clean (fsyncgate) |
 *
 * A truncation that was not synced is lost with all that came after it, or is done: a file system frees the blocks and
 * sets the size in one transaction, and gives them to nobody before; so old and new content never mix behind it.
 *
 * Only what the disk holds of a page that differs is kept apart; so an append copies the bytes appended and, once
 * between two syncs, one page.
 */
export class SimulatedFile {
  private cache = new Uint8Array(CAPACITY_MIN);
  private length = 0;
  private durableLength = 0;
  /** The shortest the file has been since it was durable; infinite if it only grew. */
  private truncatedTo = Number.POSITIVE_INFINITY;
  private dirty = new Map<number, Undo>();
  private readonly syncing: SyncTicket[] = [];
  private readonly lost = new Map<number, Undo>();
  /** Syncs of one file end in the order they began: each waits for the pages of the one before. */
  lastSyncEndsAtUs = 0;

  get size(): number {
    return this.length;
  }

  /** Bytes that a power loss leaves at least. */
  get durableSize(): number {
    return this.durableLength;
  }

  get hasUnsyncedPages(): boolean {
    return this.dirty.size > 0 || this.syncing.length > 0 || this.lost.size > 0;
  }

  /** A copy. */
  read(position: number, length: number): Uint8Array | undefined {
    return position + length <= this.length ? this.cache.slice(position, position + length) : undefined;
  }

  write(position: number, buffers: readonly Uint8Array[], bytesMax = Number.MAX_SAFE_INTEGER): void {
    let total = 0;
    for (const buffer of buffers) total += buffer.length;
    const end = position + Math.min(total, bytesMax);
    if (end === position) return;
    this.reserve(end);
    this.touch(Math.min(position, this.length), end);
    let at = position;
    for (const buffer of buffers) {
      const taken = Math.min(buffer.length, end - at);
      this.cache.set(taken === buffer.length ? buffer : buffer.subarray(0, taken), at);
      at += taken;
    }
    this.length = Math.max(this.length, end);
  }

  /** A longer length extends with zeros. */
  truncate(length: number): void {
    this.reserve(length);
    this.touch(Math.min(length, this.length), Math.max(length, this.length));
    if (length < this.length) {
      this.cache.fill(0, length, this.length);
      this.truncatedTo = Math.min(this.truncatedTo, length);
    }
    this.length = length;
  }

  beginSync(): SyncTicket {
    const ticket = { pages: this.dirty, size: this.length, truncatedTo: this.truncatedTo };
    this.dirty = new Map();
    this.truncatedTo = Number.POSITIVE_INFINITY;
    this.syncing.push(ticket);
    return ticket;
  }

  finishSync(ticket: SyncTicket): void {
    this.remove(ticket);
    this.durableLength = ticket.size;
  }

  /** EIO: the pages count as clean and are not on the disk; the next sync succeeds and saves none of them. */
  failSync(ticket: SyncTicket): void {
    this.takeBack(ticket, this.lost);
  }

  /** The one who asked is dead: the pages are as dirty as before. */
  abandonSync(ticket: SyncTicket): void {
    this.takeBack(ticket, this.dirty);
  }

  /** What the disk holds after the power comes back. Everything covered by a finished sync is there. */
  losePower(stream: Prng): void {
    invariant(this.syncing.length === 0, "syncs under way were abandoned first", {});
    if (this.truncatedTo < this.durableLength && stream.below(2) === 0) this.restoreAll();
    else this.resolveAll(stream);
    this.reserve(this.length);
    this.cache.fill(0, this.length);
    this.durableLength = this.length;
    this.truncatedTo = Number.POSITIVE_INFINITY;
    this.dirty.clear();
    this.lost.clear();
  }

  private restoreAll(): void {
    for (const [page, undo] of this.dirty) this.putBack(page, undo);
    for (const [page, undo] of this.lost) this.putBack(page, undo);
    this.length = this.durableLength;
  }

  private resolveAll(stream: Prng): void {
    this.durableLength = Math.min(this.durableLength, this.truncatedTo);
    const clip = (page: number, undo: Undo): Undo => undo?.subarray(0, Math.max(0, this.truncatedTo - page * PAGE_BYTES));
    for (const [page, undo] of this.dirty) this.resolvePage(page, clip(page, undo), stream);
    for (const [page, undo] of this.lost) this.putBack(page, clip(page, undo));
    this.length = this.drawSize(stream);
  }

  private remove(ticket: SyncTicket): Map<number, Undo> {
    const index = this.syncing.indexOf(ticket);
    invariant(index >= 0, "a sync ends once", {});
    this.syncing.splice(index, 1);
    return ticket.pages;
  }

  private takeBack(ticket: SyncTicket, otherwise: Map<number, Undo>): void {
    for (const [page, undo] of this.remove(ticket)) this.inherit(page, undo, otherwise);
    this.truncatedTo = Math.min(this.truncatedTo, ticket.truncatedTo);
  }

  /** The page has been written again since: then that younger state holds on to the older content of the disk. */
  private inherit(page: number, undo: Undo, otherwise: Map<number, Undo>): void {
    const younger = this.syncing.find((one) => one.pages.has(page))?.pages ?? (this.dirty.has(page) ? this.dirty : otherwise);
    younger.set(page, undo);
  }

  /** Before bytes [start, end) change: remember what the disk holds of their pages. */
  private touch(start: number, end: number): void {
    const lastPage = Math.floor((end - 1) / PAGE_BYTES);
    for (let page = Math.floor(start / PAGE_BYTES); page <= lastPage; page++) {
      if (this.dirty.has(page)) continue;
      const isLost = this.lost.has(page);
      const at = page * PAGE_BYTES;
      const content = at < this.length ? this.cache.slice(at, Math.min(at + PAGE_BYTES, this.length)) : undefined;
      this.dirty.set(page, isLost ? this.lost.get(page) : content);
      if (isLost) this.lost.delete(page);
    }
  }

  private resolvePage(page: number, undo: Undo, stream: Prng): void {
    const fate = stream.below(10);
    if (fate < 4) return;
    if (fate < 7) return this.putBack(page, undo);
    for (let sector = 0; sector < PAGE_BYTES / SECTOR_BYTES; sector++) {
      const at = page * PAGE_BYTES + sector * SECTOR_BYTES;
      if (stream.below(2) === 0) continue;
      // A sector is written whole or not at all; so garbage only where nothing durable was.
      if (fate === 9 && at >= this.durableLength) this.putGarbage(at, stream);
      else this.putBackBytes(at, SECTOR_BYTES, undo, sector * SECTOR_BYTES);
    }
  }

  private putBack(page: number, undo: Undo): void {
    this.putBackBytes(page * PAGE_BYTES, PAGE_BYTES, undo, 0);
  }

  private putBackBytes(at: number, length: number, undo: Undo, from: number): void {
    this.reserve(at + length);
    this.cache.fill(0, at, at + length);
    if (undo !== undefined && from < undo.length) this.cache.set(undo.subarray(from, Math.min(from + length, undo.length)), at);
  }

  private putGarbage(at: number, stream: Prng): void {
    this.reserve(at + SECTOR_BYTES);
    this.cache.set(stream.bytes(SECTOR_BYTES), at);
  }

  /** The size is metadata of its own: with or without what was not synced, or as it was in between. */
  private drawSize(stream: Prng): number {
    const low = Math.min(this.length, this.durableLength);
    const high = Math.max(this.length, this.durableLength);
    const fate = stream.below(3);
    return fate === 0 ? this.durableLength : fate === 1 ? this.length : stream.between(low, high);
  }

  private reserve(bytes: number): void {
    if (bytes <= this.cache.length) return;
    let capacity = this.cache.length * 2;
    while (capacity < bytes) capacity *= 2;
    const grown = new Uint8Array(capacity);
    grown.set(this.cache.subarray(0, this.length));
    this.cache = grown;
  }
}
