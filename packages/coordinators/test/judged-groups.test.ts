import type { ConsumerGroupMemberMetadataValue } from "@samsa/protocol/group-records";
import { ZERO_UUID } from "@samsa/stdx";
import { expect, it } from "vitest";
import { assignmentRecord, groupEpochRecord, memberRecord, targetEpochRecord } from "../src/groups/consumer/consumer-records.ts";
import { NEW_ASSIGNMENT } from "../src/groups/consumer/member-assignment.ts";
import { NEW_METADATA } from "../src/groups/consumer/member-metadata.ts";
import type { GroupRecord } from "../src/index.ts";
import { subscriptionOf } from "./support/classic-consumer.ts";
import { errorOf, GROUP, GroupWorld } from "./support/group-world.ts";
import { settle, TestConsumer } from "./support/test-consumer.ts";

const SESSIONS_MS = 5_000;
/** No record has room for the next one. */
const LAST_EPOCH = 0x7fff_ffff;
const metadata = { ...NEW_METADATA, subscribedTopicNames: ["orders"], rebalanceTimeoutMs: 1_000 };
const epochs = (group: number, targets: number): readonly GroupRecord[] => [groupEpochRecord(GROUP, group, 0n), targetEpochRecord(GROUP, targets, 1)];
const member = (memberId: string, changes: Partial<ConsumerGroupMemberMetadataValue> = {}): GroupRecord =>
  memberRecord({ groupId: GROUP, memberId }, { ...metadata, ...changes });
const supporting = (...names: readonly string[]): Partial<ConsumerGroupMemberMetadataValue> => ({
  classicMemberMetadata: { sessionTimeoutMs: 1_000, supportedProtocols: names.map((name) => ({ name, metadata: subscriptionOf(["orders"], []) })) },
});
const classicMember = (memberId: string) => ({
  memberId,
  groupInstanceId: null,
  clientId: "client",
  clientHost: "/here",
  rebalanceTimeout: 1_000,
  sessionTimeout: 1_000,
  subscription: subscriptionOf(["orders"], []),
  assignment: new Uint8Array(0),
});
const classicGroup = (protocol: string | null, ...members: readonly string[]): GroupRecord => classicGroupIn(3, protocol, ...members);
const classicGroupIn = (generation: number, protocol: string | null, ...members: readonly string[]): GroupRecord => ({
  name: "GroupMetadata",
  key: { group: GROUP },
  value: { protocolType: "consumer", generation, protocol, leader: null, currentStateTimestamp: 1, members: members.map(classicMember) },
});

/** The log of a world, made for its topic; whoever leads next finds it. */
function worldWith(records: (has: (memberId: string, memberEpoch: number) => GroupRecord) => readonly GroupRecord[]): GroupWorld {
  const world = new GroupWorld();
  const topicId = world.topics.make("orders", 4);
  const assigned = new Map([[topicId, new Map([[0, 1]])]]);
  const has = (memberId: string, memberEpoch: number) => assignmentRecord({ groupId: GROUP, memberId }, { ...NEW_ASSIGNMENT, memberEpoch, assigned });
  const value = { offset: 7, leaderEpoch: -1, metadata: "", commitTimestamp: 1, expireTimestamp: -1, topicId: ZERO_UUID };
  world.log.push([{ name: "OffsetCommit", key: { group: GROUP, topic: "orders", partition: 0 }, value }, ...records(has)]);
  world.commit();
  return world;
}

/** What members of an earlier time, an operator and time itself do. */
function live(world: GroupWorld): void {
  for (const memberEpoch of [1, 3, 9]) world.beat({ memberId: "m", memberEpoch });
  world.heartbeat({ memberId: "m", generationId: 3 });
  world.join({ memberId: "m", subscription: subscriptionOf(["orders"], []) });
  world.leave([{ memberId: "m", groupInstanceId: null, reason: null }]);
  world.pass(SESSIONS_MS);
}

const DISAGREEING: readonly (readonly [string, string, Parameters<typeof worldWith>[0]])[] = [
  ["whose targets are of a later epoch", "its targets are of epoch 5, and it is in epoch 1", () => [...epochs(1, 5), member("m")]],
  ["whose epoch is below 0", "it is in epoch -3", () => [...epochs(-3, -3), member("m")]],
  ["with a member in a later epoch", "m is in epoch 9, and its targets are of epoch 1", (has) => [...epochs(1, 1), member("m"), has("m", 9)]],
  ["two members of which have a partition", "have ", (has) => [...epochs(1, 1), member("m"), member("n"), has("m", 1), has("n", 1)]],
  ["with an assignment of nobody", "m has an assignment and is no member", (has) => [...epochs(1, 1), member("n"), has("m", 1)]],
  [
    "with members of the classic protocol that have none in common",
    "its members of the classic protocol have none in common",
    () => [...epochs(1, 1), member("m", supporting("range")), member("n", supporting("sticky")), member("o")],
  ],
  ["with members and no protocol", "it has members and no protocol", () => [classicGroup(null, "m")]],
  ["whose epochs are about to end", "it is in epoch 2147483647", () => [...epochs(LAST_EPOCH, LAST_EPOCH), member("m")]],
  ["whose generations are about to end", "it is in generation 2147483647", () => [classicGroupIn(LAST_EPOCH, "range", "m")]],
  ["whose generation is below 0", "it is in generation -3", () => [classicGroupIn(-3, "range", "m")]],
  ["with a member that is in it twice", "a member is in it twice", () => [classicGroup("range", "m", "m")]],
];

it.each(DISAGREEING)("puts a group %s aside, says so, and keeps its offsets", (_, because, records) => {
  const world = worldWith(records);
  world.failOver();
  expect(world.putAside).toEqual([{ groupId: GROUP, type: expect.any(String), because: expect.stringContaining(because) }]);
  expect(world.offset()).toBe(7);
  live(world);
  const a = new TestConsumer(world, "a");
  a.join();
  settle([a]);
  expect([a.lastError, a.partitions]).toEqual(["NONE", "0 1 2 3"]);
  world.failOver();
  expect(world.putAside).toEqual([]);
  expect(errorOf(world.beat({ memberId: "a", memberEpoch: a.epoch, topicPartitions: a.owned }))).toBe("NONE");
});

it.each(DISAGREEING)("puts a group %s aside as long as the log takes nothing, too", (_, _because, records) => {
  const world = worldWith(records);
  world.refuses = "NOT_ENOUGH_REPLICAS";
  world.failOver();
  live(world);
  world.refuses = undefined;
  live(world);
  const a = new TestConsumer(world, "a");
  a.join();
  settle([a]);
  expect([a.lastError, a.partitions]).toEqual(["NONE", "0 1 2 3"]);
});
