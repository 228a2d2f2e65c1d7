import { runSimulation, type SimulationInput } from "@samsa/simulator";
import { describe, expect, test } from "vitest";
import { COMPACTED_TOPIC } from "../src/swarm/compaction-draws.ts";

const SEGMENT = { "log.segment.bytes": "1024", "log.roll.ms": "1000" };
const OFTEN = { "log.cleaner.backoff.ms": "50", "log.cleaner.min.cleanable.ratio": "0", "log.cleaner.delete.retention.ms": "1000" };

/** A topic of few keys, all of whose logs are compacted many times a second. */
const calm: SimulationInput = {
  seed: 1,
  nodes: 3,
  durationMs: 20_000,
  topic: { partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 },
  load: { acks: -1, isIdempotent: true, producers: 1, recordsPerSecond: 2, recordsPerBurst: 1, maxInFlight: 1 },
  compaction: { partitions: 1, keys: 4, recordsPerSecond: 40, tombstoneOneIn: 5, isIdempotent: true },
  world: {},
  limits: { ...SEGMENT, ...OFTEN },
  plan: { actions: [] },
};

describe("a topic that is compacted all the time", () => {
  test("keeps what it must where nothing goes wrong, and its groups' offsets too", () => {
    const groups = [{ members: 2, strategy: "range", isStatic: false, commitEveryMs: 50, sessionTimeoutMs: 3_000, maxPollIntervalMs: 6_000 }] as const;
    const { violations, marks } = runSimulation({ ...calm, groups });
    expect(violations).toEqual([]);
    expect(marks["log-compacted"]).toBeGreaterThan(100);
  });

  test("is looked at by retention all the while, which reads nothing that is being replaced", () => {
    const compaction = { partitions: 2, keys: 4, recordsPerSecond: 40, tombstoneOneIn: 5, isIdempotent: true, isRetained: true };
    const victim = { type: "leader", topic: COMPACTED_TOPIC, partition: 0 } as const;
    const actions = [8_000, 14_000].map((atMs) => ({ atMs, fault: { type: "crash" as const, victim, restartAfterMs: 500 } }));
    const limits = { ...calm.limits, "log.retention.check.interval.ms": "1", "log.cleaner.io.max.bytes.per.second": "20000" };
    const { violations, marks } = runSimulation({ ...calm, compaction, limits, plan: { actions } });
    expect(violations).toEqual([]);
    expect([marks["log-compacted"], marks["fault crash"]]).toEqual([expect.any(Number), 2]);
  });

  test("is cut from its beginning, where there is more than may be kept, and no further (I-P8, I-C1)", () => {
    const compaction = { partitions: 2, keys: 4, recordsPerSecond: 40, tombstoneOneIn: 5, isIdempotent: true, isRetained: true, retainedBytes: 1_500 };
    const victim = { type: "leader", topic: COMPACTED_TOPIC, partition: 0 } as const;
    const actions = [8_000, 14_000].map((atMs) => ({ atMs, fault: { type: "crash" as const, victim, restartAfterMs: 500 } }));
    const limits = { ...calm.limits, "log.retention.check.interval.ms": "100" };
    const { violations, marks } = runSimulation({ ...calm, compaction, limits, plan: { actions } });
    expect(violations).toEqual([]);
    expect(marks["log-compacted"]).toBeGreaterThan(20);
    expect(marks["retention of a compacted log"]).toBeGreaterThan(10);
  });

  test("does not put off what must be well in bounded time: a node that is away for too long after the heal is told (I-L6)", () => {
    const input = {
      ...calm,
      durationMs: 5_000,
      compaction: { ...calm.compaction, partitions: 1, keys: 4, recordsPerSecond: 10, tombstoneOneIn: 5, isIdempotent: true },
    };
    const after = (diesOverMs: number): readonly string[] =>
      runSimulation({ ...input, limits: {}, lastDeath: { diesOverMs } }).violations.map(({ invariant }) => invariant);
    expect(after(59_000)).toEqual([]);
    expect(after(61_500)).toEqual(["I-L6"]);
  });

  test.each([1, 2, 3, 4])("is copied by a follower that was away, and ends within what has been emptied since (seed %i)", (seed) => {
    const victim = { type: "follower", topic: COMPACTED_TOPIC, partition: 0 } as const;
    const actions = [6_000, 12_000].map((atMs) => ({ atMs, fault: { type: "crash" as const, victim, restartAfterMs: 4_000 } }));
    const { violations, marks } = runSimulation({ ...calm, seed, plan: { actions } });
    expect(violations).toEqual([]);
    expect(marks["fault crash"]).toBe(2);
  });
});
