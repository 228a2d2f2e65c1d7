import { WorkloadMachine } from "@samsa/workload";
import { describe, expect, it } from "vitest";
import { type SimulatedCluster, watchedCluster } from "@samsa/simulator";

const TOPIC = "orders";
/** Brokers 1 to 3, controllers 4 to 6. */
const SHAPE = { brokers: 3, controllers: 3 };

/** What a controller may lose with all that it promised: the second loss leaves it the directory id that the others know. */
const LOSSES = [1, 2, 3].flatMap((seed) => [
  { seed, loses: "disk", lose: (cluster: SimulatedCluster, id: number) => cluster.wipe(id) },
  { seed, loses: "metadata log", lose: (cluster: SimulatedCluster, id: number) => cluster.loseMetadataLog(id) },
]);

function underLoad(seed: number) {
  const running = watchedCluster({ seed, shape: SHAPE });
  const { cluster, world, watcher, events } = running;
  const topic = { name: TOPIC, partitions: 6, replicationFactor: 3, configs: { "min.insync.replicas": "2" } };
  const workload = new WorkloadMachine({ runId: "roles", seed, bootstrap: cluster.bootstrap, topic, pace: { type: "rate", recordsPerSecond: 200 } });
  cluster.addClient(
    100,
    () => workload,
    () => undefined,
  );
  world.runWhile(() => workload.timeline.acked < 200, world.nowUs + 20_000_000);
  expect(workload.timeline.acked).toBeGreaterThanOrEqual(200);
  const leaders = () => watcher.ghost.image.topicByName(TOPIC)?.partitions.map(({ leader }) => leader as number) ?? [];
  const active = () => cluster.views.find(({ node }) => node.controller.isActive)?.id ?? 0;
  const told = (kind: string) => events.filter(({ event }) => event.kind === kind).map(({ event, node }) => ({ ...event, node }));
  return { ...running, workload, leaders, active, told };
}

