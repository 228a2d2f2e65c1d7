import { type GroupHistory, NO_OFFSET } from "@samsa/history";

/** What of a group's history a campaign must have seen, each as often as it was there: a check that met none of it has tested nothing. */
export function groupMarks(group: GroupHistory): readonly string[] {
  const marks: string[] = [];
  if (group.generations.length > 1) marks.push("group rebalanced");
  for (const { ownerships, commits, fetches, starts } of group.partitions()) {
    if (new Set(ownerships.map(({ process }) => process)).size > 1) marks.push("group partition went over");
    if (ownerships.some(({ exclusiveUntilUs, endedUs }) => exclusiveUntilUs < endedUs)) marks.push("group member taken for dead");
    if (commits.some(({ outcome }) => outcome === "ok")) marks.push("group commit");
    if (commits.some(({ outcome }) => outcome === "info")) marks.push("group commit without outcome");
    if (commits.some(({ outcome }) => outcome === "fail")) marks.push("group commit refused");
    if (commits.some(({ outcome, automatic }) => outcome === "ok" && automatic !== undefined)) marks.push("group commit by itself");
    if (starts.some(({ isSought, fromOffset, firstOffset }) => isSought === true && firstOffset === fromOffset)) marks.push("group member went back");
    if (fetches.some(({ offset }) => offset === NO_OFFSET)) marks.push("group without offset");
    if (fetches.some(({ offset, askedUs }) => offset !== NO_OFFSET && commits.some((one) => one.outcome === "ok" && one.completedUs <= askedUs)))
      marks.push("group offset told");
  }
  return marks;
}
