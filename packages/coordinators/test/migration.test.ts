import type { JoinGroupResponse } from "@samsa/protocol";
import { ZERO_UUID } from "@samsa/stdx";
import { expect, it } from "vitest";
import { encodeAssignment } from "../src/groups/migration/consumer-protocol.ts";
import { ClassicConsumer, subscriptionOf } from "./support/classic-consumer.ts";
import { CONFIG, errorOf, GROUP, GroupWorld } from "./support/group-world.ts";
import { settle, TestConsumer } from "./support/test-consumer.ts";

/** A world with a topic of four partitions. */
function worldOf(changes: ConstructorParameters<typeof GroupWorld>[0] = {}): GroupWorld {
  const world = new GroupWorld(changes);
  world.topics.make("orders", 4);
  return world;
}

/** A classic group of members that have divided the topic among themselves, cooperatively or not. */
function classicGroup(world: GroupWorld, count: number, isCooperative = true): readonly ClassicConsumer[] {
  const asked = Array.from({ length: count }, () => world.join({ subscription: subscriptionOf(["orders"], [], isCooperative ? 3 : 0) }));
  world.pass(0);
  const members = asked.map(({ response }) => response as JoinGroupResponse);
  const topicId = world.topics.topicByName("orders")?.topicId;
  const assignmentOf = (at: number): Uint8Array => {
    const partitions = [0, 1, 2, 3].filter((partition) => partition % count === at);
    return topicId === undefined ? new Uint8Array(0) : encodeAssignment(new Map([[topicId, new Map(partitions.map((one) => [one, 1]))]]), world.topics);
  };
  const assignments = new Map(members.map(({ memberId }, at) => [memberId, assignmentOf(at)]));
  world.syncAll(members, assignments);
  return members.map(({ memberId, generationId }) => {
    const consumer = new ClassicConsumer(world);
    Object.assign(consumer, { memberId, generation: generationId, isCooperative });
    consumer.sync();
    return consumer;
  });
}

const typeOf = (world: GroupWorld): string | undefined => world.coordinator.listGroups()[0]?.groupType;
const held = (consumers: readonly { readonly partitions: string }[]): readonly string[] => consumers.map(({ partitions }) => partitions);

/** Both kinds do what they are told until nobody is told anything new. */
function settleAll(classic: readonly ClassicConsumer[], consumers: readonly TestConsumer[]): void {
  for (let round = 0; round < 10; round++) {
    for (const member of classic) member.beat();
    settle(consumers);
  }
}

it.each([
  ["cooperative", true],
  ["eager", false],
])(
  "makes a classic group with %s members a consumer group when a member comes with the new protocol, and moves nothing that must not move",
  (_, isCooperative) => {
    const world = worldOf();
    const classic = classicGroup(world, 2, isCooperative);
    expect(held(classic)).toEqual(["0 2", "1 3"]);
    const a = new TestConsumer(world, "a");
    expect(a.join()).toMatchObject({ errorCode: 0, memberEpoch: 2, assignment: { topicPartitions: [] } });
    expect([typeOf(world), classic.map((member) => member.heartbeat())]).toEqual(["consumer", ["REBALANCE_IN_PROGRESS", "REBALANCE_IN_PROGRESS"]]);
    settleAll(classic, [a]);
    const loads = [...classic, a].map(({ partitions }) => partitions.split(" ").filter((text) => text !== "").length);
    expect([
      loads.toSorted(),
      new Set(
        held([...classic, a])
          .join(" ")
          .split(" "),
      ).size,
    ]).toEqual([[1, 1, 2], 4]);
    expect(world.coordinator.describeConsumerGroup(GROUP)).toMatchObject({ groupState: "Stable", assignorName: "uniform" });
    expect(
      world.coordinator
        .describeConsumerGroup(GROUP)
        .members.map(({ memberType }) => memberType)
        .sort(),
    ).toEqual([0, 0, 1]);
    expect(classic.map((member) => member.heartbeat())).toEqual(["NONE", "NONE"]);
  },
);