describe("Three brokers and three controllers", () => {
  it("are what their roles say: only controllers vote, and no broker keeps a metadata log", () => {
    const { cluster, active, violations } = underLoad(1);
    expect(active()).toBeGreaterThan(3);
    expect(cluster.views.map(({ id, node }) => [id, node.broker !== undefined, node.quorum.node?.role === "observer"])).toEqual([
      [1, true, true],
      [2, true, true],
      [3, true, true],
      [4, false, false],
      [5, false, false],
      [6, false, false],
    ]);
    expect([1, 2, 3].map((id) => cluster.viewOf(id)?.node.quorum.node?.syncedIndex)).toEqual([0, 0, 0]);
    expect(violations).toEqual([]);
  });

  it.each([1, 2, 3])("replace a dead partition leader on a refused dial (seed %i)", (seed) => {
    const { world, leaders, violations } = underLoad(seed);
    const victim = leaders()[0] ?? 0;
    const startUs = world.nowUs;
    world.crash(victim);
    world.runWhile(() => leaders().some((leader) => leader === victim || leader < 0), startUs + 10_000_000);
    expect((world.nowUs - startUs) / 1000).toBeLessThan(500);
    expect(violations).toEqual([]);
  });

  it.each([1, 2, 3])("replace a dead active controller, and no partition and no client notices (seed %i)", (seed) => {
    const { cluster, world, watcher, active, workload, told, violations } = underLoad(seed);
    const victim = active();
    const epochs = () => watcher.ghost.image.topicByName(TOPIC)?.partitions.map(({ leaderEpoch }) => leaderEpoch);
    const before = epochs();
    const startUs = world.nowUs;
    world.crash(victim);
    world.runWhile(() => [0, victim].includes(active()), startUs + 10_000_000);
    expect((world.nowUs - startUs) / 1000).toBeLessThan(500);
    const { acked } = workload.timeline;
    world.runFor(10_000_000);
    expect(workload.timeline.acked).toBeGreaterThan(acked + 1500);
    expect([epochs(), told("broker-fenced")]).toEqual([before, []]);
    expect(cluster.viewOf(victim)).toBeUndefined();
    expect(violations).toEqual([]);
  });

  it("hand the quorum over when the active controller is stopped: there is another one at once", () => {
    const { cluster, world, active, violations } = underLoad(4);
    const victim = active();
    const startUs = world.nowUs;
    cluster.inject({ type: "stop", victim });
    world.runWhile(() => [0, victim].includes(active()), startUs + 10_000_000);
    expect((world.nowUs - startUs) / 1000).toBeLessThan(100);
    world.runFor(1_000_000);
    expect(world.isUp(victim)).toBe(false);
    expect(violations).toEqual([]);
  });

  it.each(LOSSES)("take a voter that lost its $loses for another one, and put it in the place of the lost one (seed $seed)", ({ seed, lose }) => {
    const { cluster, world, active, told, violations } = underLoad(seed);
    const voters = () => new Map(cluster.viewOf(active())?.node.quorum.node?.voters.map(({ id, directoryId }) => [id, directoryId]));
    const before = voters();
    const victim = [4, 5, 6].find((id) => id !== active()) ?? 0;
    world.crash(victim);
    world.runFor(1_000_000);
    lose(cluster, victim);
    cluster.start(victim);
    world.runWhile(() => voters().get(victim) === before.get(victim) || voters().size < 3, world.nowUs + 30_000_000);
    expect(told("voter-changed").map((event) => (event.kind === "voter-changed" ? [event.change, event.voter] : []))).toEqual([
      ["remove", victim],
      ["add", victim],
    ]);
    world.runFor(2_000_000);
    expect(cluster.viewOf(victim)?.node.quorum.node?.role).toBe("follower");
    // It counts: with it, and without the one that led, there is a majority.
    const leader = active();
    world.crash(leader);
    world.runWhile(() => [0, leader].includes(active()), world.nowUs + 10_000_000);
    expect([0, leader]).not.toContain(active());
    expect(violations).toEqual([]);
  });

  it.each(LOSSES)("elect nobody by the vote of one that lost its $loses, though it and one that lags would be a majority (seed $seed)", ({ seed, lose }) => {
    const { cluster, world, watcher, active, violations } = underLoad(seed);
    const leader = active();
    const [forgetful = 0, lagging = 0] = [4, 5, 6].filter((id) => id !== leader);
    // What is committed from here on is on the leader and on the one that will forget.
    world.crash(lagging);
    world.crash(1);
    world.runWhile(() => watcher.ghost.image.brokers.get(1 as never)?.isFenced !== true, world.nowUs + 20_000_000);
    const committed = watcher.ghost.entries.length;
    world.crash(leader);
    world.crash(forgetful);
    lose(cluster, forgetful);
    cluster.start(forgetful);
    cluster.start(lagging);
    world.runFor(30_000_000);
    expect(active()).toBe(0);
    cluster.start(leader);
    world.runWhile(() => active() === 0, world.nowUs + 20_000_000);
    expect(cluster.viewOf(active())?.node.quorum.node?.commitIndex).toBeGreaterThanOrEqual(committed);
    expect(violations).toEqual([]);
  });

  it("serve clients from the leaders there are while the quorum has no majority, say so, and go on when it is back", () => {
    const { cluster, world, active, workload, leaders, told, violations } = underLoad(5);
    for (const id of [4, 5]) world.crash(id);
    world.runFor(3_000_000);
    expect(active()).toBe(0);
    const { acked } = workload.timeline;
    world.runFor(30_000_000);
    expect(workload.timeline.acked).toBeGreaterThan(acked + 5000);
    expect(told("quorum-lost").find(({ node }) => node === 1)).toMatchObject({ missing: [4, 5], isFirstStart: false });
    expect(told("quorum-found")).toEqual([]);
    for (const id of [4, 5]) cluster.start(id);
    world.runWhile(() => told("quorum-found").length < 3 || active() === 0, world.nowUs + 10_000_000);
    expect(active()).toBeGreaterThan(3);
    // It acts again: a leader that dies now is replaced.
    const victim = leaders()[0] ?? 0;
    world.crash(victim);
    world.runWhile(() => leaders().some((leader) => leader === victim || leader < 0), world.nowUs + 10_000_000);
    expect(leaders()).not.toContain(victim);
    expect(violations).toEqual([]);
  });
});
