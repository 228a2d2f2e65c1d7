import { checkHistory } from "@samsa/history";
import { nodeId } from "@samsa/stdx";
import { combined, watchedCluster } from "@samsa/simulator";
import { WorkloadMachine } from "@samsa/workload";
import { describe, expect, it } from "vitest";

const TOPIC = "orders";
const PARTITIONS = 6;

/** Three brokers with two log directories each; every partition is on all of them. */
function underLoad(seed: number) {
  const running = watchedCluster({ seed, shape: combined(3), properties: new Map([["log.dirs", "data,second"]]) });
  const { cluster, world, watcher } = running;
  const topic = { name: TOPIC, partitions: PARTITIONS, replicationFactor: 3, configs: { "min.insync.replicas": "2" } };
  const workload = new WorkloadMachine({ runId: "dirs", seed, bootstrap: cluster.bootstrap, topic, pace: { type: "rate", recordsPerSecond: 200 } });
  cluster.addClient(
    100,
    () => workload,
    () => undefined,
  );
  const partitions = () => watcher.ghost.image.topicByName(TOPIC)?.partitions ?? [];
  const acked = (more: number): boolean => {
    const from = workload.timeline.acked;
    world.runWhile(() => workload.timeline.acked < from + more, world.nowUs + 20_000_000);
    return workload.timeline.acked >= from + more;
  };
  /** Partitions of a broker by log directory, as its files lie. */
  const placesOf = (id: number) =>
    [...(cluster.viewOf(id)?.node.broker?.replicas.all() ?? [])].map(({ log, partition }) => ({ partition, logDir: log.directory.startsWith("@1/") ? 1 : 0 }));
  const inSecond = (id: number) => placesOf(id).flatMap(({ partition, logDir }) => (logDir === 1 ? [partition] : []));
  const isWhole = () => partitions().every(({ isr }) => isr.length === 3);
  const restart = (id: number, before: () => void = () => undefined) => {
    world.crash(id);
    world.runFor(1_000_000);
    before();
    cluster.start(id);
    world.runWhile(() => !isWhole(), world.nowUs + 30_000_000);
  };
  const verdict = () => {
    workload.finish();
    world.runWhile(() => !workload.isOver, world.nowUs + 60_000_000);
    return checkHistory(workload.history, { acks: "all", isIdempotent: true, maxInFlight: 5 });
  };
  acked(200);
  return { ...running, partitions, acked, placesOf, inSecond, isWhole, restart, verdict };
}

describe("A broker with two log directories", () => {
  it("puts new partitions where there are fewest, and tells the controller where", () => {
    const { placesOf, partitions, world } = underLoad(1);
    for (const id of [1, 2, 3]) expect(placesOf(id).filter(({ logDir }) => logDir === 1)).toHaveLength(PARTITIONS / 2);
    world.runFor(1_000_000);
    for (const { directories } of partitions()) expect(directories?.map(({ brokerId }) => brokerId).toSorted()).toEqual([1, 2, 3]);
  });

  it.each([1, 2, 3])("lives on when one fails: its partitions there are led by others, and acknowledgements go on (seed %i)", (seed) => {
    const { cluster, world, partitions, acked, inSecond, restart, verdict, violations, events } = underLoad(seed);
    const victim = partitions()[0]?.leader ?? 0;
    const lost = inSecond(victim);
    cluster.inject({ type: "log-dir-failure", victim, logDir: 1, forMs: 600_000 });
    const isOut = () => lost.every((at) => partitions()[at]?.isr.includes(nodeId(victim)) === false);
    world.runWhile(() => !isOut(), world.nowUs + 20_000_000);
    expect([isOut(), cluster.viewOf(victim) !== undefined, acked(400)]).toEqual([true, true, true]);
    const kept = partitions().filter(({ partition }) => !lost.includes(partition));
    expect(kept.every(({ isr }) => isr.includes(nodeId(victim)))).toBe(true);
    expect(events.some(({ event }) => event.kind === "log-directory-offline")).toBe(true);
    cluster.faults.healAll();
    restart(victim);
    expect(partitions().map(({ isr }) => isr.length)).toEqual(Array.from({ length: PARTITIONS }, () => 3));
    expect(inSecond(victim)).toEqual(lost);
    const { isClean, permitted } = verdict();
    expect([isClean, permitted, violations]).toEqual([true, [], []]);
  });

  it.each([1, 2, 3])("starts without one that can't be read, and with an empty one in its place copies what lay there (seed %i)", (seed) => {
    const { cluster, world, partitions, acked, inSecond, placesOf, restart, isWhole, verdict, violations } = underLoad(seed);
    const victim = partitions()[0]?.leader ?? 0;
    const lost = inSecond(victim);
    cluster.inject({ type: "log-dir-failure", victim, logDir: 1, forMs: 600_000 });
    world.crash(victim);
    world.runFor(1_000_000);
    cluster.start(victim);
    world.runFor(10_000_000);
    expect([isWhole(), acked(200)]).toEqual([false, true]);
    for (const { partition, isr } of partitions()) expect(isr.includes(nodeId(victim))).toBe(!lost.includes(partition));
    cluster.faults.healAll();
    restart(victim, () => cluster.replaceLogDir(victim, 1));
    expect([isWhole(), placesOf(victim).length]).toEqual([true, PARTITIONS]);
    const { isClean, permitted } = verdict();
    expect([isClean, permitted, violations]).toEqual([true, [], []]);
  });

  it("ends when the directory of the metadata log fails", () => {
    const { cluster, world, acked } = underLoad(4);
    cluster.inject({ type: "log-dir-failure", victim: 2, logDir: 0, forMs: 600_000 });
    world.runWhile(() => cluster.viewOf(2) !== undefined, world.nowUs + 20_000_000);
    expect([cluster.viewOf(2), acked(100)]).toEqual([undefined, true]);
  });
});
