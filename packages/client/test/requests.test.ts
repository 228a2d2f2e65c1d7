import { type ApiName, apis, ErrorCode, newCreatableTopic, newCreateTopicsRequest, newListOffsetsPartition, newListOffsetsRequest } from "@samsa/protocol";
import { newListOffsetsTopic, newMetadataRequest, newOffsetFetchRequest, newOffsetFetchRequestGroup, newOffsetFetchRequestTopics } from "@samsa/protocol";
import { describe, expect, it } from "vitest";
import type { RequestOutcome, RequestQuestion } from "../src/index.ts";
import { FakeCoordinator } from "./group/fake-coordinator.ts";
import { GROUP } from "./group/group-harness.ts";
import { harness, TOPIC } from "./harness.ts";

const TIMEOUT_MS = 5_000;

function setup() {
  const base = harness();
  const requests = base.client.requests();
  const ask = <N extends ApiName>(question: RequestQuestion<N>): RequestOutcome<N>[] => {
    const outcomes: RequestOutcome<N>[] = [];
    base.world.act(0, (now) => requests.ask(question, (outcome) => outcomes.push(outcome), now));
    return outcomes;
  };
  return { ...base, ask };
}

const creation: RequestQuestion<"CreateTopics"> = {
  api: apis.CreateTopics,
  request: () => newCreateTopicsRequest({ topics: [newCreatableTopic({ name: TOPIC, numPartitions: 2, replicationFactor: 3 })], timeoutMs: 1000 }),
  target: { type: "controller" },
  errorOf: ({ topics }) => topics[0]?.errorCode ?? 0,
  timeoutMs: TIMEOUT_MS,
};

const endOf = (partition: number): RequestQuestion<"ListOffsets"> => ({
  api: apis.ListOffsets,
  request: () =>
    newListOffsetsRequest({
      replicaId: -1,
      topics: [newListOffsetsTopic({ name: TOPIC, partitions: [newListOffsetsPartition({ partitionIndex: partition, timestamp: -1 })] })],
    }),
  target: { type: "leader", topic: TOPIC, partition },
  errorOf: ({ topics }) => topics[0]?.partitions[0]?.errorCode ?? 0,
  timeoutMs: TIMEOUT_MS,
});

const committed: RequestQuestion<"OffsetFetch"> = {
  api: apis.OffsetFetch,
  request: () =>
    newOffsetFetchRequest({
      groups: [newOffsetFetchRequestGroup({ groupId: GROUP, topics: [newOffsetFetchRequestTopics({ name: TOPIC, partitionIndexes: [0] })] })],
    }),
  minVersion: 8,
  maxVersion: 9,
  target: { type: "group", groupId: GROUP },
  errorOf: ({ groups }) => groups[0]?.errorCode ?? 0,
  timeoutMs: TIMEOUT_MS,
};

