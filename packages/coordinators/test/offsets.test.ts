import { type JoinGroupResponse, newOffsetCommitRequest, newOffsetDeleteRequest } from "@samsa/protocol";
import { ZERO_UUID } from "@samsa/stdx";
import { expect, it } from "vitest";
import { decodeGroupRecord, encodeGroupRecord } from "../src/index.ts";
import { type Asked, errorOf, GROUP, GroupWorld } from "./support/group-world.ts";

type Committed = ReturnType<GroupWorld["commitOffset"]>;
const commitError = (asked: Committed): string | undefined => {
  const partition = asked.response?.topics[0]?.partitions[0];
  return partition === undefined ? undefined : errorOf({ response: partition } as Asked<{ errorCode: number }>);
};

it("tells an offset once the log has it, and not before", () => {
  const world = new GroupWorld();
  expect(world.offset()).toBe(-1);
  world.commitsAtOnce = false;
  const asked = world.commitOffset(5);
  expect([commitError(asked), world.offset()]).toEqual([undefined, -1]);
  world.commit();
  expect([commitError(asked), world.offset()]).toEqual(["NONE", 5]);
});

it("keeps committed offsets through a failover, and forgets what was not committed", () => {
  const world = new GroupWorld();
  world.commitOffset(5);
  world.commitsAtOnce = false;
  const lost = world.commitOffset(6);
  world.failOver();
  expect([commitError(lost), world.offset()]).toEqual(["NOT_COORDINATOR", 5]);
});

it("takes offsets from a member of the generation only, as long as there are members (G03)", () => {
  const world = new GroupWorld();
  const [member] = world.stable(1) as [JoinGroupResponse];
  expect(commitError(world.commitOffset(5, member))).toBe("NONE");
  expect(commitError(world.commitOffset(4))).toBe("UNKNOWN_MEMBER_ID");
  expect(commitError(world.commitOffset(4, { ...member, memberId: "stranger" }))).toBe("UNKNOWN_MEMBER_ID");
  const again = world.join({ memberId: member.memberId }).response as JoinGroupResponse;
  expect(commitError(world.commitOffset(4, again))).toBe("REBALANCE_IN_PROGRESS");
  world.sync(again, {});
  expect(commitError(world.commitOffset(4, member))).toBe("ILLEGAL_GENERATION");
  expect(world.offset()).toBe(5);
});

it("takes a generation of a group that is not there for one that is over", () => {
  const world = new GroupWorld();
  expect(commitError(world.commitOffset(1, { memberId: "m", generationId: 3 }))).toBe("ILLEGAL_GENERATION");
  expect(commitError(world.commitOffset(1, { memberId: "m", generationId: 3, apiVersion: 9 }))).toBe("GROUP_ID_NOT_FOUND");
});

it("counts a commit as a heartbeat", () => {
  const world = new GroupWorld();
  const [member] = world.stable(1) as [JoinGroupResponse];
  world.pass(900);
  world.commitOffset(5, member);
  world.pass(900);
  expect(world.heartbeat(member)).toBe("NONE");
});

it("refuses metadata that are too long, and says which failure of the log it was", () => {
  const world = new GroupWorld();
  expect(commitError(world.commitOffset(5, { metadata: "eleven char" }))).toBe("OFFSET_METADATA_TOO_LARGE");
  world.refuses = "NOT_ENOUGH_REPLICAS";
  expect(commitError(world.commitOffset(5))).toBe("COORDINATOR_NOT_AVAILABLE");
  world.refuses = "MESSAGE_TOO_LARGE";
  expect(commitError(world.commitOffset(5))).toBe("UNKNOWN_SERVER_ERROR");
});

it("answers a commit that takes too long", () => {
  const world = new GroupWorld();
  world.commitsAtOnce = false;
  const asked = world.commitOffset(5);
  world.pass(5_000);
  expect(commitError(asked)).toBe("COORDINATOR_NOT_AVAILABLE");
});

it("forgets offsets of nobody after their time, and the group with the last of them", () => {
  const world = new GroupWorld();
  world.commitOffset(5);
  world.pass(50_000);
  world.commitOffset(6, { topic: "others" });
  world.pass(60_000);
  expect([world.offset(), world.offset("others")]).toEqual([-1, 6]);
  world.pass(60_000);
  expect(world.coordinator.listGroups()).toEqual([]);
});

