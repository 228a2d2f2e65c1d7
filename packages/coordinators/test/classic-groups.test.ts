import type { JoinGroupResponse } from "@samsa/protocol";
import { expect, it } from "vitest";
import { errorOf, GROUP, GroupWorld, textOf } from "./support/group-world.ts";

const assignmentOf = (asked: { readonly response: { readonly assignment: Uint8Array } | undefined }): string | undefined =>
  asked.response === undefined ? undefined : textOf(asked.response.assignment);

it("brings members together in one generation, and gives each what the leader assigns to it once the log has it", () => {
  const world = new GroupWorld({ initialRebalanceDelayMs: 100 });
  const asked = [world.join(), world.join()];
  expect([world.state, asked[0]?.response]).toEqual(["PreparingRebalance", undefined]);
  world.pass(200);
  const [leader, other] = asked.map(({ response }) => response as JoinGroupResponse);
  expect(leader).toMatchObject({ errorCode: 0, generationId: 1, leader: leader?.memberId, protocolName: "range" });
  expect([leader?.members.length, other?.members.length, other?.leader]).toEqual([2, 0, leader?.memberId]);
  world.commitsAtOnce = false;
  const waiting = world.sync(other as JoinGroupResponse);
  const leading = world.sync(leader as JoinGroupResponse, { [leader?.memberId ?? ""]: "a", [other?.memberId ?? ""]: "b" });
  expect([world.state, waiting.response, leading.response]).toEqual(["CompletingRebalance", undefined, undefined]);
  world.commit();
  expect([world.state, assignmentOf(waiting), assignmentOf(leading)]).toEqual(["Stable", "b", "a"]);
});

it("waits longer for a group's first members as long as more come, at most for their rebalance time-out", () => {
  const world = new GroupWorld({ initialRebalanceDelayMs: 100 });
  const first = world.join({ rebalanceTimeoutMs: 250 });
  for (let more = 0; more < 5; more++) {
    world.pass(90);
    if (first.response === undefined) world.join({ rebalanceTimeoutMs: 250 });
  }
  expect(first.response?.members.length).toBe(3);
});

it("makes a member without an id come twice from version 4 on", () => {
  const world = new GroupWorld();
  const first = world.join({ apiVersion: 4 });
  expect(errorOf(first)).toBe("MEMBER_ID_REQUIRED");
  const memberId = first.response?.memberId ?? "";
  expect(memberId).toMatch(/^client-[0-9a-f]{8}-[0-9a-f]{4}-/);
  const again = world.join({ apiVersion: 4, memberId });
  world.pass(0);
  expect(again.response).toMatchObject({ errorCode: 0, memberId, generationId: 1 });
});

it("forgets a member that does not come again with its id", () => {
  const world = new GroupWorld();
  const [member] = world.stable(1);
  const pending = world.join({ apiVersion: 4, sessionTimeoutMs: 100 });
  world.join({ memberId: member?.memberId ?? "" });
  expect(world.state).toBe("PreparingRebalance");
  world.pass(100);
  expect(world.state).toBe("CompletingRebalance");
  expect(errorOf(world.join({ apiVersion: 4, memberId: pending.response?.memberId ?? "" }))).toBe("UNKNOWN_MEMBER_ID");
});

it("takes a member out that is silent for its session's time, and has the others join again", () => {
  const world = new GroupWorld();
  const [one, two] = world.stable(2) as [JoinGroupResponse, JoinGroupResponse];
  world.pass(900);
  expect(world.heartbeat(one)).toBe("NONE");
  world.pass(200);
  expect([world.heartbeat(one), world.heartbeat(two)]).toEqual(["REBALANCE_IN_PROGRESS", "UNKNOWN_MEMBER_ID"]);
  const again = world.join({ memberId: one.memberId });
  expect(again.response).toMatchObject({ generationId: 2, leader: one.memberId });
  expect(again.response?.members.length).toBe(1);
});

it("goes on without those who do not join again within the rebalance time-out", () => {
  const world = new GroupWorld();
  const [one, two] = world.stable(2, { sessionTimeoutMs: 10_000 }) as [JoinGroupResponse, JoinGroupResponse];
  const again = world.join({ memberId: one.memberId, sessionTimeoutMs: 10_000 });
  world.pass(1_999);
  expect(again.response).toBeUndefined();
  world.pass(1);
  expect(again.response).toMatchObject({ generationId: 2 });
  expect(world.heartbeat(two)).toBe("UNKNOWN_MEMBER_ID");
});

