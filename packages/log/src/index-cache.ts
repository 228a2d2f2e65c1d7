/** Something that was read or kept to find positions by, and can be read again. */
export interface Evictable {
  readonly memoryBytes: number;
  evict(): void;
}

/**
 * What all logs of a node keep in memory to find positions in closed segments by, at most so many bytes of it: what was used longest
 * ago goes first. The newest entry stays, whatever its size, or a reader of a huge segment would never get on.
 */
export class IndexCache {
  private readonly limitBytes: number;
  private readonly entries = new Map<object, Evictable>();
  private heldBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get sizeInBytes(): number {
    return this.heldBytes;
  }

  add(key: object, entry: Evictable): void {
    this.remove(key);
    this.entries.set(key, entry);
    this.heldBytes += entry.memoryBytes;
    for (const [oldest, { evict }] of this.entries) {
      if (this.heldBytes <= this.limitBytes || oldest === key) return;
      this.remove(oldest);
      evict();
    }
  }

  /** It was of use. */
  touch(key: object): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.entries.set(key, entry);
  }

  /** Without `evict`. */
  remove(key: object): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.heldBytes -= entry.memoryBytes;
  }
}
