import { expect, it } from "vitest";
import { ErrorCode } from "@samsa/protocol";
import { hostName, watchedCluster } from "@samsa/simulator";
import { ScriptedClient } from "./scripted-client.ts";

const LIMITS = { maxBatchBytes: 8192, maxPartitions: 24, maxReplicas: 72 };

function smallCluster(seed: number) {
  const running = watchedCluster({ seed, metadataLimits: LIMITS });
  const { cluster, world } = running;
  let nextClient = 100;
  const create = (...topics: readonly (readonly [name: string, numPartitions: number])[]): unknown => {
    const client = new ScriptedClient({ host: hostName(1), port: 9092 });
    const asked = topics.map(([name, numPartitions]) => ({ name, numPartitions, replicationFactor: 3, assignments: [], configs: [] }));
    client.ask("CreateTopics", 7, { topics: asked, timeoutMs: 30_000, validateOnly: false });
    cluster.addClient(
      nextClient++,
      () => client,
      () => undefined,
    );
    world.runWhile(() => client.answers.length === 0, world.nowUs + 30_000_000);
    return client.answers[0];
  };
  return { ...running, create };
}

it.each([1, 2, 3])("goes on after a request whose batch would not fit into one entry, and fails over at its bound (seed %i)", (seed) => {
  const { cluster, world, watcher, violations, events, create } = smallCluster(seed);
  expect(create(["large", 100])).toMatchObject({ topics: [{ errorCode: ErrorCode.POLICY_VIOLATION }] });
  expect(create(["orders", 20], ["payments", 4])).toMatchObject({ topics: [{ errorCode: ErrorCode.NONE }, { errorCode: ErrorCode.NONE }] });
  expect(create(["more", 1])).toMatchObject({ topics: [{ errorCode: ErrorCode.POLICY_VIOLATION }] });
  const victim = 1 + (seed % cluster.ids.length);
  const partitions = () => [...(watcher.ghost.image?.topics() ?? [])].flatMap((topic) => [...topic.partitions]);
  expect(partitions()).toHaveLength(LIMITS.maxPartitions);
  world.crash(victim);
  world.runWhile(() => partitions().some(({ isr }) => isr.length === 3), world.nowUs + 20_000_000);
  expect(partitions().every(({ isr, leader }) => isr.length === 2 && leader > 0 && Number(leader) !== victim)).toBe(true);
  cluster.start(victim);
  world.runWhile(() => partitions().some(({ isr }) => isr.length < 3), world.nowUs + 20_000_000);
  expect(partitions().every(({ isr }) => isr.length === 3)).toBe(true);
  expect(events.filter(({ event }) => event.kind === "violation")).toEqual([]);
  expect(violations).toEqual([]);
});