it("gives no partition of a classic member away before it has joined again without it (G01)", () => {
  const world = worldOf();
  const [member] = classicGroup(world, 1) as [ClassicConsumer];
  const a = new TestConsumer(world, "a");
  a.join();
  member.rejoin();
  // It is told to have less, and has not come back.
  expect([member.partitions, a.beat()?.assignment]).toEqual(["0 1", null]);
  expect(member.heartbeat()).toBe("REBALANCE_IN_PROGRESS");
  member.rejoin();
  a.beat();
  a.obey();
  expect(held([member, a])).toEqual(["0 1", "2 3"]);
});

it("tells a member with the classic protocol to join again when what it waits for is released, and not before", () => {
  const world = worldOf();
  const [member] = classicGroup(world, 1) as [ClassicConsumer];
  const a = new TestConsumer(world, "a");
  a.join();
  settleAll([member], [a]);
  expect(held([member, a])).toEqual(["0 1", "2 3"]);
  a.beat({ subscribedTopicNames: ["audit"] });
  member.beat();
  expect([member.partitions, member.heartbeat()]).toEqual(["0 1", "NONE"]);
  a.obey();
  a.beat();
  expect(member.heartbeat()).toBe("REBALANCE_IN_PROGRESS");
  member.rejoin();
  expect([member.partitions, member.heartbeat()]).toEqual(["0 1 2 3", "NONE"]);
});

it("gives a member with the classic protocol what is released while it waits for more", () => {
  const world = new GroupWorld({});
  world.topics.make("orders", 6);
  const [a, b] = [new TestConsumer(world, "a"), new TestConsumer(world, "b")];
  a.join();
  b.join();
  settle([a, b]);
  const member = new ClassicConsumer(world);
  member.rejoin();
  for (const consumer of [a, b]) consumer.beat();
  expect([member.partitions, member.heartbeat(), held([a, b])]).toEqual(["", "NONE", ["0 1 2", "3 4 5"]]);
  a.obey();
  a.beat();
  expect(member.heartbeat()).toBe("REBALANCE_IN_PROGRESS");
  member.rejoin();
  expect([member.partitions, member.heartbeat(), a.partitions]).toEqual(["2", "NONE", "0 1"]);
  b.obey();
  b.beat();
  expect(member.heartbeat()).toBe("REBALANCE_IN_PROGRESS");
  member.rejoin();
  expect([member.partitions, member.heartbeat()]).toEqual(["2 5", "NONE"]);
});

it("takes a partition that a client has assigned twice from one of the two", () => {
  const world = worldOf();
  const asked = [0, 1].map(() => world.join({ subscription: subscriptionOf(["orders"], []) }));
  world.pass(0);
  const members = asked.map(({ response }) => response as JoinGroupResponse);
  const all = encodeAssignment(new Map([[world.topics.topicByName("orders")?.topicId ?? ZERO_UUID, new Map([[0, 1]])]]), world.topics);
  world.syncAll(members, new Map(members.map(({ memberId }) => [memberId, all])));
  new TestConsumer(world, "a").join();
  const described = world.coordinator.describeConsumerGroup(GROUP).members;
  const given = described.flatMap(({ assignment }) => assignment.topicPartitions.flatMap(({ partitions }) => partitions));
  expect(given.filter((partition) => partition === 0)).toEqual([0]);
});

it("answers who waits for a classic generation that it is over when the group becomes a consumer group", () => {
  const world = worldOf();
  const [one, two] = classicGroup(world, 2) as [ClassicConsumer, ClassicConsumer];
  const waiting = world.join({ memberId: one.memberId, subscription: subscriptionOf(["orders", "audit"], []) });
  expect(waiting.response).toBeUndefined();
  new TestConsumer(world, "a").join();
  expect(errorOf(waiting)).toBe("REBALANCE_IN_PROGRESS");
  settleAll([one, two], []);
  expect([one.lastError, two.lastError]).toEqual(["NONE", "NONE"]);
});

