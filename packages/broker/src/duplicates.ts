/** What is in a list more than once. */
export function duplicatesOf<T>(items: readonly T[]): ReadonlySet<T> {
  const seen = new Set<T>();
  const twice = new Set<T>();
  for (const item of items) (seen.has(item) ? twice : seen).add(item);
  return twice;
}
