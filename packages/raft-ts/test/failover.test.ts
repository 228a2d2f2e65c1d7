import { describe, expect, test } from "vitest";
import { demandProgress } from "./support/healing.ts";
import { SimCluster, type SimOptions } from "./support/sim-cluster.ts";

const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1);

/** A quorum that has a leader which everybody follows, and some entries. */
function settled(options: Omit<SimOptions, "size">, size = 3): SimCluster {
  const cluster = new SimCluster({ ...options, size });
  demandProgress(cluster);
  cluster.run(300_000);
  return cluster;
}

const termOf = (cluster: SimCluster): number => Math.max(...cluster.running.map((node) => node.term));

describe("a dead leader", () => {
  test("is replaced within 150 ms when its peers' dials are refused, most of the time, and always within 400", () => {
    const tookUs = SEEDS.map((seed) => {
      const cluster = settled({ seed, hasRefusals: true });
      const startUs = cluster.queue.nowUs;
      cluster.stop(cluster.leader ?? 0, "crash");
      expect(cluster.run(5_000_000, () => cluster.leader !== undefined)).toBe(true);
      return cluster.queue.nowUs - startUs;
    }).toSorted((a, b) => a - b);
    expect(tookUs[Math.floor(tookUs.length * 0.95)]).toBeLessThan(150_000);
    expect(tookUs.at(-1)).toBeLessThan(400_000);
  });

  test("costs one or two terms", () => {
    for (const seed of SEEDS) {
      const cluster = settled({ seed, hasRefusals: true }, 5);
      const before = termOf(cluster);
      cluster.stop(cluster.leader ?? 0, "power-loss");
      demandProgress(cluster);
      expect(termOf(cluster) - before).toBeLessThanOrEqual(2);
    }
  });

  test("is replaced after the election timeout when nothing tells of its death", () => {
    const cluster = settled({ seed: 1 });
    const startUs = cluster.queue.nowUs;
    cluster.stop(cluster.leader ?? 0, "crash");
    expect(cluster.run(5_000_000, () => cluster.leader !== undefined)).toBe(true);
    expect(cluster.queue.nowUs - startUs).toBeGreaterThan(0.75 * cluster.electionTimeoutUs);
  });
});

describe("a healthy leader keeps its term", () => {
  test("when all connections are reset at once and made anew", () => {
    for (const seed of SEEDS) {
      const cluster = settled({ seed, hasRefusals: true });
      const { leader } = cluster;
      const term = termOf(cluster);
      cluster.propose(leader, "in flight");
      for (const [a, b] of [
        [1, 2],
        [1, 3],
        [2, 3],
      ] as const)
        cluster.reset(a, b);
      cluster.run(5_000_000);
      expect([cluster.leader, termOf(cluster)]).toEqual([leader, term]);
      expect(cluster.running.map((node) => node.commitIndex)).toEqual(cluster.running.map((node) => node.lastIndex));
    }
  });

  test("what the reset lost is sent again at once, not with the next heartbeat", () => {
    const cluster = settled({ seed: 3 });
    const leader = cluster.leader ?? 0;
    cluster.propose(leader, "in flight");
    for (const [a, b] of [
      [1, 2],
      [1, 3],
      [2, 3],
    ] as const)
      cluster.reset(a, b);
    const isCommitted = (): boolean => cluster.node(leader)?.commitIndex === cluster.node(leader)?.lastIndex;
    expect(cluster.run(20_000, isCommitted)).toBe(true);
  });

  test("when a server comes back that was cut off for a minute", () => {
    for (const seed of SEEDS.slice(0, 20)) {
      const cluster = settled({ seed });
      const term = termOf(cluster);
      cluster.cut(cluster.ids.filter((id) => id !== cluster.leader).slice(0, 1));
      cluster.run(60_000_000);
      cluster.heal();
      cluster.run(10_000_000);
      expect(termOf(cluster)).toBe(term);
    }
  });

  test("when a follower's process dies and returns", () => {
    const cluster = settled({ seed: 4, hasRefusals: true });
    const term = termOf(cluster);
    const follower = cluster.ids.find((id) => id !== cluster.leader) ?? 0;
    cluster.stop(follower, "power-loss");
    cluster.run(3_000_000);
    cluster.start(follower);
    cluster.run(3_000_000);
    expect(termOf(cluster)).toBe(term);
  });

  test("when its followers' disks take longer than the election timeout for a sync", () => {
    const cluster = settled({ seed: 5 });
    cluster.syncMaxUs = 4_000_000;
    const { leader } = cluster;
    const term = termOf(cluster);
    for (let i = 0; i < 30; i++) {
      cluster.propose(leader, `${i}`);
      cluster.run(1_000_000);
    }
    expect([cluster.leader, termOf(cluster)]).toEqual([leader, term]);
  });
});

describe("check-quorum", () => {
  test("a leader that hears from no majority resigns within an election timeout and a heartbeat", () => {
    const cluster = settled({ seed: 6 });
    const leader = cluster.leader ?? 0;
    cluster.cut([leader]);
    cluster.run(1.2 * cluster.electionTimeoutUs);
    expect(cluster.node(leader)?.role).not.toBe("leader");
  });

  test("a leader that hears from a majority does not, though a minority is gone", () => {
    const cluster = settled({ seed: 7 }, 5);
    const { leader } = cluster;
    const term = termOf(cluster);
    cluster.cut(cluster.ids.filter((id) => id !== leader).slice(0, 2));
    cluster.run(10_000_000);
    expect([cluster.leader, cluster.node(leader ?? 0)?.term]).toEqual([leader, term]);
  });

  test("a single voter leads for ever, and asks for no wake-up", () => {
    const cluster = settled({ seed: 8 }, 1);
    cluster.run(100_000_000);
    expect(cluster.node(1)?.role).toBe("leader");
    expect(cluster.node(1)?.term).toBe(1);
    expect(cluster.node(1)?.nextDeadlineUs).toBeUndefined();
  });
});