it("writes nothing more of a classic group that has become a consumer group, whatever was under way in it", () => {
  const world = worldOf({ consumer: { ...CONFIG.consumer, sessionTimeoutMs: 60_000 } });
  const joins = [0, 1].map(() => world.join({ subscription: subscriptionOf(["orders"], []), sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 10_000 }));
  world.pass(0);
  world.commitsAtOnce = false;
  const syncs = joins.map(({ response }) => world.sync(response as JoinGroupResponse));
  new TestConsumer(world, "a").join();
  expect(syncs.map(errorOf)).toEqual(["REBALANCE_IN_PROGRESS", "REBALANCE_IN_PROGRESS"]);
  // What the leader assigned is not committed in time.
  world.pass(6_000);
  world.commitsAtOnce = true;
  world.commit();
  world.pass(20_000);
  expect(world.log.flat().findLast(({ name }) => name === "GroupMetadata")).toMatchObject({ value: null });
  expect([typeOf(world), world.coordinator.listGroups().length]).toEqual(["consumer", 1]);
});

it("takes a group for a consumer group of which the log has a classic record, too, and takes that one out", () => {
  const world = worldOf();
  const [member] = classicGroup(world, 1) as [ClassicConsumer];
  const left = world.log.flat().findLast(({ name, value }) => name === "GroupMetadata" && value !== null);
  const a = new TestConsumer(world, "a");
  a.join();
  if (left !== undefined) world.log.push([left]);
  world.commit();
  world.failOver();
  expect(world.coordinator.listGroups().map(({ groupType }) => groupType)).toEqual(["consumer"]);
  world.settle();
  settleAll([member], [a]);
  expect(held([member, a])).toEqual(["0 1", "2 3"]);
  for (let passed = 0; passed < 5_000; passed += 500) {
    world.pass(500);
    settleAll([member], [a]);
  }
  expect(world.log.flat().findLast(({ name }) => name === "GroupMetadata")).toMatchObject({ value: null });
});

it("becomes a classic group again when the last member with the new protocol goes", () => {
  const world = worldOf();
  const classic = classicGroup(world, 2);
  const a = new TestConsumer(world, "a");
  a.join();
  settleAll(classic, [a]);
  world.commitOffset(5, { memberId: a.memberId, generationId: a.epoch, apiVersion: 9 });
  a.leave();
  expect([typeOf(world), world.state, world.offset()]).toEqual(["classic", "PreparingRebalance", 5]);
  expect(classic.map((member) => member.heartbeat())).not.toContain("UNKNOWN_MEMBER_ID");
  const joins = classic.map(({ memberId }) => world.join({ memberId, subscription: subscriptionOf(["orders"], []) }));
  expect(joins.map(errorOf)).toEqual(["NONE", "NONE"]);
  // One of them leads, and assigns to both.
  expect(joins.map(({ response }) => response?.members.length).toSorted()).toEqual([0, 2]);
  world.failOver();
  expect(typeOf(world)).toBe("classic");
  expect(world.coordinator.describeGroup(GROUP, 6).members.length).toBe(2);
});

it("gives nobody what a member was told to give up before the group became a classic one, and has not given up yet (G01)", () => {
  const world = worldOf();
  const [member] = classicGroup(world, 1) as [ClassicConsumer];
  const a = new TestConsumer(world, "a");
  a.join();
  // It reads on, and has not heard that it is to have less.
  const owned = [{ name: "orders", partitions: [0, 1, 2, 3] }];
  expect(errorOf(world.join({ memberId: member.memberId, subscription: subscriptionOf(["orders"], owned) }))).toBe("NONE");
  a.leave();
  expect([typeOf(world), member.partitions]).toEqual(["classic", "0 1 2 3"]);
  const b = new TestConsumer(world, "b");
  b.join();
  b.obey();
  b.beat();
  b.obey();
  expect([typeOf(world), b.partitions]).toEqual(["consumer", ""]);
});

it("gives nobody what a member said that it has when it joined a generation that never came to an assignment (G01)", () => {
  const world = worldOf();
  const [member] = classicGroup(world, 1) as [ClassicConsumer];
  const owned = [{ name: "orders", partitions: [0, 1, 2, 3] }];
  const subscription = subscriptionOf(["orders"], owned);
  // A new generation begins, and another one before its leader has assigned.
  expect(errorOf(world.join({ memberId: member.memberId, subscription }))).toBe("NONE");
  world.join({ subscription: subscriptionOf(["orders"], []) });
  expect(world.state).toBe("PreparingRebalance");
  const b = new TestConsumer(world, "b");
  b.join();
  b.obey();
  b.beat();
  b.obey();
  expect([typeOf(world), b.partitions, member.partitions]).toEqual(["consumer", "", "0 1 2 3"]);
});

