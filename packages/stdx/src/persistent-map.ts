/** Buckets of one branch, and branches of the root: 1 024 buckets hold about ten entries each at 10 000 topics. */
const FAN_OUT = 32;

type Bucket<V> = ReadonlyMap<string, V>;
type Branch<V> = readonly (Bucket<V> | undefined)[];

/**
 * An immutable map by string. A change copies one root, one branch and one bucket for each bucket it touches, so that one
 * changed topic of 10 000 costs the copying of about 75 slots. Iteration is in an order of the keys' hashes, then of the
 * keys: it depends on the content only, never on the history.
 */
export class PersistentMap<V> {
  readonly size: number;
  private readonly root: readonly (Branch<V> | undefined)[];

  private constructor(root: readonly (Branch<V> | undefined)[], size: number) {
    this.root = root;
    this.size = size;
  }

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>([], 0);
  }

  get(key: string): V | undefined {
    const hash = hashOf(key);
    return this.root[branchOf(hash)]?.[bucketOf(hash)]?.get(key);
  }

  *entries(): Generator<[key: string, value: V]> {
    for (const branch of this.root) for (const bucket of branch ?? []) if (bucket !== undefined) yield* bucket;
  }

  *values(): Generator<V> {
    for (const branch of this.root) for (const bucket of branch ?? []) if (bucket !== undefined) yield* bucket.values();
  }

  /** A map with these entries put in; `undefined` takes a key away. */
  with(changes: ReadonlyMap<string, V | undefined>): PersistentMap<V> {
    if (changes.size === 0) return this;
    const root = [...this.root];
    let size = this.size;
    const owned = new Map<number, (Bucket<V> | undefined)[]>();
    for (const [at, group] of groupByBucket(changes)) {
      const index = branchOf(at);
      const branch = owned.get(index) ?? [...(root[index] ?? [])];
      owned.set(index, branch);
      root[index] = branch;
      const before = branch[bucketOf(at)];
      const after = changeBucket(before, group);
      size += (after?.size ?? 0) - (before?.size ?? 0);
      branch[bucketOf(at)] = after;
    }
    return new PersistentMap(root, size);
  }
}

function groupByBucket<V>(changes: ReadonlyMap<string, V | undefined>): Map<number, [string, V | undefined][]> {
  const groups = new Map<number, [string, V | undefined][]>();
  for (const change of changes) {
    const at = hashOf(change[0]);
    const group = groups.get(at);
    if (group === undefined) groups.set(at, [change]);
    else group.push(change);
  }
  return groups;
}

function changeBucket<V>(before: Bucket<V> | undefined, changes: readonly [string, V | undefined][]): Bucket<V> | undefined {
  const after = new Map(before);
  for (const [key, value] of changes) {
    if (value === undefined) after.delete(key);
    else after.set(key, value);
  }
  if (after.size === 0) return undefined;
  return new Map([...after].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const branchOf = (hash: number): number => hash >>> 5;
const bucketOf = (hash: number): number => hash & (FAN_OUT - 1);

/** FNV-1a folded to 10 bits. */
function hashOf(key: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x0100_0193);
  return (hash ^ (hash >>> 10) ^ (hash >>> 20)) & (FAN_OUT * FAN_OUT - 1);
}
