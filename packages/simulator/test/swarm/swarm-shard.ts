import { inputOfSeed, replayCommand, runSimulation, type SimulationInput, type SimulationResult } from "@samsa/simulator";
import { describe, expect, it } from "vitest";

const DURATION_MS = 60_000;
/** As many as fit into the tests of two processors in four minutes; `npm test -- --full` looks at five thousand. */
const FIRST = Number(process.env["SAMSA_FIRST_SEED"] ?? 1);
const SEEDS = Number(process.env["SAMSA_SEEDS"] ?? 40);
const SHARDS = 2;

/** What a campaign must have come across; one that has not, has tested nothing about it. */
const MARKS = [
  "broker-fenced",
  "leader-elected",
  "isr-changed",
  "truncate",
  "records-deleted",
  "log-compacted",
  "retention of a compacted log",
  "torn tail dropped",
  "fault crash",
  "death in peace",
  "fault power-loss",
  "fault stash",
  "fault partition",
  "fault pause",
  "fault reset",
  "fault disk-full",
  "disk-full",
  "disk-has-room",
  "fault log-dir-failure",
  "coordinator moved",
  "coordinator deposed",
  "groups replayed",
  "groups replayed in the end",
  "group rebalanced",
  "group partition went over",
  "group member taken for dead",
  "group commit",
  "group commit without outcome",
  "group commit refused",
  "group commit by itself",
  "group member went back",
  "group without offset",
  "group offset told",
];
/** Comes up about once in 300 seeds; `cluster/log-directories.test.ts` has it for certain. */
const RARE_MARKS = ["log-directory-offline"];
const COMMON_SEEDS_MIN = 200;
const RARE_SEEDS_MIN = 500;

/** An exception is a find like any other, and no reason to leave out the seeds after it. */
function outcomeOf(input: SimulationInput): Pick<SimulationResult, "violations" | "marks"> {
  try {
    return runSimulation(input);
  } catch (error) {
    return { violations: [{ invariant: "the simulation threw", detail: String(error) }], marks: {} };
  }
}

export function swarmShard(shard: number): void {
  describe(`the swarm, seeds ${FIRST} to ${FIRST + SEEDS - 1}, part ${shard + 1} of ${SHARDS}`, () => {
    it("keeps every invariant and every promise for a simulated minute of faults each", () => {
      const marks = new Map<string, number>();
      for (let seed = FIRST + shard; seed < FIRST + SEEDS; seed += SHARDS) {
        const input = inputOfSeed(seed, DURATION_MS);
        const result = outcomeOf(input);
        expect.soft(result.violations, `seed ${seed}; replay it with: ${replayCommand(input)}`).toEqual([]);
        for (const [mark, count] of Object.entries(result.marks)) marks.set(mark, (marks.get(mark) ?? 0) + count);
      }
      const expected = [...(SEEDS >= COMMON_SEEDS_MIN ? MARKS : []), ...(SEEDS >= RARE_SEEDS_MIN ? RARE_MARKS : [])];
      for (const mark of expected) expect(marks.get(mark) ?? 0, `the campaign never came across: ${mark}`).toBeGreaterThan(0);
    }, 3_600_000);
  });
}