it("has its members join again also where another coordinator takes over a group that has just become a classic one", () => {
  const world = worldOf();
  const a = new TestConsumer(world, "a");
  a.join();
  a.obey();
  const joined = world.join({ subscription: subscriptionOf(["orders"], []) });
  a.leave();
  expect(typeOf(world)).toBe("classic");
  world.failOver();
  const member = joined.response as JoinGroupResponse;
  expect([world.state, world.heartbeat(member)]).toEqual(["PreparingRebalance", "REBALANCE_IN_PROGRESS"]);
  const again = world.join({ memberId: member.memberId, subscription: subscriptionOf(["orders"], []) });
  expect([errorOf(again), again.response?.members.length]).toEqual(["NONE", 1]);
});

it("becomes a classic group again when the last member with the new protocol is silent for too long", () => {
  const world = worldOf();
  const [member] = classicGroup(world, 1) as [ClassicConsumer];
  const a = new TestConsumer(world, "a");
  a.join();
  settleAll([member], [a]);
  world.pass(900);
  member.heartbeat();
  world.pass(200);
  expect(typeOf(world)).toBe("classic");
  expect(member.heartbeat()).toMatch(/REBALANCE_IN_PROGRESS|ILLEGAL_GENERATION/);
});

it("goes on with members of both protocols after a failover", () => {
  const world = worldOf();
  const [member] = classicGroup(world, 1) as [ClassicConsumer];
  const a = new TestConsumer(world, "a");
  a.join();
  settleAll([member], [a]);
  const before = world.coordinator.describeConsumerGroup(GROUP);
  world.failOver();
  expect(world.coordinator.describeConsumerGroup(GROUP)).toEqual(before);
  expect([member.heartbeat(), a.beat()?.errorCode]).toEqual(["NONE", 0]);
});

it("lets members with the classic protocol into a consumer group, and out of it", () => {
  const world = worldOf();
  const a = new TestConsumer(world, "a");
  a.join();
  a.obey();
  const first = world.join({ subscription: subscriptionOf(["orders"], []), apiVersion: 4 });
  expect(errorOf(first)).toBe("MEMBER_ID_REQUIRED");
  const member = new ClassicConsumer(world);
  member.rejoin();
  settleAll([member], [a]);
  expect(held([a, member])).toEqual(["0 1", "2 3"]);
  expect(member.leave()).toEqual(["NONE"]);
  settle([a]);
  expect([a.partitions, typeOf(world)]).toEqual(["0 1 2 3", "consumer"]);
});

it("takes a member with the classic protocol out that does not join again, or does not ask for what it has, within its rebalance time-out (G05)", () => {
  const world = worldOf({ consumer: { ...CONFIG.consumer, sessionTimeoutMs: 60_000 } });
  const a = new TestConsumer(world, "a");
  a.join();
  a.obey();
  const member = new ClassicConsumer(world);
  member.join();
  const alive = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 500) {
      member.heartbeat();
      world.pass(500);
    }
  };
  alive(2_000);
  expect(member.heartbeat()).toBe("UNKNOWN_MEMBER_ID");
  member.memberId = "";
  member.rejoin();
  settleAll([member], [a]);
  const b = new TestConsumer(world, "b");
  b.join();
  expect(member.heartbeat()).toBe("REBALANCE_IN_PROGRESS");
  alive(2_000);
  expect(member.heartbeat()).toBe("UNKNOWN_MEMBER_ID");
});

