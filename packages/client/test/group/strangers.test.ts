import { newMetadataResponse, newMetadataResponseTopic, Writer } from "@samsa/protocol";
import { micros, wallMs } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { ASSIGNORS, ClusterMetadata, encodeSubscription } from "../../src/index.ts";
import { LeaderTask, MAX_SHARED_TOPICS } from "../../src/group/leader-task.ts";
import { TOPIC } from "../harness.ts";
import { groupHarness } from "./group-harness.ts";

const NOW = { monotonicUs: micros(0), wallMs: wallMs(0) };
const subscribing = (topics: readonly string[]): Uint8Array => encodeSubscription({ topics, ownedPartitions: [], generationId: -1, rackId: null });

/** A subscription of version 0 with one topic of these bytes. */
function subscribingBytes(topic: Uint8Array): Uint8Array {
  const writer = new Writer();
  writer.int16(0);
  writer.int32(1);
  writer.int16(topic.length);
  for (const byte of topic) writer.int8(byte - 256);
  writer.int32(-1);
  return writer.finishBytes();
}

/** Its names are asked for by nobody, and known all the same. */
function leaderOf(subscriptions: readonly (readonly string[])[]) {
  const metadata = new ClusterMetadata();
  const asked: string[] = [];
  const wantAwhile = (topics: Iterable<string>): (() => void) => {
    asked.push(...topics);
    metadata.apply(newMetadataResponse({ topics: asked.map((name) => newMetadataResponseTopic({ name, errorCode: 3 })) }));
    return () => undefined;
  };
  const members = subscriptions.map((topics, index) => ({ memberId: `m${index}`, groupInstanceId: null, metadata: subscribing(topics) }));
  const options = { cluster: { metadata, wantAwhile }, config: { maxPollIntervalMs: 1_000 } };
  const task = new LeaderTask(options, ASSIGNORS.range, { members, skipAssignment: false });
  return { asked, task };
}

describe("what other members of its group name", () => {
  it("does not end the leader's process, nor hold it up, where no codec can write it", () => {
    const { world, coordinator, member, append } = groupHarness();
    coordinator.strangers = [{ memberId: "stranger", metadata: subscribingBytes(new Uint8Array(32_767).fill(0xff)) }];
    append(0, "a");
    world.runFor(500);
    expect([member.consumer.assignment.length, member.read()]).toEqual([2, ["a"]]);
  });

  it("is not asked for, nor waited for, where it can't be a topic", () => {
    const { asked, task } = leaderOf([["t"], ["", ".", "..", "a b", "x".repeat(250), "ä", "x".repeat(249)]]);
    expect(asked.sort()).toEqual(["t", "x".repeat(249)]);
    expect(task.assignments(NOW)).toBeDefined();
  });

  it("is shared out up to a bound, those first who name few", () => {
    const many = Array.from({ length: MAX_SHARED_TOPICS + 7 }, (_, index) => `many-${index}`);
    const { asked, task } = leaderOf([many, ["own", "other"]]);
    expect([asked.length, asked.slice(0, 2)]).toEqual([MAX_SHARED_TOPICS, ["other", "own"]]);
    expect(task.assignments(NOW)).toBeDefined();
  });

  it("is asked for no more when it has left the group", () => {
    const { world, cluster, coordinator, member } = groupHarness();
    cluster.createTopic("foreign", 1);
    coordinator.strangers = [{ memberId: "stranger", metadata: subscribing([TOPIC, "foreign", "nowhere"]) }];
    world.runFor(500);
    coordinator.strangers = [];
    coordinator.rebalance();
    world.runFor(500);
    const asked: (string | null)[] = [];
    cluster.askedTopics = (names) => void asked.push(...names);
    cluster.moveLeader(TOPIC, 0, 2);
    world.runFor(2_000);
    expect([member.consumer.assignment.length, [...new Set(asked)]]).toEqual([2, [TOPIC]]);
  });
});

it("claims of many members to the same partitions are added up in a time that grows with their number", () => {
  const ownedPartitions = Array.from({ length: 20 }, (_, partition) => ({ topic: TOPIC, partition }));
  const members = Array.from({ length: 20_000 }, (_, index) => ({
    memberId: `m${index}`,
    instanceId: null,
    topics: [TOPIC],
    ownedPartitions,
    generationId: 1,
    rackId: null,
  }));
  const assigned = ASSIGNORS["cooperative-sticky"].assign(members, new Map([[TOPIC, 20]]));
  expect([...assigned.values()].flat()).toEqual([]);
  // With a copy of all claimants for each claim it outlasts what a test may take.
});

it("a request that can't be written fails alone: the client goes on", () => {
  const { world, member, append } = groupHarness();
  world.runFor(500);
  world.act(0, () => member.consumer.queryCommitted([{ topic: "x".repeat(40_000), partition: 0 }]));
  world.runFor(200);
  append(0, "a");
  world.runFor(500);
  expect([member.told("committed-answer").map((answer) => "error" in answer && answer.error), member.read()]).toEqual([["INVALID_REQUEST"], ["a"]]);
});
