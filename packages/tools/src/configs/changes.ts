import type { ParsedOptions } from "../command-line/option.ts";
import { illegalArgument } from "../java-exception.ts";
import { readProperties } from "../session/command-config.ts";

/** Keys and values that are to be set, and keys that are to have no value of their own. */
export interface ConfigChanges {
  readonly added: ReadonlyMap<string, string>;
  readonly deleted: readonly string[];
}

/** Not within square brackets. */
const OUTSIDE = String.raw`(?=[^\]]*(?:\[|$))`;
const BETWEEN_PAIRS = new RegExp(`,${OUTSIDE}`);
const WITHIN_PAIR = new RegExp(String.raw`\s*=\s*${OUTSIDE}`);

/** Throws where a pair is none, or a key has other characters than keys have. */
export function changesOf(parsed: ParsedOptions): ConfigChanges {
  const added = new Map(readProperties(parsed.valueOf("add-config-file")));
  const text = parsed.valueOf("add-config");
  if (text !== undefined) {
    const pairs = text.split(BETWEEN_PAIRS).map((pair) => pair.split(WITHIN_PAIR));
    for (const [key, value, ...more] of pairs) {
      if (key === undefined || value === undefined || more.length > 0) {
        throw illegalArgument(
          'requirement failed: Invalid entity config: all configs to be added must be in the format "key=val" or  "key=[val1,val2]" to group values which contain commas.',
        );
      }
      added.set(key.trim(), value.replaceAll(/[[\]]/g, "").trim());
    }
  }
  for (const key of added.keys()) if (!/^[a-zA-Z0-9._-]*$/.test(key)) throw illegalArgument(`Invalid character found for config key: ${key}`);
  return { added, deleted: parsed.valuesOf("delete-config").map((key) => key.trim()) };
}