/** One offset of each of so many groups that nobody is in. */
function manyGroups(world: GroupWorld, count: number): void {
  for (let at = 0; at < count; at++) {
    const partitions = [{ partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: -1, committedMetadata: "" }];
    const topics = [{ name: "orders", topicId: ZERO_UUID, partitions }];
    world.coordinator.offsetCommit(newOffsetCommitRequest({ groupId: `group ${at}`, topics }), 8, () => {}, world.now);
  }
  world.settle();
}

it("forgets many groups at once in few batches", () => {
  const world = new GroupWorld();
  manyGroups(world, 3_000);
  expect(world.coordinator.listGroups()).toHaveLength(3_000);
  const batches = world.log.length;
  world.pass(120_000);
  expect([world.coordinator.listGroups(), world.log.length - batches]).toEqual([[], 6]);
});

it("forgets many groups in batches as small as the log takes them, and keeps those that it does not let go", () => {
  const world = new GroupWorld();
  manyGroups(world, 300);
  world.batchBytesMax = 1_000;
  world.pass(95_000);
  world.takesBatches = 10;
  world.pass(10_000);
  const left = world.coordinator.listGroups().length;
  // All offsets, in eight batches, and half of the groups.
  expect([left, world.takesBatches < 0]).toEqual([150, true]);
  world.failOver();
  expect(world.coordinator.listGroups()).toHaveLength(left);
  world.takesBatches = Number.POSITIVE_INFINITY;
  world.pass(20_000);
  expect(world.coordinator.listGroups()).toEqual([]);
});

it("keeps offsets as long as the group has members, and their time after it (G06)", () => {
  const world = new GroupWorld();
  const [member] = world.stable(1, { sessionTimeoutMs: 50_000 }) as [JoinGroupResponse];
  world.commitOffset(5, member);
  for (let more = 0; more < 6; more++) {
    world.pass(40_000);
    world.heartbeat(member);
  }
  expect(world.offset()).toBe(5);
  world.leave([{ memberId: member.memberId, groupInstanceId: null, reason: null }]);
  world.settle();
  world.pass(90_000);
  expect(world.offset()).toBe(5);
  world.pass(20_000);
  expect(world.offset()).toBe(-1);
});

it("forgets an offset after the time that its commit asked for", () => {
  const world = new GroupWorld();
  world.commitOffset(5, { retentionTimeMs: 15_000 });
  world.pass(10_000);
  expect(world.offset()).toBe(5);
  world.pass(10_000);
  expect(world.offset()).toBe(-1);
});

it("deletes offsets of topics that nobody reads", () => {
  const world = new GroupWorld();
  const codes: (number | undefined)[] = [];
  const remove = (topic: string): void => {
    const request = newOffsetDeleteRequest({ groupId: GROUP, topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }] });
    world.coordinator.offsetDelete(request, (response) => codes.push(response.errorCode, response.topics[0]?.partitions[0]?.errorCode), world.now);
    world.settle();
  };
  remove("orders");
  world.commitOffset(5);
  remove("orders");
  expect([codes, world.offset()]).toEqual([[69, undefined, 0, 0], -1]);
  // A subscription that can't be read may be to any topic.
  world.commitOffset(5);
  world.stable(1, { metadata: "?" });
  remove("orders");
  expect([codes.slice(4), world.offset()]).toEqual([[0, 86], 5]);
});

it("forgets the offsets of topics that are gone", () => {
  const world = new GroupWorld();
  world.commitOffset(5);
  world.commitOffset(6, { topic: "others" });
  world.coordinator.forgetTopics((topic) => topic !== "orders", world.now);
  world.settle();
  expect([world.offset(), world.offset("others")]).toEqual([-1, 6]);
});

it("takes an offset and a time of 2^63 − 1, and has both again from its log", () => {
  const world = new GroupWorld();
  world.commitOffset(Number.MAX_SAFE_INTEGER, { retentionTimeMs: Number.MAX_SAFE_INTEGER });
  const records = world.log.flat().filter(({ name }) => name === "OffsetCommit");
  expect(records.map((record) => decodeGroupRecord(encodeGroupRecord(record)))).toEqual(records);
  expect(world.offset()).toBe(Number.MAX_SAFE_INTEGER);
});
