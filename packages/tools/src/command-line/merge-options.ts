import type { ParsedOptions } from "./option.ts";

/** The options' values under the keys of the properties that they stand for: given ones always, defaults where the key has no value. */
export function mergeOptions(properties: Map<string, string>, parsed: ParsedOptions, keysByOption: Readonly<Record<string, string>>): void {
  for (const [option, key] of Object.entries(keysByOption)) {
    if (!parsed.has(option) && properties.has(key)) continue;
    const value = parsed.valueOf(option);
    if (value !== undefined) properties.set(key, value);
  }
}