it("refuses what the classic protocol says wrongly in a consumer group", () => {
  const world = worldOf();
  const a = new TestConsumer(world, "a");
  a.join();
  const member = new ClassicConsumer(world);
  member.rejoin();
  settleAll([member], [a]);
  const sync = (changes: Partial<JoinGroupResponse>) =>
    errorOf(world.sync({ memberId: member.memberId, generationId: member.generation, ...changes } as JoinGroupResponse));
  expect([sync({ memberId: "stranger" }), sync({ memberId: "a" }), sync({ generationId: 99 })]).toEqual([
    "UNKNOWN_MEMBER_ID",
    "UNKNOWN_MEMBER_ID",
    "ILLEGAL_GENERATION",
  ]);
  expect(world.heartbeat({ memberId: member.memberId, generationId: 99 })).toBe("ILLEGAL_GENERATION");
  expect(world.heartbeat({ memberId: "a", generationId: a.epoch })).toBe("UNKNOWN_MEMBER_ID");
  expect(errorOf(world.join({ protocolType: "connect", subscription: subscriptionOf([], []) }))).toBe("INCONSISTENT_GROUP_PROTOCOL");
  expect(errorOf(world.join({ metadata: "no subscription" }))).toBe("INCONSISTENT_GROUP_PROTOCOL");
  expect(errorOf(world.join({ protocols: ["sticky"], subscription: subscriptionOf([], []) }))).toBe("INCONSISTENT_GROUP_PROTOCOL");
  expect(world.commitOffset(5, { memberId: member.memberId, generationId: 1, apiVersion: 8 }).response?.topics[0]?.partitions[0]?.errorCode).toBe(22);
  expect(world.commitOffset(5, { memberId: member.memberId, generationId: member.generation }).response?.topics[0]?.partitions[0]?.errorCode).toBe(0);
});

it("gives a static member with the classic protocol the place of the one that it replaces, whichever protocol that one used", () => {
  const world = worldOf();
  const [a, b] = [new TestConsumer(world, "a", { instanceId: "one" }), new TestConsumer(world, "b")];
  a.join();
  b.join();
  settle([a, b]);
  const before = a.partitions;
  const member = new ClassicConsumer(world, "one");
  member.rejoin();
  expect([member.lastError, member.partitions, a.beat()?.errorCode]).toEqual(["NONE", before, 82]);
});

it("lets a static member come back with protocols of which it named none before, where all others have one of them", () => {
  const world = worldOf();
  new TestConsumer(world, "a").join();
  const join = (instanceId: string, ...protocols: readonly string[]): string | undefined =>
    errorOf(world.join({ instanceId, protocols, subscription: subscriptionOf(["orders"], []), apiVersion: 5 }));
  expect(join("one", "range")).toBe("NONE");
  expect(join("one", "roundrobin")).toBe("NONE");
  expect(join("two", "roundrobin")).toBe("NONE");
  expect(join("one", "range")).toBe("INCONSISTENT_GROUP_PROTOCOL");
});

it("lets a member go on under its id with the new protocol, and has it do nothing of the old one any more", () => {
  const world = worldOf({ consumer: { ...CONFIG.consumer, sessionTimeoutMs: 60_000 } });
  const a = new TestConsumer(world, "a");
  a.join();
  a.obey();
  const member = new ClassicConsumer(world);
  member.join();
  const again = new TestConsumer(world, member.memberId);
  again.join();
  settle([a, again]);
  world.pass(10_000);
  expect([held([a, again]), again.beat()?.errorCode, member.heartbeat()]).toEqual([["0 1", "2 3"], 0, "UNKNOWN_MEMBER_ID"]);
});

it("answers who leaves a consumer group when the log has it, and not before", () => {
  const world = worldOf();
  new TestConsumer(world, "a").join();
  world.commitsAtOnce = false;
  const leaving = [
    { memberId: "a", groupInstanceId: null, reason: null },
    { memberId: "b", groupInstanceId: null, reason: null },
  ];
  const asked = world.leave(leaving);
  expect(asked.outcome).toBeUndefined();
  world.commit();
  expect(asked.outcome).toEqual(["NONE", "UNKNOWN_MEMBER_ID"]);
  new TestConsumer(world, "a").join();
  world.commit();
  const late = world.leave(leaving);
  world.pass(5_000);
  expect(late.outcome).toEqual(["COORDINATOR_NOT_AVAILABLE", "UNKNOWN_MEMBER_ID"]);
  const before = world.leave([{ memberId: "stranger", groupInstanceId: null, reason: null }]);
  expect(before.outcome).toEqual(["UNKNOWN_MEMBER_ID"]);
});