it("takes those out who never ask for their assignment (G05)", () => {
  const world = new GroupWorld();
  const asked = [world.join({ sessionTimeoutMs: 10_000 }), world.join({ sessionTimeoutMs: 10_000 })];
  world.pass(0);
  const [leader, other] = asked.map(({ response }) => response as JoinGroupResponse) as [JoinGroupResponse, JoinGroupResponse];
  const waiting = world.sync(other);
  world.pass(2_000);
  expect(errorOf(waiting)).toBe("REBALANCE_IN_PROGRESS");
  expect([world.heartbeat(leader), world.state]).toEqual(["UNKNOWN_MEMBER_ID", "PreparingRebalance"]);
  world.join({ memberId: other.memberId });
  expect(world.state).toBe("CompletingRebalance");
});

it("refuses who is of another generation, and who is not of the group", () => {
  const world = new GroupWorld();
  const [member] = world.stable(1) as [JoinGroupResponse];
  const stale = { ...member, generationId: 0 };
  expect([world.heartbeat(stale), errorOf(world.sync(stale))]).toEqual(["ILLEGAL_GENERATION", "ILLEGAL_GENERATION"]);
  const stranger = { ...member, memberId: "stranger" };
  expect([world.heartbeat(stranger), errorOf(world.sync(stranger)), errorOf(world.join({ memberId: "stranger" }))]).toEqual(
    Array.from({ length: 3 }, () => "UNKNOWN_MEMBER_ID"),
  );
  expect(errorOf(world.join({ protocols: ["sticky"] }))).toBe("INCONSISTENT_GROUP_PROTOCOL");
  expect(errorOf(world.join({ protocolType: "connect" }))).toBe("INCONSISTENT_GROUP_PROTOCOL");
  expect(errorOf(world.join({ sessionTimeoutMs: 9 }))).toBe("INVALID_SESSION_TIMEOUT");
});

it("selects the protocol that all have and most prefer", () => {
  const world = new GroupWorld({ initialRebalanceDelayMs: 10 });
  const asked = [
    ["a", "b", "c"],
    ["b", "a", "d"],
    ["b", "a"],
  ].map((protocols) => world.join({ protocols }));
  world.pass(100);
  expect(asked.map(({ response }) => response?.protocolName)).toEqual(["b", "b", "b"]);
});

it("gives a lost answer again, and begins anew only where something has changed", () => {
  const world = new GroupWorld();
  const members = world.stable(2, { metadata: "topics" }) as [JoinGroupResponse, JoinGroupResponse];
  const other = members.find(({ leader, memberId }) => leader !== memberId) as JoinGroupResponse;
  const again = world.join({ memberId: other.memberId, metadata: "topics" });
  expect([again.response?.generationId, world.state]).toEqual([1, "Stable"]);
  expect(assignmentOf(world.sync(other))).toMatch(/^part/);
  world.join({ memberId: other.memberId, metadata: "more topics" });
  expect(world.state).toBe("PreparingRebalance");
});

it("has a leader that joins again begin a new generation", () => {
  const world = new GroupWorld();
  const [leader] = world.stable(1) as [JoinGroupResponse];
  expect(world.join({ memberId: leader.memberId }).response?.generationId).toBe(2);
});

it("answers who leaves one by one, and those who remain begin a new generation", () => {
  const world = new GroupWorld();
  const [one, two] = world.stable(2) as [JoinGroupResponse, JoinGroupResponse];
  const leaving = [one.memberId, "stranger"].map((memberId) => ({ memberId, groupInstanceId: null, reason: null }));
  expect(world.leave(leaving).outcome).toEqual(["NONE", "UNKNOWN_MEMBER_ID"]);
  expect(world.heartbeat(two)).toBe("REBALANCE_IN_PROGRESS");
  expect(world.leave([{ memberId: two.memberId, groupInstanceId: null, reason: null }]).outcome).toEqual(["NONE"]);
  expect(world.state).toBe("Empty");
});

