import { resolve } from "node:path";
import type { Edit } from "../../mutants/mutant.ts";

/** Edits by the path of their file, as loaders name it. */
export function editsByPath(edits: readonly Edit[]): ReadonlyMap<string, readonly Edit[]> {
  const byPath = new Map<string, Edit[]>();
  for (const edit of edits) byPath.set(resolve(edit.file), [...(byPath.get(resolve(edit.file)) ?? []), edit]);
  return byPath;
}

/** The file's text with the bug put back. */
export const applyEdits = (text: string, edits: readonly Edit[]): string => edits.reduce(apply, text);

function apply(text: string, { file, find, replace }: Edit): string {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${file}: ${JSON.stringify(find)} stands there ${parts.length - 1} times, not once`);
  return parts.join(replace);
}
