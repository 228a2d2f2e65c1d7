import { invariant, type Uuid } from "@samsa/stdx";
import { inLogDirectory, placedPath } from "@samsa/world";
import type { LogDirConfig } from "../config.ts";

/** One log directory of this broker. */
export interface LogDirectory extends LogDirConfig {
  /** As its `meta.properties` has it; undefined where that could not be read. */
  readonly id: Uuid | undefined;
  readonly isOnline: boolean;
  /** Unsynced records in it may be gone. */
  readonly hasLostPageCache: boolean;
}

/** `offline`: where the replica lies, or may lie, can't be used. */
export type Place = { readonly type: "online" | "offline"; readonly directory: string };

/**
 * The log directories that partitions are put into, and which of them holds what (KIP-112, KIP-858).
 *
 * | a partition is | goes |
 * |---|---|
 * | found in one directory | there |
 * | found in several | where the metadata say it lies; what is in the others is stray |
 * | not found; the metadata name a directory that works | there |
 * | not found; they name one that is not known, and another has failed | nowhere: it may be that one |
 * | not found otherwise | into the directory with the fewest partitions, the first of several such |
 *
 * A directory that has failed stays so until the process starts again: after a failed write nobody knows what it holds.
 */
export class LogDirectories {
  private readonly all: LogDirectory[];
  /** Indexes of directories by name of a partition's directory, as they were found at the start. */
  private readonly found = new Map<string, readonly number[]>();
  /** Index of the directory of what is open or on its way out, by name. */
  private readonly placed = new Map<string, number>();

  constructor(logDirs: readonly LogDirConfig[]) {
    this.all = logDirs.map((logDir) => ({ ...logDir, id: undefined, isOnline: true, hasLostPageCache: false }));
  }

  get directories(): readonly LogDirectory[] {
    return this.all;
  }

  /** More than the first, whose id stands for the broker. */
  get isSeveral(): boolean {
    return this.all.length > 1 || this.all[0]?.index !== 0;
  }

  get online(): readonly LogDirectory[] {
    return this.all.filter(({ isOnline }) => isOnline);
  }

  /** Ids of those that failed while this process ran; what was broken before has no known one. */
  get offlineIds(): readonly Uuid[] {
    return this.all.flatMap(({ id, isOnline }) => (isOnline || id === undefined ? [] : [id]));
  }

  /** Which of them could be read, by index, and which of these are not what they were. */
  identified(ids: ReadonlyMap<number, Uuid>, withoutPageCache: ReadonlySet<number>): void {
    for (const [at, { index }] of this.all.entries())
      this.update(at, { id: ids.get(index), isOnline: ids.has(index), hasLostPageCache: withoutPageCache.has(index) });
  }

  hasLostPageCache(directory: string): boolean {
    return this.ofPath(directory)?.hasLostPageCache === true;
  }

  /** A directory was listed at the start. */
  surveyed(index: number, names: readonly string[]): void {
    for (const name of names) this.found.set(name, [...(this.found.get(name) ?? []), index]);
  }

  /** False where that was known. */
  failed(index: number): boolean {
    const at = this.all.findIndex((one) => one.index === index);
    invariant(at >= 0, "a log directory of this broker", { index });
    if (this.all[at]?.isOnline !== true) return false;
    this.update(at, { isOnline: false });
    return true;
  }

  isOnline(directory: string): boolean {
    return this.ofPath(directory)?.isOnline === true;
  }

  /** As it is configured. */
  pathOf(index: number): string {
    return this.all.find((one) => one.index === index)?.path ?? "";
  }

  idOf(directory: string): Uuid | undefined {
    return this.ofPath(directory)?.id;
  }

  /** Where the partition's directory of this name lies from now on. `assigned`: the log directory's id that the metadata have. */
  place(name: string, assigned: Uuid | undefined): Place {
    const index = this.placed.get(name) ?? this.choose(name, assigned);
    this.placed.set(name, index);
    const directory = inLogDirectory(index, name);
    return { type: this.isOnline(directory) ? "online" : "offline", directory };
  }

  /** Nothing of this name is there any more. */
  vacated(directory: string): void {
    const { path: name, logDir } = placedPath(directory);
    if (this.placed.get(name) === logDir) this.placed.delete(name);
    this.found.set(
      name,
      (this.found.get(name) ?? []).filter((index) => index !== logDir),
    );
    if (this.found.get(name)?.length === 0) this.found.delete(name);
  }

  private choose(name: string, assigned: Uuid | undefined): number {
    const named = this.all.find(({ id }) => id !== undefined && id === assigned);
    const found = this.found.get(name) ?? [];
    const [first] = found;
    if (first !== undefined) return named !== undefined && found.includes(named.index) ? named.index : first;
    if (named !== undefined) return named.index;
    const unreadable = this.all.find(({ id }) => id === undefined);
    if (assigned !== undefined && unreadable !== undefined && this.isSeveral) return unreadable.index;
    return this.emptiest();
  }

  private emptiest(): number {
    const counts = new Map<number, number>();
    for (const index of this.placed.values()) counts.set(index, (counts.get(index) ?? 0) + 1);
    const [first, ...others] = this.online;
    invariant(first !== undefined, "a broker without a log directory has ended");
    let best = first;
    for (const one of others) if ((counts.get(one.index) ?? 0) < (counts.get(best.index) ?? 0)) best = one;
    return best.index;
  }

  private ofPath(directory: string): LogDirectory | undefined {
    const { logDir } = placedPath(directory);
    return this.all.find(({ index }) => index === logDir);
  }

  private update(at: number, change: Partial<Pick<LogDirectory, "id" | "isOnline" | "hasLostPageCache">>): void {
    const before = this.all[at];
    if (before !== undefined) this.all[at] = { ...before, ...change };
  }
}
