import { apis, ErrorCode, type FetchResponse } from "@samsa/protocol";
import { brokerEpoch, micros, nodeId, wallMs, ZERO_UUID } from "@samsa/stdx";
import { WorkloadMachine } from "@samsa/workload";
import { expect, it } from "vitest";
import { hostName, watchedCluster } from "@samsa/simulator";
import { ScriptedClient } from "./scripted-client.ts";

const TOPIC = "orders";

function clusterWithTopic(seed: number) {
  const running = watchedCluster({ seed });
  const { cluster, world } = running;
  const workload = new WorkloadMachine({
    runId: "stranger",
    seed,
    bootstrap: cluster.bootstrap,
    topic: { name: TOPIC, partitions: 1, replicationFactor: 3, configs: { "min.insync.replicas": "2" } },
    pace: { type: "rate", recordsPerSecond: 50 },
    totalRecords: 100,
  });
  cluster.addClient(
    100,
    () => workload,
    () => undefined,
  );
  world.runWhile(() => workload.phase === "creating", world.nowUs + 20_000_000);
  return { ...running, workload };
}

/** From this version on a follower says its broker epoch; before, replication refuses it whoever asks, and only the error shows who did. */
const FIRST_VERSION_WITH_REPLICA_STATE = 15;

it.each([4, 6, 11, 12, 13, 15, 18])("refuses a stranger's Fetch v%i with a replica id and lets it move no high watermark", (version) => {
  const { cluster, world, watcher, workload } = clusterWithTopic(version);
  const topic = watcher.ghost.image?.topicByName(TOPIC);
  const leader = nodeId(topic?.partitions[0]?.leader ?? 0);
  const followers = [1, 2, 3].filter((id) => id !== leader).map(nodeId);
  const brokerEpochs = new Map(followers.map((id) => [id, watcher.ghost.image?.brokers.get(id)?.brokerEpoch ?? brokerEpoch(-1)]));
  // Both followers are cut off: only a lie can move the high watermark now.
  cluster.inject({ type: "partition", from: followers, isOneWay: false, forMs: 60_000 });
  const hosted = () => {
    const [only] = cluster.viewOf(leader)?.node.broker?.replicas.all() ?? [];
    if (only === undefined) throw new Error("the leader hosts the partition");
    return only;
  };
  world.runFor(2_000_000);
  const { replica, log } = hosted();
  const before = replica.highWatermark;
  const end = log.appendedEnd;
  expect(end).toBeGreaterThan(before);
  // All is as the follower itself would say it: the connection alone, which has proved nothing, is the stranger's.
  const position = { currentLeaderEpoch: replica.leaderEpoch, fetchOffset: end, lastFetchedEpoch: log.epochBefore(end), maxBytes: 1_000_000 };

  const stranger = new ScriptedClient({ host: hostName(leader), port: 9092 });
  for (const replicaId of followers) {
    const isStateful = version >= FIRST_VERSION_WITH_REPLICA_STATE;
    stranger.ask("Fetch", version, {
      clusterId: null,
      replicaId: isStateful ? -1 : replicaId,
      replicaState: isStateful ? { replicaId, replicaEpoch: brokerEpochs.get(replicaId) ?? -1 } : { replicaId: -1, replicaEpoch: -1 },
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1_000_000,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [
        {
          topic: version < 13 ? TOPIC : "",
          topicId: version < 13 ? ZERO_UUID : (topic?.topicId ?? ZERO_UUID),
          partitions: [
            {
              partition: 0,
              currentLeaderEpoch: version < 9 ? -1 : position.currentLeaderEpoch,
              fetchOffset: end,
              lastFetchedEpoch: version < 12 ? -1 : position.lastFetchedEpoch,
              logStartOffset: -1,
              partitionMaxBytes: position.maxBytes,
              replicaDirectoryId: ZERO_UUID,
              highWatermark: Number.MAX_SAFE_INTEGER,
            },
          ],
        },
      ],
      forgottenTopicsData: [],
      rackId: "",
    });
  }
  cluster.addClient(
    101,
    () => stranger,
    () => undefined,
  );
  world.runFor(1_000_000);

  expect(hosted().replica.highWatermark).toBe(before);
  expect(stranger.answers).toHaveLength(followers.length);
  for (const answer of stranger.answers as FetchResponse[]) expect(answer.responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  expect(workload.phase).not.toBe("failed");
  expect(watcher.violations).toEqual([]);

  // The same words from the followers' own connections would have moved it: it was not something else that refused them.
  const now = { monotonicUs: micros(world.nowUs), wallMs: wallMs(0) };
  for (const [replicaId, replicaEpoch] of brokerEpochs) hosted().replica.fetchAsReplica({ ...position, replicaId, replicaEpoch }, now);
  expect(hosted().replica.highWatermark).toBe(end);
});

it("closes the connection of whoever asks for an API or a version that is not served, and answers ApiVersions of any version", () => {
  const { cluster, world } = watchedCluster({ seed: 1 });
  const ask = (id: number, apiKey: number, version: number): ScriptedClient => {
    const client = new ScriptedClient({ host: hostName(1), port: 9092 });
    // Size, key, version, correlation id 0, null client id, and no tagged fields for the one with a flexible header.
    const frame = new Uint8Array(15);
    const view = new DataView(frame.buffer);
    view.setInt32(0, 11);
    view.setInt16(4, apiKey);
    view.setInt16(6, version);
    view.setInt16(12, -1);
    client.askRaw(frame);
    cluster.addClient(
      id,
      () => client,
      () => undefined,
    );
    return client;
  };
  const unknownKey = ask(110, 999, 0);
  const produceV2 = ask(111, apis.Produce.key, 2);
  const newest = ask(112, apis.ApiVersions.key, 99);
  world.runFor(1_000_000);
  expect(unknownKey.isClosed).toBe(true);
  expect(produceV2.isClosed).toBe(true);
  expect(newest.isClosed).toBe(false);
  const [answer] = newest.answers as Uint8Array[];
  // Correlation id, UNSUPPORTED_VERSION, and one entry: ApiVersions 0–4, in version 0 (KIP-511).
  expect([...(answer ?? [])]).toEqual([0, 0, 0, 0, 0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 4]);
});
