import { micros, wallMs } from "@samsa/stdx";
import { WorkloadMachine } from "@samsa/workload";
import { expect, it } from "vitest";
import { watchedCluster } from "@samsa/simulator";

const TOPIC = "orders";

function underLoad(seed: number) {
  const running = watchedCluster({ seed });
  const { cluster, world } = running;
  const topic = { name: TOPIC, partitions: 6, replicationFactor: 3, configs: { "min.insync.replicas": "2" } };
  const workload = new WorkloadMachine({ runId: "stop", seed, bootstrap: cluster.bootstrap, topic, pace: { type: "rate", recordsPerSecond: 200 } });
  cluster.addClient(
    100,
    () => workload,
    () => undefined,
  );
  world.runWhile(() => workload.timeline.acked < 200, world.nowUs + 20_000_000);
  const leaders = () => running.watcher.ghost.image?.topicByName(TOPIC)?.partitions.map(({ leader }) => leader as number) ?? [];
  return { ...running, workload, leaders };
}

it.each([1, 2, 3])("moves what a node leads before it ends, and is waited for by no client (seed %i)", (seed) => {
  const { cluster, world, workload, leaders, violations } = underLoad(seed);
  const victim = leaders()[0] ?? 0;
  const startUs = world.nowUs;
  cluster.inject({ type: "stop", victim });
  world.runWhile(() => world.isUp(victim), startUs + 10_000_000);
  expect([world.isUp(victim), leaders().includes(victim)]).toEqual([false, false]);
  expect(world.nowUs - startUs).toBeLessThan(1_000_000);
  const { acked } = workload.timeline;
  world.runFor(2_000_000);
  expect(workload.timeline.acked).toBeGreaterThan(acked + 200);
  expect(violations).toEqual([]);
});

it("ends every node when all are stopped at once, the last ones without a quorum to ask", () => {
  const { cluster, world, violations } = underLoad(4);
  for (const id of cluster.ids) cluster.inject({ type: "stop", victim: id });
  world.runFor(5_500_000);
  expect(cluster.ids.filter((id) => world.isUp(id))).toEqual([]);
  expect(violations).toEqual([]);
});

it.each([1, 2, 3])("lets the active controller hand over while topics are created (seed %i)", (seed) => {
  const { cluster, world, violations } = underLoad(seed);
  const victim = cluster.views.find(({ node }) => node.controller.isActive)?.id ?? 0;
  const other = cluster.views.find(({ id }) => id !== victim);
  let made = 0;
  const create = (): void => {
    const topics = [{ name: `made-${made++}`, partitionCount: 1, replicationFactor: 3, assignments: [], configs: new Map<string, string>() }];
    const now = { monotonicUs: micros(world.nowUs), wallMs: wallMs(0) };
    other?.node.broker?.channel.ask({ type: "create-topics", topics, validateOnly: false }, () => undefined, now);
  };
  cluster.inject({ type: "stop", victim });
  for (const endUs = world.nowUs + 400_000; world.isUp(victim) && world.nowUs < endUs; world.runFor(2_000)) create();
  world.runWhile(() => world.isUp(victim), world.nowUs + 3_000_000);
  expect(world.isUp(victim)).toBe(false);
  expect(violations).toEqual([]);
});