describe("a request from outside", () => {
  it("has one answer", () => {
    const { world, ask, cluster } = setup();
    const outcomes = ask(creation);
    world.runFor(1000);
    expect(outcomes).toMatchObject([{ type: "answered", response: { topics: [{ name: TOPIC, errorCode: 0 }] } }]);
    expect(cluster.topics.get(TOPIC)?.partitions).toHaveLength(2);
  });

  it("is sent again after an error that may pass, and after no answer", () => {
    const { world, ask, cluster } = setup();
    cluster.creationErrors.push(ErrorCode.NOT_CONTROLLER, ErrorCode.REQUEST_TIMED_OUT);
    const outcomes = ask(creation);
    world.after(1, () => world.breakAll());
    world.runFor(3000);
    expect(outcomes).toMatchObject([{ type: "answered", response: { topics: [{ errorCode: 0 }] } }]);
    expect(cluster.creationErrors).toEqual([]);
  });

  it("is answered with an error that does not pass", () => {
    const { world, ask, cluster } = setup();
    cluster.creationErrors.push(ErrorCode.INVALID_REPLICATION_FACTOR);
    const outcomes = ask(creation);
    world.runFor(1000);
    expect(outcomes).toMatchObject([{ type: "answered", response: { topics: [{ errorCode: ErrorCode.INVALID_REPLICATION_FACTOR }] } }]);
  });

  it("ends at its time-out, and says what was wrong and how often it was tried", () => {
    const { world, ask, cluster } = setup();
    cluster.creationErrors.push(...Array.from({ length: 100 }, () => ErrorCode.NOT_CONTROLLER));
    const outcomes = ask(creation);
    world.runFor(TIMEOUT_MS - 1);
    expect(outcomes).toEqual([]);
    world.runFor(1);
    expect(outcomes).toEqual([{ type: "timed-out", attempts: 100 - cluster.creationErrors.length, lastError: "NOT_CONTROLLER" }]);
    world.runFor(TIMEOUT_MS);
    expect(outcomes).toHaveLength(1);
  });

  it("has ended with its time-out, whatever is answered then", () => {
    const { world, ask, cluster } = setup();
    const outcomes = ask({ ...creation, timeoutMs: 1000 });
    world.runUntil(() => cluster.topics.has(TOPIC), 1000);
    const late = ask({ ...creation, timeoutMs: 1 });
    world.weather = { ...world.weather, latencyMsMax: 500 };
    world.runFor(TIMEOUT_MS);
    expect(outcomes).toHaveLength(1);
    expect(late).toMatchObject([{ type: "timed-out", attempts: 1 }]);
  });

  it("was never sent where nobody can be reached", () => {
    const { world, ask } = setup();
    for (const broker of [0, 1, 2]) world.down.add(broker);
    const outcomes = ask(creation);
    world.runFor(TIMEOUT_MS);
    expect(outcomes).toEqual([{ type: "timed-out", attempts: 0, lastError: undefined }]);
  });

  it("is given up after the request time-out and tried elsewhere", () => {
    const { world, ask, cluster } = setup();
    const outcomes = ask(creation);
    world.weather = { ...world.weather, silencePpm: 1_000_000 };
    world.after(1500, () => (world.weather = { ...world.weather, silencePpm: 0 }));
    world.runFor(TIMEOUT_MS);
    expect(outcomes).toMatchObject([{ type: "answered" }]);
    expect(cluster.topics.has(TOPIC)).toBe(true);
  });

  it("is refused where the brokers have no version of it", () => {
    const { world, ask } = setup();
    const outcomes = ask({ ...creation, minVersion: 1000 });
    world.runFor(1000);
    expect(outcomes).toMatchObject([{ type: "refused", error: "UNSUPPORTED_VERSION" }]);
  });

  it("finds a partition's leader, also the next one", () => {
    const { world, ask, cluster, client } = setup();
    cluster.createTopic(TOPIC, 3);
    const outcomes = [0, 1, 2].map((partition) => ask(endOf(partition)));
    world.runFor(1000);
    expect(outcomes.flat().map(({ type }) => type)).toEqual(["answered", "answered", "answered"]);
    world.act(0, () => client.want(TOPIC));
    world.runFor(1000);
    cluster.moveLeader(TOPIC, 1, 2);
    const moved = ask(endOf(1));
    world.runFor(2000);
    expect(moved).toMatchObject([{ type: "answered", response: { topics: [{ partitions: [{ errorCode: 0, offset: 0 }] }] } }]);
  });

  it("goes to the broker that it is for, and to no other", () => {
    const { world, ask, cluster } = setup();
    cluster.createTopic(TOPIC, 1);
    const asked = [0, 1, 2].map((broker) => ask({ ...endOf(0), target: { type: "broker", broker }, errorOf: () => 0 }));
    const unknown = ask({ ...endOf(0), target: { type: "broker", broker: 7 } });
    world.runFor(TIMEOUT_MS);
    const errors = asked.flat().map((outcome) => (outcome.type === "answered" ? outcome.response.topics[0]?.partitions[0]?.errorCode : outcome.type));
    expect(errors).toEqual([0, ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_LEADER_OR_FOLLOWER]);
    expect(unknown).toEqual([{ type: "timed-out", attempts: 0, lastError: undefined }]);
  });

  it("asks any broker that is up", () => {
    const { world, ask } = setup();
    for (const broker of [0, 2]) world.down.add(broker);
    const outcomes = ask({ api: apis.Metadata, request: () => newMetadataRequest({ topics: [] }), target: { type: "any" }, timeoutMs: TIMEOUT_MS });
    world.runFor(TIMEOUT_MS);
    expect(outcomes).toMatchObject([{ type: "answered" }]);
  });

  it("finds a group's coordinator, and the next one", () => {
    const { world, ask, cluster } = setup();
    cluster.createTopic(TOPIC, 1);
    const coordinator = new FakeCoordinator(cluster);
    coordinator.offsets.set(`${TOPIC}-0`, 5);
    const first = ask(committed);
    world.runFor(1000);
    coordinator.broker = 2;
    const second = ask(committed);
    world.runFor(TIMEOUT_MS);
    const answer = { type: "answered", response: { groups: [{ topics: [{ partitions: [{ committedOffset: 5 }] }] }] } };
    expect([first, second]).toMatchObject([[answer], [answer]]);
  });

  it("is refused where the group can't have a coordinator", () => {
    const { world, ask, cluster } = setup();
    const coordinator = new FakeCoordinator(cluster);
    coordinator.refuse("FindCoordinator", "GROUP_AUTHORIZATION_FAILED");
    const outcomes = ask(committed);
    world.runFor(1000);
    expect(outcomes).toEqual([{ type: "refused", error: "GROUP_AUTHORIZATION_FAILED", detail: "GROUP_AUTHORIZATION_FAILED" }]);
    const later = ask(committed);
    world.runFor(1000);
    expect(later).toMatchObject([{ type: "answered" }]);
  });
});
