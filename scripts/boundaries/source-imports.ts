import { parseSync } from "oxc-parser";

/** One import, export-from or dynamic import of a module. */
export interface SourceImport {
  readonly specifier: string;
  readonly line: number;
}

/** Every module that `text` names; types count as well, for they couple as much. Throws where the text can't be parsed. */
export function importsOf(path: string, text: string): readonly SourceImport[] {
  const { module, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`);
  const lineOf = (position: number): number => text.slice(0, position).split("\n").length;
  const fromExports = module.staticExports.flatMap(({ entries }) => entries.flatMap(({ moduleRequest }) => (moduleRequest === null ? [] : [moduleRequest])));
  const named = [...module.staticImports.map(({ moduleRequest }) => moduleRequest), ...fromExports];
  const found = new Map<string, SourceImport>();
  for (const { value, start } of named) found.set(value, { specifier: value, line: lineOf(start) });
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^["'](.*)["']$/.exec(text.slice(moduleRequest.start, moduleRequest.end))?.[1];
    // A computed specifier names nothing that could be checked; the bundle's path, which the runner starts, is one.
    if (literal !== undefined) found.set(literal, { specifier: literal, line: lineOf(moduleRequest.start) });
  }
  return [...found.values()];
}
