import type { RaftLimits } from "../../src/index.ts";
import type { Random } from "./random.ts";

const FAMILIES = [
  "crashes",
  "powerLoss",
  "cuts",
  "resets",
  "pauses",
  "stoppedDisks",
  "wipes",
  "damage",
  /** A node that was just elected dies often. */
  "killsLeaders",
  /** One entry an append, one append in flight: entries of different terms part company. */
  "tinyAppends",
  "snapshots",
  "membership",
  "transfers",
  "reads",
] as const;
export type Family = (typeof FAMILIES)[number];

/** One run: which families of faults and of operations it has (swarm testing leaves some out, for they hide each other's bugs), and on what ground. */
export interface Swarm {
  readonly seed: number;
  readonly size: number;
  readonly observers: number;
  readonly families: ReadonlySet<Family>;
  readonly hasRefusals: boolean;
  readonly isPinned: boolean;
  readonly electionTimeoutUs: number;
  readonly latencyMaxUs: number;
  readonly syncMaxUs: number;
  readonly stepMaxUs: number;
  readonly steps: number;
  readonly limits: Partial<RaftLimits>;
}

/** What a mutant's search may fix. */
export type Focus = Partial<Pick<Swarm, "size" | "observers" | "steps" | "stepMaxUs" | "electionTimeoutUs" | "isPinned" | "hasRefusals">> & {
  readonly families?: readonly Family[];
};

export function drawSwarm(seed: number, random: Random, focus: Focus = {}): Swarm {
  const drawn = FAMILIES.filter(() => random.chance(0.7));
  const families = new Set(focus.families ?? drawn);
  const size = random.pick([1, 2, 3, 3, 3, 4, 5, 5]);
  const isSlowDisk = random.chance(0.3);
  // A vote is a sync and a round trip; an election timeout that is not many of them elects nobody.
  const electionTimeoutUs = isSlowDisk ? 1_000_000 : random.pick([200_000, 1_000_000]);
  const { families: _, ...fixed } = focus;
  return {
    seed,
    size,
    observers: random.between(0, 3),
    families,
    hasRefusals: random.chance(0.5),
    isPinned: random.chance(0.3),
    electionTimeoutUs,
    latencyMaxUs: random.pick([1000, 20_000]),
    syncMaxUs: isSlowDisk ? 100_000 : 5000,
    stepMaxUs: random.pick([60_000, 200_000, 600_000]),
    steps: random.between(100, 300),
    limits: {
      ...(families.has("tinyAppends") ? { maxEntriesPerAppend: 1, maxInflightAppends: 1 } : { maxInflightAppends: 3 }),
      ...(families.has("snapshots")
        ? { snapshotAfterEntries: random.pick([3, 10, 40]), retainedEntries: random.pick([1, 5]), maxBytesPerChunk: random.pick([20, 100]) }
        : {}),
    },
    ...fixed,
  };
}
