import { WorkloadMachine } from "@samsa/workload";
import { expect, it } from "vitest";
import { type WatchedCluster, watchedCluster } from "@samsa/simulator";

const TOPIC = "orders";
const BROKERS = [1, 2, 3];

/** Bytes in the topic's segments on a broker's disk, under whatever name their directories have. */
function recordBytes({ world }: WatchedCluster, broker: number): number {
  const files = world.filesOf(broker);
  let bytes = 0;
  for (const directory of files.directory("")?.names.keys() ?? [])
    if (directory.startsWith(TOPIC))
      for (const name of files.directory(directory)?.names.keys() ?? []) if (name.endsWith(".log")) bytes += files.file(`${directory}/${name}`)?.size ?? 0;
  return bytes;
}

it.each([1, 2, 3])("deletes no record of a cluster whose controllers have all lost their disks and begin anew (seed %i)", (seed) => {
  const running = watchedCluster({ seed, shape: { brokers: 3, controllers: 3 } });
  const { cluster, world, events } = running;
  const topic = { name: TOPIC, partitions: 3, replicationFactor: 3, configs: { "min.insync.replicas": "2" } };
  const workload = new WorkloadMachine({ runId: "anew", seed, bootstrap: cluster.bootstrap, topic, pace: { type: "rate", recordsPerSecond: 200 } });
  cluster.addClient(
    100,
    () => workload,
    () => undefined,
  );
  world.runWhile(() => workload.timeline.acked < 200, world.nowUs + 20_000_000);
  for (const id of cluster.ids) world.crash(id);
  // The power is off for a moment too, so that all that is left is on the disks.
  for (const id of BROKERS) cluster.inject({ type: "power-loss", victim: id, restartAfterMs: 3_600_000 });
  const before = BROKERS.map((id) => recordBytes(running, id));
  expect(Math.max(...before)).toBeGreaterThan(0);
  for (const id of [4, 5, 6]) cluster.wipe(id);
  for (const id of cluster.ids) cluster.start(id);
  world.runFor(10_000_000);
  expect(events.filter(({ event }) => event.kind === "stray-log")).toHaveLength(9);
  expect(BROKERS.map((id) => recordBytes(running, id))).toEqual(before);
  for (const id of BROKERS) cluster.inject({ type: "power-loss", victim: id, restartAfterMs: 3_600_000 });
  expect(BROKERS.map((id) => recordBytes(running, id))).toEqual(before);
});
