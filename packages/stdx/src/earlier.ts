import type { Micros } from "./brand.ts";

/** The earlier of two deadlines, either of which may not be wanted. */
export function earlier(a: Micros | undefined, b: Micros | undefined): Micros | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}
