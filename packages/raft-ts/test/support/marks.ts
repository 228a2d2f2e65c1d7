/** How often the interesting things happened: a campaign that never met what it looks for is a failed campaign. */
export const newMarks = () => ({
  messages: 0,
  elections: 0,
  committed: 0,
  truncations: 0,
  tornTails: 0,
  voterChanges: 0,
  snapshotsTaken: 0,
  snapshotInstalls: 0,
  transfers: 0,
  reads: 0,
  faults: 0,
  proposals: 0,
  damagedChunks: 0,
  wipes: 0,
});
export type Marks = ReturnType<typeof newMarks>;

export function addMarks(sum: Marks, marks: Marks): void {
  for (const key of Object.keys(sum) as (keyof Marks)[]) sum[key] += marks[key];
}
