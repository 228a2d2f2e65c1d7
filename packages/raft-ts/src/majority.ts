import { invariant } from "./invariant.ts";

/** How many of `voters` voters any two majorities must share a member with: more than half. */
export const majorityOf = (voters: number): number => Math.floor(voters / 2) + 1;

/**
 * The largest value that a majority of the voters has reached, given one value a voter. With match indexes it is the
 * index that is on a majority; with the times voters were last heard of it is the time since when a majority is alive.
 */
export function reachedByMajority(values: readonly number[]): number {
  invariant(values.length > 0, "there is at least one voter");
  const majority = majorityOf(values.length);
  let reached = Number.NEGATIVE_INFINITY;
  // Asked for after every turn, so without the garbage of sorting a copy.
  for (const value of values) if (value > reached && countReached(values, value) >= majority) reached = value;
  return reached;
}

function countReached(values: readonly number[], value: number): number {
  let count = 0;
  for (const other of values) if (other >= value) count++;
  return count;
}
