import { checkHistory } from "@samsa/history";
import { nodeId } from "@samsa/stdx";
import { type ClusterShape, combined, watchedCluster } from "@samsa/simulator";
import { WorkloadMachine } from "@samsa/workload";
import { describe, expect, it } from "vitest";

const TOPIC = "orders";
const SEPARATE: ClusterShape = { brokers: 3, controllers: 3 };

function underLoad(seed: number, shape: ClusterShape) {
  const running = watchedCluster({ seed, shape });
  const { cluster, world, watcher } = running;
  const topic = { name: TOPIC, partitions: 6, replicationFactor: 3, configs: { "min.insync.replicas": "2" } };
  const workload = new WorkloadMachine({ runId: "wiped", seed, bootstrap: cluster.bootstrap, topic, pace: { type: "rate", recordsPerSecond: 200 } });
  cluster.addClient(
    100,
    () => workload,
    () => undefined,
  );
  world.runWhile(() => workload.timeline.acked < 400, world.nowUs + 20_000_000);
  const partitions = () => watcher.ghost.image.topicByName(TOPIC)?.partitions ?? [];
  const directoryOf = (id: number) => watcher.ghost.image.brokers.get(nodeId(id))?.directoryId;
  /** Ends the load; every record that was acknowledged must be there. */
  const verdict = () => {
    workload.finish();
    world.runWhile(() => !workload.isOver, world.nowUs + 60_000_000);
    return checkHistory(workload.history, { acks: "all", isIdempotent: true, maxInFlight: 5 });
  };
  return { ...running, workload, partitions, directoryOf, verdict };
}

describe.each([
  { name: "3 combined nodes", shape: combined(3) },
  { name: "3 brokers and 3 controllers", shape: SEPARATE },
])("A broker that returns with an empty disk, of $name", ({ shape }) => {
  it.each([1, 2, 3])("is another directory, copies all, and is in every ISR again with nothing lost (seed %i)", (seed) => {
    const { cluster, world, partitions, directoryOf, verdict, violations } = underLoad(seed, shape);
    const victim = partitions()[0]?.leader ?? 0;
    const before = directoryOf(victim);
    world.crash(victim);
    cluster.wipe(victim);
    cluster.start(victim);
    world.runWhile(() => directoryOf(victim) === before, world.nowUs + 20_000_000);
    world.runWhile(() => partitions().some(({ isr }) => isr.length < 3), world.nowUs + 20_000_000);
    expect([directoryOf(victim) === before, partitions().map(({ isr }) => isr.length)]).toEqual([false, [3, 3, 3, 3, 3, 3]]);
    const { isClean, permitted } = verdict();
    expect([isClean, permitted]).toEqual([true, []]);
    expect(violations).toEqual([]);
  });
});

it.each([1, 2, 3])("The last of an ISR, returned with an empty disk, leads nothing: who held the same before it is waited for (seed %i)", (seed) => {
  const { cluster, world, partitions, directoryOf, verdict, violations } = underLoad(seed, SEPARATE);
  const [first = 0, second = 0, last = 0] = partitions()[0]?.replicas ?? [];
  const isOut = (id: number) => partitions().every(({ isr }) => !isr.includes(nodeId(id)));
  for (const id of [first, second]) {
    world.crash(id);
    world.runWhile(() => !isOut(id), world.nowUs + 20_000_000);
  }
  expect(partitions()[0]).toMatchObject({ isr: [last], elr: [second] });
  const before = directoryOf(last);
  world.crash(last);
  cluster.wipe(last);
  for (const id of [first, last]) cluster.start(id);
  world.runWhile(() => directoryOf(last) === before, world.nowUs + 20_000_000);
  world.runFor(10_000_000);
  expect(partitions()[0]).toMatchObject({ leader: -1, isr: [], elr: [second] });
  cluster.start(second);
  world.runWhile(() => partitions().some(({ isr }) => isr.length < 3), world.nowUs + 30_000_000);
  expect(partitions().map(({ isr }) => isr.length)).toEqual([3, 3, 3, 3, 3, 3]);
  const { isClean, permitted } = verdict();
  expect([isClean, permitted]).toEqual([true, []]);
  expect(violations).toEqual([]);
});