it("lets a static member come back under another id without a new generation, and fences the old one (G04)", () => {
  const world = new GroupWorld();
  const member = world.join({ instanceId: "one", apiVersion: 9 });
  world.pass(0);
  const old = member.response as JoinGroupResponse;
  world.sync(old, { [old.memberId]: "part" }, "one");
  const back = world.join({ instanceId: "one", apiVersion: 9 });
  expect(back.response).toMatchObject({ errorCode: 0, generationId: 1, skipAssignment: true });
  expect(back.response?.memberId).not.toBe(old.memberId);
  expect(world.heartbeat(old, "one")).toBe("FENCED_INSTANCE_ID");
  const fresh = back.response as JoinGroupResponse;
  expect([assignmentOf(world.sync(fresh, {}, "one")), world.state]).toEqual(["part", "Stable"]);
  world.failOver();
  expect([world.heartbeat(fresh, "one"), world.heartbeat(old, "one")]).toEqual(["NONE", "FENCED_INSTANCE_ID"]);
});

it("keeps a static member's old id where the log does not take the new one", () => {
  const world = new GroupWorld();
  const member = world.join({ instanceId: "one", apiVersion: 5 });
  world.pass(0);
  const old = member.response as JoinGroupResponse;
  world.sync(old, { [old.memberId]: "part" }, "one");
  world.refuses = "NOT_ENOUGH_REPLICAS";
  expect(errorOf(world.join({ instanceId: "one", apiVersion: 5 }))).toBe("COORDINATOR_NOT_AVAILABLE");
  expect(world.heartbeat(old, "one")).toBe("NONE");
});

it("keeps static members that have not come back for their sessions", () => {
  const world = new GroupWorld();
  const statics = ["one", "two"].map((instanceId) => world.join({ instanceId, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 100 }));
  world.pass(0);
  const [one, two] = statics.map(({ response }) => response as JoinGroupResponse) as [JoinGroupResponse, JoinGroupResponse];
  world.sync(one, { [one.memberId]: "a", [two.memberId]: "b" }, "one");
  world.sync(two, {}, "two");
  world.join({ memberId: one.memberId, instanceId: "one", sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 100 });
  world.pass(100);
  expect(world.coordinator.describeGroup(GROUP, 5).members.length).toBe(2);
});

it("has members join again where their assignment could not be written", () => {
  const world = new GroupWorld();
  const joined = world.join();
  world.pass(0);
  const member = joined.response as JoinGroupResponse;
  world.refuses = "NOT_ENOUGH_REPLICAS";
  expect(errorOf(world.sync(member, { [member.memberId]: "a" }))).toBe("COORDINATOR_NOT_AVAILABLE");
  expect(world.state).toBe("PreparingRebalance");
  world.refuses = undefined;
  expect(world.join({ memberId: member.memberId }).response?.generationId).toBe(2);
});

it("is gone on with by the next coordinator: members, generation and assignments", () => {
  const world = new GroupWorld();
  const [one, two] = world.stable(2) as [JoinGroupResponse, JoinGroupResponse];
  world.failOver();
  expect([world.heartbeat(one), world.heartbeat(two), world.state]).toEqual(["NONE", "NONE", "Stable"]);
  expect(assignmentOf(world.sync(two))).toMatch(/^part/);
  world.pass(1_001);
  expect(world.state).toBe("Empty");
});

it("tells those who wait that it coordinates no more", () => {
  const world = new GroupWorld();
  world.stable(1);
  const waiting = world.join();
  world.failOver();
  expect(errorOf(waiting)).toBe("NOT_COORDINATOR");
});

it("has room for so many members and no more", () => {
  const world = new GroupWorld({ maxSize: 2 });
  world.stable(2);
  expect(errorOf(world.join())).toBe("GROUP_MAX_SIZE_REACHED");
});

it("deletes a group that has no members, with its offsets, and no other", () => {
  const world = new GroupWorld();
  const told: string[] = [];
  const remove = (): void => world.coordinator.deleteGroup(GROUP, (error) => told.push(error), world.now);
  const [member] = world.stable(1) as [JoinGroupResponse];
  world.commitOffset(5, member);
  remove();
  world.leave([{ memberId: member.memberId, groupInstanceId: null, reason: null }]);
  world.settle();
  remove();
  world.settle();
  remove();
  expect(told).toEqual(["NON_EMPTY_GROUP", "NONE", "GROUP_ID_NOT_FOUND"]);
  expect([world.offset(), world.coordinator.listGroups()]).toEqual([-1, []]);
  world.failOver();
  expect(world.coordinator.listGroups()).toEqual([]);
});

