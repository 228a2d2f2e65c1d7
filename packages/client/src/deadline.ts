import type { Micros, Now } from "@samsa/stdx";

/** The earlier of two wake-ups, either of which may not be wanted. */
export function earlier(a: Micros | undefined, b: Micros | undefined): Micros | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return a < b ? a : b;
}

/** A wake-up in the past would come at once, again and again. */
export const stillToCome = (at: Micros | undefined, now: Now): Micros | undefined => (at !== undefined && at > now.monotonicUs ? at : undefined);