it("lets an operator take out more members than one batch has room for", () => {
  const world = worldOf();
  world.batchBytesMax = 100_000;
  const memberIds = Array.from({ length: 600 }, (_, at) => `a member with a long name, of whom there are many: ${at}`);
  for (const memberId of memberIds) new TestConsumer(world, memberId).join();
  const { outcome } = world.leave(memberIds.map((memberId) => ({ memberId, groupInstanceId: null, reason: null })));
  expect([new Set(outcome), world.coordinator.listGroups()[0]?.groupState, world.tooLarge]).toEqual([new Set(["NONE"]), "Empty", 0]);
});

it("migrates a group that is larger than one batch, and back", () => {
  const world = worldOf({ consumer: { ...CONFIG.consumer, sessionTimeoutMs: 60_000 } });
  const topics = Array.from({ length: 80 }, (_, at) => `a topic with a long name ${at}`);
  const subscription = subscriptionOf(["orders", ...topics], []);
  const asked = Array.from({ length: 300 }, () => world.join({ subscription, sessionTimeoutMs: 60_000 }));
  world.pass(0);
  const joins = asked.map(({ response }) => response as JoinGroupResponse);
  world.syncAll(joins, new Map());
  const { length } = world.log;
  const a = new TestConsumer(world, "a");
  expect(a.join()?.errorCode).toBe(0);
  expect([typeOf(world), world.tooLarge, world.log.length > length + 1]).toEqual(["consumer", 0, true]);
  world.failOver();
  expect(world.coordinator.describeConsumerGroup(GROUP).members.length).toBe(301);
  a.leave();
  expect([typeOf(world), world.tooLarge]).toEqual(["classic", 0]);
  world.failOver();
  expect([typeOf(world), world.coordinator.describeGroup(GROUP, 6).members.length]).toEqual(["classic", 300]);
  expect([...world.coordinator.committed.consumer.entries()]).toEqual([]);
});

it("stays a classic group where the log takes only a part of what it would become, and becomes another one later", () => {
  const world = worldOf({ consumer: { ...CONFIG.consumer, sessionTimeoutMs: 60_000 } });
  const topics = Array.from({ length: 100 }, (_, at) => `a topic with a long name ${at}`);
  const asked = Array.from({ length: 300 }, () => world.join({ subscription: subscriptionOf(topics, []), sessionTimeoutMs: 60_000 }));
  world.pass(0);
  world.syncAll(
    asked.map(({ response }) => response as JoinGroupResponse),
    new Map(),
  );
  const a = new TestConsumer(world, "a");
  world.takesBatches = 1;
  expect(a.join()?.errorCode).toBe(15);
  world.takesBatches = Number.POSITIVE_INFINITY;
  expect([typeOf(world), world.state]).toEqual(["classic", "Stable"]);
  world.failOver();
  expect([typeOf(world), world.state]).toEqual(["classic", "Stable"]);
  const leaver = asked[0]?.response?.memberId ?? "";
  world.leave([{ memberId: leaver, groupInstanceId: null, reason: null }]);
  expect(a.join()?.errorCode).toBe(0);
  world.failOver();
  const members = world.coordinator.describeConsumerGroup(GROUP).members.map(({ memberId }) => memberId);
  expect([members.length, members.includes(leaver)]).toEqual([300, false]);
});

it("stays a consumer group where it would be too large for the one record of a classic group", () => {
  const world = worldOf({ consumer: { ...CONFIG.consumer, sessionTimeoutMs: 60_000, assignmentIntervalMs: 60_000 } });
  const a = new TestConsumer(world, "a");
  a.join();
  const topics = Array.from({ length: 200 }, (_, at) => `a topic with a long name ${at}`);
  for (let at = 0; at < 200; at++) world.join({ subscription: subscriptionOf(topics, []), sessionTimeoutMs: 60_000 });
  expect(a.leave()?.errorCode).toBe(0);
  expect([typeOf(world), world.coordinator.describeConsumerGroup(GROUP).members.length, world.tooLarge]).toEqual(["consumer", 200, 0]);
});

