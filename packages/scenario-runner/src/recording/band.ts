/** What was so from `fromMs` until `toMs`, half open; milliseconds since the run began. */
export interface Band<T> {
  readonly fromMs: number;
  readonly toMs: number;
  readonly value: T;
}

/**
 * Something that has one value at a time, as bands: they follow each other without a hole and without an overlap, from the first value that
 * was told until the end, and no two neighbours are equal.
 */
export class BandList<T> {
  private readonly changes: { readonly fromMs: number; readonly value: T }[] = [];
  private readonly isSame: (a: T, b: T) => boolean;

  constructor(isSame: (a: T, b: T) => boolean = Object.is) {
    this.isSame = isSame;
  }

  get last(): T | undefined {
    return this.changes.at(-1)?.value;
  }

  /** Times never go back. What is changed again within no time was never so. */
  change(atMs: number, value: T): void {
    const { changes } = this;
    if (changes.at(-1)?.fromMs === atMs) changes.pop();
    const before = changes.at(-1);
    if (before === undefined || !this.isSame(before.value, value)) changes.push({ fromMs: atMs, value });
  }

  /** What began at the end, or behind it, is no band. */
  until(endMs: number): readonly Band<T>[] {
    return this.changes.flatMap(({ fromMs, value }, index) => {
      const toMs = Math.min(endMs, this.changes[index + 1]?.fromMs ?? endMs);
      return fromMs < toMs ? [{ fromMs, toMs, value }] : [];
    });
  }
}
