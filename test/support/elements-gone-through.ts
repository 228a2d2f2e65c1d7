/** Where arrays are gone through as a whole: what a copy, a search or a text of one costs. */
const METHODS = [
  Symbol.iterator,
  "slice",
  "concat",
  "join",
  "shift",
  "splice",
  "indexOf",
  "includes",
  "find",
  "findLast",
  "filter",
  "some",
  "toSorted",
  "sort",
] as const;

/** How many elements of arrays it looks at: what grows with the square of its input does so on any machine, and by no clock. */
export function elementsGoneThrough(run: () => void): number {
  let count = 0;
  const originals = METHODS.map((method) => [method, Reflect.get(Array.prototype, method) as (...args: readonly unknown[]) => unknown] as const);
  for (const [method, original] of originals) {
    Reflect.set(Array.prototype, method, function counted(this: readonly unknown[], ...args: readonly unknown[]): unknown {
      count += this.length;
      return Reflect.apply(original, this, args);
    });
  }
  try {
    run();
  } finally {
    for (const [method, original] of originals) Reflect.set(Array.prototype, method, original);
  }
  return count;
}
