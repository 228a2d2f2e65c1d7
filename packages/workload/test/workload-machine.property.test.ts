import { ErrorCode } from "@samsa/protocol";
import { checkHistory, formatVerdict } from "@samsa/history";
import { Prng } from "@samsa/stdx";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeCluster } from "../../client/test/fake-cluster.ts";
import { FakeWorld, type Weather } from "../../client/test/fake-world.ts";
import { WorkloadMachine, type WorkloadInput } from "../src/index.ts";

const ROUGH: Weather = { loseRequestPpm: 30_000, loseResponsePpm: 30_000, stashRequestPpm: 20_000, silencePpm: 5000, refusedDialPpm: 50_000, latencyMsMax: 20 };
const TOPIC = "load";

interface Run {
  readonly machine: WorkloadMachine;
  readonly world: FakeWorld;
  readonly cluster: FakeCluster;
}

function start(seed: number, input: Partial<WorkloadInput> = {}): Run {
  const cluster = new FakeCluster(3);
  cluster.maxFetchBatches = 20;
  const machine = new WorkloadMachine({
    runId: `run${seed}`,
    seed,
    bootstrap: [0, 1, 2].map((broker) => ({ host: "fake", port: cluster.portOf(broker) })),
    topic: { name: TOPIC, partitions: 3, replicationFactor: 3 },
    client: { requestTimeoutMs: 500, ...input.client },
    ...input,
  });
  const world = new FakeWorld({ cluster, machine, prng: new Prng(seed).fork("world") });
  return { machine, world, cluster };
}

const leaderMoves = ({ world, cluster }: Run, prng: Prng): void => {
  for (let i = 0; i < 6; i++) world.after(500 + prng.below(3000), () => cluster.moveLeader(TOPIC, prng.below(3), prng.below(3)));
};

const IDEMPOTENT = { acks: "all", isIdempotent: true, maxInFlight: 5 } as const;

describe("a workload", () => {
  it("is clean on a cluster that does nothing wrong", () => {
    const { machine, world } = start(1);
    world.after(5000, () => machine.finish());
    expect(world.runUntil(() => machine.isOver, 30_000)).toBe(true);
    const verdict = checkHistory(machine.history, IDEMPOTENT);
    expect(formatVerdict(verdict)).toMatch(/^Clean/);
    expect(verdict.counts.acked).toBeGreaterThan(400);
    expect(verdict.counts.finalReadsOk).toBe(3);
    expect(verdict.counts.polledRecords).toBeGreaterThan(400);
    expect(machine.phase).toBe("done");
  });

  it("is clean when connections break, leaders move and brokers refuse, for nothing that was acknowledged is lost", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const prng = new Prng(seed);
        const run = start(seed, { pace: { type: "rate", recordsPerSecond: 60 }, producer: { deliveryTimeoutMs: 3000 } });
        const { machine, world, cluster } = run;
        world.weather = ROUGH;
        cluster.refuse = () => (prng.chancePpm(50_000) ? { error: ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND, isAppended: true } : undefined);
        leaderMoves(run, prng);
        world.after(4000, () => {
          world.weather = { ...ROUGH, loseRequestPpm: 0, loseResponsePpm: 0, stashRequestPpm: 0, silencePpm: 0, refusedDialPpm: 0 };
          cluster.refuse = () => undefined;
          machine.finish();
        });
        expect(world.runUntil(() => machine.isOver, 120_000)).toBe(true);
        expect(formatVerdict(checkHistory(machine.history, IDEMPOTENT))).toMatch(/^Clean/);
      }),
      { seed: 20261121, numRuns: 15 },
    );
  });

  it("turns red when a broker acknowledges what it does not keep", () => {
    const { machine, world, cluster } = start(3);
    world.after(2000, () => {
      for (const { log } of cluster.topics.get(TOPIC)?.partitions ?? []) log.lie = "drop";
    });
    world.after(4000, () => machine.finish());
    world.runUntil(() => machine.isOver, 30_000);
    const { anomalies } = checkHistory(machine.history, IDEMPOTENT);
    expect(anomalies.map(({ name }) => name)).toContain("lost");
  });

  it("turns red when a broker keeps a batch twice", () => {
    const { machine, world, cluster } = start(4);
    world.after(2000, () => {
      for (const { log } of cluster.topics.get(TOPIC)?.partitions ?? []) log.lie = "duplicate";
    });
    world.after(4000, () => machine.finish());
    world.runUntil(() => machine.isOver, 30_000);
    expect(checkHistory(machine.history, IDEMPOTENT).anomalies.map(({ name }) => name)).toContain("duplicated");
  });

  it("gives no evidence when the partitions can't be read in the end", () => {
    const { machine, world } = start(5, { finalReadTimeoutMs: 5000 });
    world.after(2000, () => machine.finish());
    world.runUntil(() => machine.phase === "reading", 20_000);
    for (const broker of [0, 1, 2]) world.down.add(broker);
    world.breakAll();
    expect(world.runUntil(() => machine.isOver, 30_000)).toBe(true);
    expect(formatVerdict(checkHistory(machine.history, IDEMPOTENT))).toMatch(/^NO EVIDENCE/);
  });

  it("finishes by itself after its records, in bursts too", () => {
    const { machine, world } = start(6, { totalRecords: 95, pace: { type: "bursts", records: 10, everyMs: 100 } });
    expect(world.runUntil(() => machine.isOver, 30_000)).toBe(true);
    expect(checkHistory(machine.history, IDEMPOTENT).counts).toMatchObject({ sends: 95, acked: 95 });
  });

  it("shows the time without an acknowledgement when the leaders are gone", () => {
    const { machine, world } = start(7, { producer: { deliveryTimeoutMs: 20_000 } });
    world.after(2000, () => {
      for (const broker of [0, 1, 2]) world.down.add(broker);
      world.breakAll();
    });
    world.after(4000, () => world.down.clear());
    world.after(8000, () => machine.finish());
    expect(world.runUntil(() => machine.isOver, 60_000)).toBe(true);
    const gap = machine.longestGap(world.now);
    expect((gap?.endUs ?? 0) - (gap?.startUs ?? 0)).toBeGreaterThan(1_900_000);
    expect((gap?.endUs ?? 0) - (gap?.startUs ?? 0)).toBeLessThan(4_000_000);
    expect(machine.timeline.perSecond.reduce((sum, count) => sum + count, 0)).toBe(machine.timeline.acked);
    expect(formatVerdict(checkHistory(machine.history, IDEMPOTENT))).toMatch(/^Clean/);
  });

  it("fails, and says why, when the topic can't be created", () => {
    const { machine, world } = start(8, { createTimeoutMs: 2000 });
    for (const broker of [0, 1, 2]) world.down.add(broker);
    expect(world.runUntil(() => machine.isOver, 30_000)).toBe(true);
    expect(machine.failure).toContain("could not be created");
  });

  it("does the same again with the same seed", () => {
    const verdictOf = (): unknown => {
      const { machine, world } = start(9);
      world.weather = ROUGH;
      world.after(3000, () => machine.finish());
      world.runUntil(() => machine.isOver, 120_000);
      return { counts: checkHistory(machine.history, IDEMPOTENT).counts, perSecond: machine.timeline.perSecond, at: world.nowUs };
    };
    expect(verdictOf()).toEqual(verdictOf());
  });
});
