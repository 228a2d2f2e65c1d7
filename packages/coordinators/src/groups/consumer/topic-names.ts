/** Each once, in an order of their own: clients say them in any. */
export const sortedNames = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();

export const sameNames = (one: readonly string[], other: readonly string[]): boolean =>
  one === other || (one.length === other.length && one.every((name, at) => name === other[at]));
