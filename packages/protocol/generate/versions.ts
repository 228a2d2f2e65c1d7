import type { Versions } from "./description.ts";

/** Versions low to high, both inclusive; empty when low > high. */
export interface VersionRange {
  readonly low: number;
  readonly high: number;
}

export const NO_VERSIONS: VersionRange = { low: 0, high: -1 };

export function parseVersions(text: Versions): VersionRange {
  if (text === "none") return NO_VERSIONS;
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text);
  if (match === null) throw new Error(`not a range of versions: ${JSON.stringify(text)}`);
  const low = Number(match[1]);
  if (match[2] !== undefined) return { low, high: Number.POSITIVE_INFINITY };
  return { low, high: match[3] === undefined ? low : Number(match[3]) };
}

export function intersect(a: VersionRange, b: VersionRange): VersionRange {
  const both = { low: Math.max(a.low, b.low), high: Math.min(a.high, b.high) };
  return both.low > both.high ? NO_VERSIONS : both;
}

export const isEmpty = (range: VersionRange): boolean => range.low > range.high;
export const includes = (range: VersionRange, version: number): boolean => version >= range.low && version <= range.high;

/** A JavaScript condition on `version`, given that `version` is within `known`: "true" and "false" where that decides it. */
export function condition(range: VersionRange, known: VersionRange): string {
  const both = intersect(range, known);
  if (isEmpty(both)) return "false";
  const parts: string[] = [];
  if (both.low > known.low) parts.push(`version >= ${both.low}`);
  if (both.high < known.high) parts.push(`version <= ${both.high}`);
  return parts.length === 0 ? "true" : parts.join(" && ");
}

/** `test ? yes : no`, without a test that is always true or false. */
export function choose(test: string, yes: string, no: string): string {
  if (test === "true" || yes === no) return yes;
  return test === "false" ? no : `${test} ? ${yes.includes(" ? ") ? `(${yes})` : yes} : ${no}`;
}