it("lets other members be heard where static ones give each other no time at all", () => {
  const world = new GroupWorld();
  const join = (instanceId: string, rebalanceTimeoutMs: number) => world.join({ instanceId, sessionTimeoutMs: 5_000, rebalanceTimeoutMs, apiVersion: 9 });
  const asked = ["one", "two"].map((instanceId) => join(instanceId, 1_000));
  world.pass(0);
  for (const [at, { response }] of asked.entries()) world.sync(response as JoinGroupResponse, {}, at === 0 ? "one" : "two");
  for (const instanceId of ["one", "two"]) join(instanceId, 0);
  world.leave([{ memberId: "", groupInstanceId: "one", reason: null }]);
  world.pass(1_000);
  expect(world.state).toBe("PreparingRebalance");
  world.pass(5_000);
  expect(world.state).toBe("Empty");
});

it("gives an instance to nobody who was told an id of its own", () => {
  const world = new GroupWorld();
  const joined = world.join({ instanceId: "one", apiVersion: 5 });
  world.pass(0);
  const member = joined.response as JoinGroupResponse;
  world.sync(member, {}, "one");
  const pending = world.join({ apiVersion: 5 });
  expect(errorOf(world.join({ apiVersion: 5, memberId: pending.response?.memberId ?? "", instanceId: "one" }))).toBe("UNKNOWN_SERVER_ERROR");
  expect(world.heartbeat(member, "one")).toBe("NONE");
});

it("goes on with a static member's new id where the group went on before the log refused it", () => {
  const world = new GroupWorld();
  const at = { sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 20_000 };
  const asked = [
    world.join({ ...at, instanceId: "one", protocols: ["x"], apiVersion: 5 }),
    world.join({ ...at, protocols: ["x", "z"] }),
    world.join({ ...at, protocols: ["x", "z"] }),
  ];
  world.pass(0);
  const members = asked.map(({ response }) => response as JoinGroupResponse);
  for (const [index, member] of members.entries()) world.sync(member, {}, index === 0 ? "one" : null);
  world.commitsAtOnce = false;
  const back = world.join({ ...at, instanceId: "one", protocols: ["x", "z"], apiVersion: 5 });
  const other = world.join({ ...at, memberId: members[1]?.memberId ?? "", protocols: ["z"] });
  world.pass(5_000);
  expect([back.response, world.state]).toEqual([undefined, "PreparingRebalance"]);
  world.pass(20_000);
  expect([back.response?.errorCode, other.response?.errorCode, other.response?.protocolName]).toEqual([0, 0, "z"]);
});

it("forgets who was told an id with a group that is deleted, also where the log keeps the group", () => {
  const world = new GroupWorld();
  world.join({ apiVersion: 4 });
  world.refuses = "NOT_ENOUGH_REPLICAS";
  const told: string[] = [];
  world.coordinator.deleteGroup(GROUP, (error) => told.push(error), world.now);
  world.refuses = undefined;
  const member = world.stable(1)[0];
  expect([told, world.state, member?.generationId]).toEqual([["COORDINATOR_NOT_AVAILABLE"], "Stable", 1]);
  // Nobody is waited for who was told an id before.
  expect(world.join({ memberId: member?.memberId ?? "" }).response?.generationId).toBe(2);
});

it("knows a group whose first record took too long", () => {
  const world = new GroupWorld();
  world.commitsAtOnce = false;
  world.commitOffset(5);
  world.pass(5_000);
  world.commit();
  expect([world.offset(), world.coordinator.listGroups().length]).toEqual([5, 1]);
});

it("compares long lists of protocols once", () => {
  const world = new GroupWorld();
  const names = (prefix: string): readonly string[] => Array.from({ length: 20_000 }, (_, index) => `${prefix}${index}`);
  world.join({ protocols: names("a") });
  world.join({ protocols: [...names("b"), "a1"] });
  expect(errorOf(world.join({ protocols: names("c") }))).toBe("INCONSISTENT_GROUP_PROTOCOL");
  world.pass(0);
  expect(world.coordinator.describeGroup(GROUP, 5).members.length).toBe(2);
});

it("keeps what members say of themselves, and not the whole of the requests that it came in", () => {
  const world = new GroupWorld();
  world.stable(1, { metadata: "topics" });
  const [member] = world.coordinator.describeGroup(GROUP, 5).members;
  expect([member?.memberMetadata, member?.memberAssignment].map((kept) => [textOf(kept as Uint8Array), kept?.buffer.byteLength])).toEqual([
    ["topics", 6],
    ["part 0", 6],
  ]);
});
