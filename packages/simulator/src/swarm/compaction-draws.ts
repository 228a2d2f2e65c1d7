import { Prng } from "@samsa/stdx";
import type { CompactionShape, SimulationInput } from "./simulation-input.ts";

/** Of so many seeds one compacts. */
const SEEDS_WITH_COMPACTION = 4;
/** Of so many of these retention looks at the same logs in one. */
const RUNS_WITH_RETENTION = 2;
/** And of so many of these it deletes the oldest of them in one. */
const RUNS_THAT_DELETE = 2;
export const COMPACTED_TOPIC = "compacted";

/**
 * Logs that are compacted all the time: a topic with few keys of its own, and `__consumer_offsets` where there are groups. Drawn from a stream of its own, and
 * put beside what was drawn: a run without is what it was before there was any. `isWanted`: there is some.
 */
export function withCompaction(input: SimulationInput, isWanted = false): SimulationInput {
  const prng = new Prng(input.seed).fork("compaction");
  if (prng.below(SEEDS_WITH_COMPACTION) !== 0 && !isWanted) return input;
  const compaction: CompactionShape = {
    partitions: prng.between(1, 2),
    keys: prng.pick([2, 5, 20]),
    recordsPerSecond: prng.pick([5, 20, 40]),
    tombstoneOneIn: prng.pick([2, 5, 10]),
    isIdempotent: prng.below(3) > 0,
  };
  const limits = {
    "log.segment.bytes": prng.pick(["1024", "4096", "1048576"]),
    // No topic may ask for less than a MiB, and __consumer_offsets asks for 100.
    "log.roll.ms": prng.pick(["200", "1000", "4000"]),
    "log.cleaner.backoff.ms": prng.pick(["20", "200", "1000"]),
    "log.cleaner.min.cleanable.ratio": prng.pick(["0", "0.3"]),
    "log.cleaner.delete.retention.ms": prng.pick(["0", "1000", "10000", "86400000"]),
    "log.cleaner.dedupe.buffer.size": prng.pick(["300", "2000", "134217728"]),
    "log.cleaner.io.max.bytes.per.second": prng.pick(["3000", "1000000000"]),
  };
  if (prng.below(RUNS_WITH_RETENTION) !== 0) return { ...input, compaction, limits: { ...limits, ...input.limits } };
  const often = { "log.retention.check.interval.ms": prng.pick(["20", "300"]) };
  const retained = { ...compaction, isRetained: true, ...retainedBytesOf(new Prng(input.seed).fork("compaction that deletes")) };
  return { ...input, compaction: retained, limits: { ...limits, ...often, ...input.limits } };
}

/** About as much as a few records of each key, or less than those. */
function retainedBytesOf(prng: Prng): Pick<CompactionShape, "retainedBytes"> {
  const retainedBytes = prng.pick([500, 2_000, 6_000]);
  return prng.below(RUNS_THAT_DELETE) === 0 ? { retainedBytes } : {};
}
