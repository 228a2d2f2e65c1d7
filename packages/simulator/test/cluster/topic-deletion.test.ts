import { type ControllerReply, type ControllerRequest, type TopicToDelete } from "@samsa/controller";
import { micros, wallMs, ZERO_UUID } from "@samsa/stdx";
import { WorkloadMachine } from "@samsa/workload";
import { expect, it } from "vitest";
import { watchedCluster, type WatchedCluster } from "@samsa/simulator";

const TOPIC = "orders";

const partitionsOf = ({ watcher }: WatchedCluster) => watcher.ghost.image.topicByName(TOPIC)?.partitions ?? [];
const topicIdOf = ({ watcher }: WatchedCluster) => watcher.ghost.image.topicByName(TOPIC)?.topicId;
const byName: TopicToDelete = { name: TOPIC, topicId: ZERO_UUID };

function underLoad(seed: number): WatchedCluster & { readonly workload: WorkloadMachine } {
  const running = watchedCluster({ seed });
  const { cluster, world } = running;
  const topic = { name: TOPIC, partitions: 6, replicationFactor: 3, configs: { "min.insync.replicas": "2" } };
  const workload = new WorkloadMachine({ runId: "deletion", seed, bootstrap: cluster.bootstrap, topic, pace: { type: "rate", recordsPerSecond: 200 } });
  cluster.addClient(
    100,
    () => workload,
    () => undefined,
  );
  world.runWhile(() => workload.timeline.acked < 200, world.nowUs + 20_000_000);
  return { ...running, workload };
}

/** As a tool's request would be: by way of a node that lives, over the control plane where it is not the controller. */
function ask({ cluster, world }: WatchedCluster, request: ControllerRequest): ControllerReply | undefined {
  const view = cluster.views[0];
  let reply: ControllerReply | undefined;
  view?.node.broker?.channel.ask(
    request,
    (answer) => {
      reply = answer;
    },
    { monotonicUs: micros(world.nowUs), wallMs: wallMs(0) },
  );
  world.runWhile(() => reply === undefined, world.nowUs + 3_000_000);
  return reply;
}

it.each([1, 2, 3])("deletes a topic under load on every broker, and one that is created again under its name begins empty (seed %i)", (seed) => {
  const running = underLoad(seed);
  const { cluster, world, violations } = running;
  const before = topicIdOf(running);
  expect(ask(running, { type: "delete-topics", topics: [byName] })).toMatchObject({ topics: [{ error: "NONE" }] });
  world.runFor(500_000);
  const created = { name: TOPIC, partitionCount: 6, replicationFactor: 3, assignments: [], configs: new Map([["min.insync.replicas", "2"]]) };
  ask(running, { type: "create-topics", topics: [created], validateOnly: false });
  world.runFor(5_000_000);
  const now = topicIdOf(running);
  expect([now === undefined, now === before]).toEqual([false, false]);
  for (const { node } of cluster.views)
    for (const hosted of node.broker?.replicas.all() ?? []) expect([hosted.topicId, hosted.log.isReady]).toEqual([now, true]);
  expect(partitionsOf(running).every(({ isr }) => isr.length === 3)).toBe(true);
  expect(violations).toEqual([]);
});

it.each([1, 2])("has a broker that was down meanwhile set aside what is left, though the name is used again (seed %i)", (seed) => {
  const running = underLoad(seed);
  const { cluster, world, violations } = running;
  const controller = cluster.views.find(({ node }) => node.controller.isActive)?.id;
  const victim = cluster.ids.find((id) => id !== controller) ?? 0;
  world.crash(victim);
  world.runFor(1_000_000);
  ask(running, { type: "delete-topics", topics: [byName] });
  const created = { name: TOPIC, partitionCount: 2, replicationFactor: 3, assignments: [], configs: new Map<string, string>() };
  expect(ask(running, { type: "create-topics", topics: [created], validateOnly: false })).toMatchObject({ topics: [{ error: "NONE" }] });
  world.runFor(1_000_000);
  cluster.start(victim);
  world.runFor(8_000_000);
  const strays = running.events.filter(({ node, event }) => node === victim && event.kind === "stray-log");
  expect(strays).toHaveLength(6);
  expect(partitionsOf(running).map(({ isr }) => isr.length)).toEqual([3, 3]);
  const view = cluster.viewOf(victim);
  expect([...(view?.node.broker?.replicas.all() ?? [])].map(({ topicId }) => topicId)).toEqual([topicIdOf(running), topicIdOf(running)]);
  expect(violations).toEqual([]);
});

it("goes on with whoever lives where unclean elections are switched on, and what is lost by that is no violation", () => {
  const running = underLoad(5);
  const { cluster, world, violations } = running;
  const change = { name: "unclean.leader.election.enable", operation: "set", value: "true" } as const;
  const resources = [{ resourceType: "topic", resourceName: TOPIC, changes: [change] }] as const;
  expect(ask(running, { type: "incremental-alter-configs", resources, validateOnly: false })).toMatchObject({ resources: [{ error: "NONE" }] });
  const [last, ...others] = cluster.ids;
  world.crash(last ?? 0);
  world.runFor(1_000_000);
  for (const id of others) cluster.inject({ type: "stop", victim: id });
  world.runFor(6_000_000);
  cluster.start(last ?? 0);
  cluster.start(others[0] ?? 0);
  world.runFor(10_000_000);
  expect(partitionsOf(running).every(({ leader }) => leader >= 0)).toBe(true);
  expect(violations).toEqual([]);
});

it("serves partitions that are added, and a controller that comes after knows them", () => {
  const running = underLoad(4);
  const { cluster, world, violations } = running;
  const grown = { type: "create-partitions", topics: [{ name: TOPIC, partitionCount: 9, assignments: null }], validateOnly: false } as const;
  expect(ask(running, grown)).toMatchObject({ topics: [{ error: "NONE" }] });
  world.runFor(2_000_000);
  world.crash(cluster.views.find(({ node }) => node.controller.isActive)?.id ?? 0);
  world.runFor(3_000_000);
  expect(partitionsOf(running)).toHaveLength(9);
  expect(partitionsOf(running).every(({ leader, isr }) => leader >= 0 && isr.length === 2)).toBe(true);
  expect(ask(running, grown)).toMatchObject({ topics: [{ error: "INVALID_PARTITIONS", message: "Topic already has 9 partition(s)." }] });
  expect(violations).toEqual([]);
});
