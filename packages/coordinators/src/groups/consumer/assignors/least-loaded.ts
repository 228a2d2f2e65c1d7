/** Anything that has a load, which is never lowered while it is asked for here. */
interface Loaded {
  readonly load: number;
}

interface Entry<T> {
  readonly item: T;
  readonly order: number;
  /** As it was when it was put where it is. */
  load: number;
}

/**
 * The least loaded of some, of equals the first one. Loads are raised by whoever likes: what lies at the top of the heap with a load of before is put
 * where it belongs when it is looked at, so that asking costs the logarithm of how many there are.
 */
export class LeastLoaded<T extends Loaded> {
  private readonly heap: Entry<T>[];

  constructor(items: readonly T[]) {
    // Sorted it is a heap.
    this.heap = items.map((item, order) => ({ item, order, load: item.load })).sort((one, other) => (isBefore(one, other) ? -1 : 1));
  }

  /** Undefined where there are none. */
  get(): T | undefined {
    for (let top = this.heap[0]; top !== undefined; top = this.heap[0]) {
      if (top.load === top.item.load) return top.item;
      top.load = top.item.load;
      this.sink();
    }
    return undefined;
  }

  private sink(): void {
    const { heap } = this;
    for (let at = 0; ;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < heap.length && isBefore(heap[child], heap[least])) least = child;
      if (least === at) return;
      [heap[at], heap[least]] = [heap[least] as Entry<T>, heap[at] as Entry<T>];
      at = least;
    }
  }
}

const isBefore = (one: Entry<unknown> | undefined, other: Entry<unknown> | undefined): boolean =>
  one !== undefined && other !== undefined && (one.load < other.load || (one.load === other.load && one.order < other.order));
