import { invariant } from "./invariant.ts";

/** How many of `voters` voters any two majorities must share a member with: more than half. */
export const majorityOf = (voters: number): number => Math.floor(voters / 2) + 1;

/**
 * The largest value that a majority of the voters has reached, given one value a voter. With match indexes it is the
 * index that is on a majority; with the times voters were last heard of it is the time since when a majority is alive.
 */
export function reachedByMajority(values: readonly number[]): number {
  const reached = values.toSorted((a, b) => b - a)[majorityOf(values.length) - 1];
  invariant(reached !== undefined, "there is at least one voter");
  return reached;
}
