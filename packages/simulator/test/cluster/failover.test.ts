import { WorkloadMachine } from "@samsa/workload";
import { expect, it } from "vitest";
import { watchedCluster, type WatchedCluster } from "@samsa/simulator";

const TOPIC = "orders";
const SESSION_TIMEOUT_MS = 3_000;

function underLoad(seed: number): WatchedCluster & { readonly workload: WorkloadMachine } {
  const running = watchedCluster({ seed });
  const { cluster, world } = running;
  const workload = new WorkloadMachine({
    runId: "failover",
    seed,
    bootstrap: cluster.bootstrap,
    topic: { name: TOPIC, partitions: 6, replicationFactor: 3, configs: { "min.insync.replicas": "2" } },
    pace: { type: "rate", recordsPerSecond: 200 },
  });
  cluster.addClient(
    100,
    () => workload,
    () => undefined,
  );
  world.runWhile(() => workload.timeline.acked < 200, world.nowUs + 20_000_000);
  expect(workload.timeline.acked).toBeGreaterThanOrEqual(200);
  return { ...running, workload };
}

const partitionsOf = ({ watcher }: WatchedCluster) => watcher.ghost.image?.topicByName(TOPIC)?.partitions ?? [];
const terms = ({ cluster }: WatchedCluster) => cluster.views.map(({ node }) => node.quorum.node?.term);

it.each([1, 2, 3, 4, 5, 6, 7, 8])("lets a reset of every connection at once cost no epoch (seed %i)", (seed) => {
  const running = underLoad(seed);
  const { cluster, world, violations, workload } = running;
  const termsBefore = terms(running);
  const epochsBefore = partitionsOf(running).map(({ leaderEpoch }) => leaderEpoch);
  cluster.inject({ type: "reset", losesBytes: seed % 2 === 0 });
  world.runFor(15_000_000);
  expect(terms(running)).toEqual(termsBefore);
  expect(partitionsOf(running).map(({ leaderEpoch }) => leaderEpoch)).toEqual(epochsBefore);
  expect(running.events.filter(({ event }) => event.kind === "broker-fenced")).toEqual([]);
  const acked = workload.timeline.acked;
  world.runFor(2_000_000);
  expect(workload.timeline.acked).toBeGreaterThan(acked);
  expect(violations).toEqual([]);
});

it.each([1, 2, 3, 4, 5, 6])("replaces a dead leader on a refused dial, long before its session ends (seed %i)", (seed) => {
  const running = underLoad(seed);
  const { cluster, world, violations } = running;
  const controller = cluster.views.find(({ node }) => node.controller.isActive)?.id;
  const victim = partitionsOf(running)
    .map(({ leader }) => leader as number)
    .find((leader) => leader !== controller);
  expect(victim).toBeDefined();
  const startUs = world.nowUs;
  world.crash(victim ?? 0);
  world.runWhile(() => partitionsOf(running).some(({ leader }) => leader === victim || leader < 0), startUs + 10_000_000);
  const tookMs = (world.nowUs - startUs) / 1000;
  expect(tookMs).toBeLessThan(SESSION_TIMEOUT_MS / 6);
  expect(violations).toEqual([]);
});

it.each([1, 2, 3, 4, 5, 6, 7, 8])("replaces a leader that takes 40 ms to die as soon, though its listener accepts meanwhile (seed %i)", (seed) => {
  const running = underLoad(seed);
  const { cluster, world, violations } = running;
  const controller = cluster.views.find(({ node }) => node.controller.isActive)?.id;
  const victim =
    partitionsOf(running)
      .map(({ leader }) => leader as number)
      .find((leader) => leader !== controller) ?? 0;
  const startUs = world.nowUs;
  cluster.inject({ type: "crash", victim, restartAfterMs: 60_000, diesOverMs: 40 });
  world.runWhile(() => partitionsOf(running).some(({ leader }) => leader === victim || leader < 0), startUs + 10_000_000);
  expect((world.nowUs - startUs) / 1000).toBeLessThan(SESSION_TIMEOUT_MS / 6);
  expect(violations).toEqual([]);
});

it("begins a node anew only when its last process is wholly dead", () => {
  const running = underLoad(1);
  const { cluster, world, violations } = running;
  const incarnation = cluster.viewOf(2)?.incarnation ?? 0;
  const startUs = world.nowUs;
  cluster.inject({ type: "crash", victim: 2, restartAfterMs: 5, diesOverMs: 40 });
  world.runWhile(() => cluster.viewOf(2) === undefined, startUs + 10_000_000);
  expect([(world.nowUs - startUs) / 1000, cluster.viewOf(2)?.incarnation]).toEqual([40, incarnation + 1]);
  cluster.inject({ type: "crash", victim: 3, diesOverMs: 40 });
  cluster.faults.healAll();
  world.runWhile(() => running.watcher.ghost.image.brokers.get(3 as never)?.isFenced !== false || cluster.views.length < 3, startUs + 30_000_000);
  expect([cluster.views.length, violations]).toEqual([3, []]);
});

it.each([1, 2, 3, 4, 5, 6])("replaces a dead active controller on refused dials, long before sessions end (seed %i)", (seed) => {
  const running = underLoad(seed);
  const { cluster, world, violations } = running;
  const victim = cluster.views.find(({ node }) => node.controller.isActive)?.id ?? 0;
  const startUs = world.nowUs;
  world.crash(victim);
  world.runWhile(() => partitionsOf(running).some(({ leader }) => leader === victim || leader < 0), startUs + 10_000_000);
  expect((world.nowUs - startUs) / 1000).toBeLessThan(SESSION_TIMEOUT_MS / 3);
  expect(violations).toEqual([]);
});

it("waits for the session where a host vanishes without a refusal", () => {
  const running = underLoad(3);
  const { cluster, world, violations } = running;
  const controller = cluster.views.find(({ node }) => node.controller.isActive)?.id;
  const victim =
    partitionsOf(running)
      .map(({ leader }) => leader as number)
      .find((leader) => leader !== controller) ?? 0;
  const startUs = world.nowUs;
  cluster.inject({ type: "partition", from: [victim], isOneWay: false, forMs: 60_000 });
  world.runWhile(() => partitionsOf(running).some(({ leader }) => leader === victim), startUs + 20_000_000);
  const tookMs = (world.nowUs - startUs) / 1000;
  expect(tookMs).toBeGreaterThan(SESSION_TIMEOUT_MS / 2);
  expect(tookMs).toBeLessThan(2 * SESSION_TIMEOUT_MS);
  expect(violations).toEqual([]);
});