it("lets no time-out of a consumer group go on in the classic group that it has become", () => {
  const world = worldOf({ consumer: { ...CONFIG.consumer, sessionTimeoutMs: 60_000 } });
  new TestConsumer(world, "a", { instanceId: "one" }).join();
  // In the place of the last member with the new protocol.
  const joined = world.join({ instanceId: "one", subscription: subscriptionOf(["orders"], []), sessionTimeoutMs: 60_000 });
  const memberId = joined.response?.memberId ?? "";
  expect([errorOf(joined), typeOf(world)]).toEqual(["NONE", "classic"]);
  const again = world.join({ memberId, instanceId: "one", subscription: subscriptionOf(["orders"], []), sessionTimeoutMs: 60_000 });
  expect(errorOf(again)).toBe("NONE");
  const { generationId } = again.response as JoinGroupResponse;
  world.sync(again.response as JoinGroupResponse, {}, "one");
  world.pass(1_900);
  new TestConsumer(world, "b").join();
  expect(typeOf(world)).toBe("consumer");
  world.pass(200);
  expect(world.heartbeat({ memberId, generationId }, "one")).toBe("REBALANCE_IN_PROGRESS");
});

it("waits for a member that goes on with the classic protocol as long as one of that protocol may take", () => {
  const world = worldOf({ consumer: { ...CONFIG.consumer, sessionTimeoutMs: 60_000 } });
  const a = new TestConsumer(world, "a", { rebalanceTimeoutMs: 500 });
  a.join();
  a.obey();
  new TestConsumer(world, "b").join();
  a.beat();
  world.pass(400);
  const owned = [{ name: "orders", partitions: [0, 1, 2, 3] }];
  const joined = world.join({ memberId: "a", subscription: subscriptionOf(["orders"], owned), sessionTimeoutMs: 60_000 });
  world.pass(200);
  expect(world.heartbeat(joined.response as JoinGroupResponse)).toBe("REBALANCE_IN_PROGRESS");
});

it("answers a static member that was away, and comes back with the classic protocol, in a generation", () => {
  const world = worldOf();
  const [a, b] = [new TestConsumer(world, "a", { instanceId: "one" }), new TestConsumer(world, "b")];
  a.join();
  a.obey();
  a.leave(-2);
  b.join();
  const owned = [{ name: "orders", partitions: [0, 1, 2, 3] }];
  const joined = world.join({ memberId: "a", instanceId: "one", subscription: subscriptionOf(["orders"], owned) });
  expect([errorOf(joined), joined.response?.generationId]).toEqual(["NONE", 0]);
  expect(world.heartbeat(joined.response as JoinGroupResponse, "one")).toBe("REBALANCE_IN_PROGRESS");
});

it("lists groups as they are described, while a migration is not committed yet", () => {
  const world = worldOf();
  const [member] = classicGroup(world, 1) as [ClassicConsumer];
  world.commitsAtOnce = false;
  const a = new TestConsumer(world, "a");
  const asked = a.send({ rebalanceTimeoutMs: 2_000, subscribedTopicNames: ["orders"], topicPartitions: [] });
  expect(world.coordinator.listGroups().map(({ groupType }) => groupType)).toEqual(["classic"]);
  expect(world.coordinator.describeGroup(GROUP, 6)).toMatchObject({ errorCode: 0, members: [{ memberId: member.memberId }] });
  expect(world.coordinator.describeConsumerGroup(GROUP).errorCode).toBe(69);
  world.commit();
  expect([errorOf(asked), world.coordinator.listGroups().map(({ groupType }) => groupType)]).toEqual(["NONE", ["consumer"]]);
  expect(world.coordinator.describeGroup(GROUP, 6).errorCode).toBe(69);
  a.send({ memberEpoch: -1 });
  expect(world.coordinator.listGroups().map(({ groupType }) => groupType)).toEqual(["consumer"]);
  expect([world.coordinator.describeConsumerGroup(GROUP).members.length, world.coordinator.describeGroup(GROUP, 6).errorCode]).toEqual([2, 69]);
  world.commit();
  expect([world.coordinator.listGroups().length, typeOf(world), world.coordinator.describeGroup(GROUP, 6).errorCode]).toEqual([1, "classic", 0]);
});

