import { posix } from "node:path";

/** What each module imports of its own package, by path. */
export function relativeImports(imports: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, readonly string[]> {
  const resolve = (from: string, specifier: string): string => posix.join(posix.dirname(from), specifier);
  return new Map([...imports].map(([path, specifiers]) => [path, specifiers.filter((one) => one.startsWith(".")).map((one) => resolve(path, one))]));
}

/** One cycle for each group of modules that import one another, as the path that leads round. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const cycles: (readonly string[])[] = [];
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (module: string): void => {
    const start = path.indexOf(module);
    if (start >= 0) cycles.push([...path.slice(start), module]);
    if (start >= 0 || finished.has(module)) return;
    path.push(module);
    for (const next of graph.get(module) ?? []) visit(next);
    path.pop();
    finished.add(module);
  };
  for (const module of graph.keys()) visit(module);
  return cycles;
}