it("lets an operator take out members of either protocol", () => {
  const world = worldOf();
  const [a, b] = [new TestConsumer(world, "a", { instanceId: "one" }), new TestConsumer(world, "b")];
  a.join();
  b.join();
  const leaving = [
    { memberId: "", groupInstanceId: "one", reason: null },
    { memberId: "b", groupInstanceId: null, reason: null },
    { memberId: "b", groupInstanceId: null, reason: null },
    { memberId: "b", groupInstanceId: "two", reason: null },
  ];
  expect(world.leave(leaving).outcome).toEqual(["NONE", "NONE", "UNKNOWN_MEMBER_ID", "UNKNOWN_MEMBER_ID"]);
  world.settle();
  expect([a.beat()?.errorCode, world.coordinator.listGroups()[0]?.groupState]).toEqual([25, "Empty"]);
});

it.each([
  ["disabled", "classic", "consumer"],
  ["downgrade", "classic", "classic"],
  ["upgrade", "consumer", "consumer"],
] as const)("does as group.consumer.migration.policy=%s says", (migrationPolicy, upgraded, downgraded) => {
  const world = worldOf({ consumer: { ...CONFIG.consumer, migrationPolicy } });
  classicGroup(world, 1);
  const a = new TestConsumer(world, "a");
  expect(a.join()?.errorMessage ?? null).toBe(upgraded === "classic" ? `Group ${GROUP} is not a consumer group.` : null);
  expect(typeOf(world)).toBe(upgraded);
  const other = worldOf({ consumer: { ...CONFIG.consumer, migrationPolicy } });
  const b = new TestConsumer(other, "b");
  b.join();
  b.obey();
  const member = new ClassicConsumer(other);
  member.rejoin();
  settleAll([member], [b]);
  b.leave();
  expect(typeOf(other)).toBe(downgraded);
});

it("does not take over a classic group of other clients, or of consumers that it can't read", () => {
  const world = worldOf();
  world.join({ protocolType: "connect", metadata: "workers" });
  world.pass(0);
  expect(new TestConsumer(world, "a").join()?.errorMessage).toBe(`Group ${GROUP} is not a consumer group.`);
  const other = worldOf();
  other.join({ metadata: "nothing that is read" });
  other.pass(0);
  expect(new TestConsumer(other, "a").join()?.errorCode).toBe(69);
});

it("has a member of the classic protocol join once, and not over and over, as long as targets wait for more members", () => {
  const world = new GroupWorld();
  world.topics.make("orders", 4);
  world.topics.groupConfigs.set(GROUP, new Map([["consumer.assignment.interval.ms", "1000"]]));
  const a = new TestConsumer(world, "a");
  a.join();
  settle([a]);
  const classic = new ClassicConsumer(world);
  world.pass(10);
  classic.rejoin();
  expect([classic.lastError, classic.partitions, classic.heartbeat()]).toEqual(["NONE", "", "NONE"]);
  world.pass(700);
  settle([a]);
  expect([classic.heartbeat(), a.partitions]).toEqual(["NONE", "0 1 2 3"]);
  world.pass(300);
  expect(classic.heartbeat()).toBe("REBALANCE_IN_PROGRESS");
  for (let round = 0; round < 5; round++) {
    classic.beat();
    settle([a]);
  }
  expect([classic.lastError, classic.partitions.length, a.partitions.length]).toEqual(["NONE", 3, 3]);
});

it("takes over no partition below 0, whatever a leader of the classic protocol has assigned", () => {
  const world = worldOf();
  const member = world.join({ subscription: subscriptionOf(["orders"], [{ name: "orders", partitions: [-2] }]) });
  world.pass(0);
  const response = member.response as JoinGroupResponse;
  const topicId = world.topics.topicByName("orders")?.topicId ?? ZERO_UUID;
  const assigned = encodeAssignment(
    new Map([
      [
        topicId,
        new Map([
          [-1, 1],
          [0, 1],
        ]),
      ],
    ]),
    world.topics,
  );
  world.syncAll([response], new Map([[response.memberId, assigned]]));
  new TestConsumer(world, "a").join();
  const { members } = world.coordinator.describeConsumerGroup(GROUP);
  const told = members.flatMap(({ assignment, targetAssignment }) => [assignment, targetAssignment].flatMap(({ topicPartitions }) => topicPartitions));
  expect(told.flatMap(({ partitions }) => partitions).filter((partition) => partition < 0)).toEqual([]);
  expect(members.find(({ memberId }) => memberId === response.memberId)?.assignment.topicPartitions).toMatchObject([{ partitions: [0] }]);
});
