import { encodeConsumerGroupDescribeResponse, Writer } from "@samsa/protocol";
import { expect, it } from "vitest";
import { CONFIG, errorOf, GROUP, GroupWorld } from "./support/group-world.ts";
import { settle, TestConsumer, type TestConsumerOptions } from "./support/test-consumer.ts";

/** A world with a topic of four partitions. */
function worldOf(changes: Partial<ConstructorParameters<typeof GroupWorld>[0]> = {}): GroupWorld {
  const world = new GroupWorld(changes);
  world.topics.make("orders", 4);
  return world;
}

function joined(world: GroupWorld, memberId: string, options: TestConsumerOptions = {}): TestConsumer {
  const consumer = new TestConsumer(world, memberId, options);
  consumer.join();
  consumer.obey();
  return consumer;
}

const describe = (world: GroupWorld) => world.coordinator.describeConsumerGroup(GROUP);
const stateOf = (world: GroupWorld): string => describe(world).groupState;
const held = (consumers: readonly TestConsumer[]): readonly string[] => consumers.map(({ partitions }) => partitions);

it("gives a first member all partitions of what it wants with its first answer, in epoch 2", () => {
  const world = worldOf();
  const answer = new TestConsumer(world, "a").join();
  expect(answer).toMatchObject({ errorCode: 0, memberId: "a", memberEpoch: 2, heartbeatIntervalMs: 100 });
  expect(answer?.assignment?.topicPartitions).toEqual([{ topicId: world.topics.topicByName("orders")?.topicId, partitions: [0, 1, 2, 3] }]);
  expect(stateOf(world)).toBe("Stable");
});

it("answers a heartbeat once the log has what it decided, and not before", () => {
  const world = worldOf();
  world.commitsAtOnce = false;
  const asked = new TestConsumer(world, "a").send({ rebalanceTimeoutMs: 100, subscribedTopicNames: ["orders"], topicPartitions: [] });
  expect([asked.response, describe(world).errorCode]).toEqual([undefined, 69]);
  world.commit();
  expect([errorOf(asked), stateOf(world)]).toEqual(["NONE", "Stable"]);
});

it("gives a partition to nobody before the member that has it has given it up (G01)", () => {
  const world = worldOf();
  const a = joined(world, "a");
  const b = joined(world, "b");
  expect([held([a, b]), b.epoch, stateOf(world)]).toEqual([["0 1 2 3", ""], 3, "Reconciling"]);
  a.beat();
  b.beat();
  b.obey();
  // It was told, and reads on.
  expect([a.assigned[0]?.partitions, a.epoch, b.partitions]).toEqual([[0, 1], 2, ""]);
  a.beat();
  expect([a.epoch, b.beat()?.assignment]).toEqual([2, null]);
  a.obey();
  a.beat();
  b.beat();
  b.obey();
  expect([held([a, b]), [a.epoch, b.epoch], stateOf(world)]).toEqual([["0 1", "2 3"], [3, 3], "Stable"]);
});

it("keeps a partition for its member that goes from what it has to give up back to what it has (KAFKA-16147)", () => {
  const world = worldOf();
  const a = joined(world, "a");
  const b = joined(world, "b");
  a.beat();
  expect(a.assigned[0]?.partitions).toEqual([0, 1]);
  b.leave();
  // It gives up what it was told to, and is given it back with the same answer.
  a.obey();
  a.beat();
  a.obey();
  expect(a.partitions).toBe("0 1 2 3");
  const c = joined(world, "c");
  c.beat();
  c.obey();
  expect(held([a, c])).toEqual(["0 1 2 3", ""]);
});

it("takes a member out that does not give up what it has to within its rebalance time-out", () => {
  const world = worldOf({ consumer: { ...CONFIG.consumer, sessionTimeoutMs: 10_000 } });
  const a = joined(world, "a", { rebalanceTimeoutMs: 500 });
  const b = joined(world, "b");
  a.beat();
  world.pass(499);
  expect(a.beat()?.errorCode).toBe(0);
  world.pass(1);
  expect([a.beat()?.errorMessage, a.lastError]).toEqual([`Member a is not a member of group ${GROUP}.`, "UNKNOWN_MEMBER_ID"]);
  settle([b]);
  expect([b.partitions, stateOf(world)]).toEqual(["0 1 2 3", "Stable"]);
});

it("takes a member out that is silent for the session's time, and gives what it had to others", () => {
  const world = worldOf();
  const [a, b] = [joined(world, "a"), joined(world, "b")];
  settle([a, b]);
  world.pass(900);
  a.beat();
  world.pass(200);
  settle([a]);
  expect([a.partitions, b.beat()?.errorCode]).toEqual(["0 1 2 3", 25]);
});

it("bumps the group's epoch when a member leaves, and the last one leaves an empty group behind", () => {
  const world = worldOf();
  const [a, b] = [joined(world, "a"), joined(world, "b")];
  settle([a, b]);
  expect(b.leave()).toMatchObject({ errorCode: 0, memberId: "b", memberEpoch: -1, heartbeatIntervalMs: 0, assignment: null });
  expect([stateOf(world), describe(world).groupEpoch, describe(world).assignmentEpoch]).toEqual(["Assigning", 4, 3]);
  settle([a]);
  a.leave();
  expect([stateOf(world), describe(world).groupEpoch, describe(world).members]).toEqual(["Empty", 5, []]);
  expect(a.beat()?.errorMessage).toBe(`Member a is not a member of group ${GROUP}.`);
});

it("gives the answer again to a member that lost it, and fences who has another epoch", () => {
  const world = worldOf();
  const a = joined(world, "a");
  const b = joined(world, "b");
  a.beat();
  a.obey();
  // The answer with epoch 3 is lost.
  expect(a.send({ memberEpoch: 2, topicPartitions: a.owned }).response?.memberEpoch).toBe(3);
  expect(a.beat()).toMatchObject({ errorCode: 0, memberEpoch: 3 });
  expect(a.assigned[0]?.partitions).toEqual([0, 1]);
  b.beat();
  expect(b.beat({ memberEpoch: 4 })?.errorMessage).toBe(
    "The consumer group member has a greater member epoch (4) than the one known by the group coordinator (3). The member must abandon all its partitions and rejoin.",
  );
  expect(b.beat({ memberEpoch: 1 })?.errorMessage).toContain("smaller member epoch (1)");
  expect(b.lastError).toBe("FENCED_MEMBER_EPOCH");
});

it("believes what a member has given up only when it says so in its epoch", () => {
  const world = worldOf();
  const a = joined(world, "a");
  const b = joined(world, "b");
  a.beat();
  // Its first request once more, from a connection that was slow.
  a.send({ memberEpoch: 0, rebalanceTimeoutMs: 2_000, subscribedTopicNames: ["orders"], topicPartitions: [] });
  b.beat();
  b.obey();
  expect(held([a, b])).toEqual(["0 1 2 3", ""]);
});

it("lets a member that was fenced join again under its id, and tells it all that it has", () => {
  const world = worldOf();
  const a = joined(world, "a");
  expect(a.beat({ memberEpoch: 9 })?.errorCode).toBe(110);
  expect(a.join()?.assignment?.topicPartitions[0]?.partitions).toEqual([0, 1, 2, 3]);
  expect(a.epoch).toBe(2);
});

it("refuses what is no heartbeat of a member, as Kafka says it", () => {
  const world = worldOf();
  const join = { rebalanceTimeoutMs: 100, subscribedTopicNames: ["orders"], topicPartitions: [], memberId: "a" };
  const messageOf = (request: Parameters<GroupWorld["beat"]>[0], version = 1): string | null | undefined => {
    const asked = world.beat(request, version);
    expect(errorOf(asked)).toBe("INVALID_REQUEST");
    return asked.response?.errorMessage;
  };
  expect(messageOf({ ...join, memberId: "" })).toBe("MemberId can't be empty.");
  expect(messageOf({ ...join, memberId: "", memberEpoch: 3 }, 0)).toBe("MemberId can't be empty.");
  expect(messageOf({ ...join, groupId: "" })).toBe("GroupId can't be empty.");
  expect(messageOf({ ...join, instanceId: " " })).toBe("InstanceId can't be empty.");
  expect(messageOf({ ...join, rackId: "" })).toBe("RackId can't be empty.");
  expect(messageOf({ ...join, rebalanceTimeoutMs: -1 })).toBe("RebalanceTimeoutMs must be provided in first request.");
  expect(messageOf({ ...join, rebalanceTimeoutMs: 0 })).toBe("RebalanceTimeoutMs must be positive.");
  expect(messageOf({ ...join, memberEpoch: 3, rebalanceTimeoutMs: -2 })).toBe("RebalanceTimeoutMs must be positive.");
  expect(errorOf(world.beat({ ...join, memberEpoch: -1, rebalanceTimeoutMs: 0 }))).toBe("GROUP_ID_NOT_FOUND");
  expect(messageOf({ ...join, topicPartitions: null })).toBe("TopicPartitions must be empty when (re-)joining.");
  expect(messageOf({ ...join, subscribedTopicNames: null })).toBe("Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.");
  expect(messageOf({ ...join, memberEpoch: -2 })).toBe("InstanceId can't be null.");
  expect(messageOf({ ...join, memberEpoch: -3 })).toBe("MemberEpoch is invalid.");
  expect(messageOf({ ...join, rackId: "�".repeat(20_000) })).toContain("too long");
  const unsupported = world.beat({ ...join, serverAssignor: "nope" });
  expect([errorOf(unsupported), unsupported.response?.errorMessage]).toEqual([
    "UNSUPPORTED_ASSIGNOR",
    "ServerAssignor nope is not supported. Supported assignors: uniform, range.",
  ]);
  const missing = world.beat({ memberId: "a", memberEpoch: 1 });
  expect([errorOf(missing), missing.response?.errorMessage]).toEqual(["GROUP_ID_NOT_FOUND", `Consumer group ${GROUP} not found.`]);
  expect(errorOf(world.beat({ memberId: "a", memberEpoch: -1 }))).toBe("GROUP_ID_NOT_FOUND");
  expect(describe(world).errorMessage).toBe(`Group ${GROUP} not found.`);
});

it("says no more in a message than a message has room for, however long names are", () => {
  const world = worldOf();
  const long = "x".repeat(32_767);
  const a = new TestConsumer(world, long, { instanceId: long });
  a.join();
  const said = [
    a.beat({ memberEpoch: 99 })?.errorMessage,
    world.beat({ memberId: "b", instanceId: long, memberEpoch: 1 }).response?.errorMessage,
    world.beat({ memberId: "y".repeat(32_767), memberEpoch: 1 }).response?.errorMessage,
    world.beat({ groupId: long, memberId: "b", memberEpoch: 1 }).response?.errorMessage,
    world.coordinator.describeConsumerGroup(long).errorMessage,
    world.coordinator.describeGroup(long, 6).errorMessage,
    world.beat({ memberId: "b", rebalanceTimeoutMs: 1, topicPartitions: [], subscribedTopicNames: [], serverAssignor: long }).response?.errorMessage,
  ];
  for (const message of said) expect([message === null, (message ?? long).length <= 1_001]).toEqual([false, true]);
});

it("knows about how large a description is before it is made", () => {
  const world = worldOf();
  const topics = Array.from({ length: 1_000 }, (_, at) => `a topic with a long name ${at}`);
  for (let at = 0; at < 20; at++) joined(world, `member ${at}`, { topics: ["orders", ...topics] });
  const writer = new Writer();
  encodeConsumerGroupDescribeResponse(writer, { throttleTimeMs: 0, groups: [describe(world)] }, 1);
  const size = world.coordinator.consumerGroupDescriptionSize(GROUP);
  expect(size).toBeGreaterThan(0.9 * writer.length);
  expect(size).toBeLessThan(1.5 * writer.length);
  expect(world.coordinator.consumerGroupDescriptionSize("no group")).toBe(0);
});

it("gives an id to a member of version 0 that has none", () => {
  const world = worldOf();
  const asked = world.beat({ rebalanceTimeoutMs: 100, subscribedTopicNames: ["orders"], topicPartitions: [] }, 0);
  expect(asked.response?.memberId).toMatch(/^[\w-]{22}$/);
});

it("refuses members beyond group.consumer.max.size, and serves those who are in", () => {
  const world = worldOf({ consumer: { ...CONFIG.consumer, maxSize: 1 } });
  const a = joined(world, "a", { instanceId: "one" });
  const b = new TestConsumer(world, "b");
  expect([b.join()?.errorMessage, b.lastError]).toEqual(["The consumer group has reached its maximum capacity of 1 members.", "GROUP_MAX_SIZE_REACHED"]);
  expect(a.beat()?.errorCode).toBe(0);
  a.leave(-2);
  expect(joined(world, "c", { instanceId: "one" }).partitions).toBe("0 1 2 3");
});

it("keeps what a static member has while it is away, and fences whoever has its name meanwhile (G04)", () => {
  const world = worldOf();
  const [a, b] = [joined(world, "a", { instanceId: "one" }), joined(world, "b")];
  settle([a, b]);
  const other = new TestConsumer(world, "c", { instanceId: "one" });
  expect(other.join()?.errorMessage).toBe("Static member c with instance id one cannot join the group because the instance id is owned by a member.");
  expect(other.lastError).toBe("UNRELEASED_INSTANCE_ID");
  const { groupEpoch } = describe(world);
  expect(a.leave(-2)).toMatchObject({ errorCode: 0, memberId: "a", memberEpoch: -2 });
  b.beat();
  world.failOver();
  expect(other.join()).toMatchObject({ errorCode: 0, memberEpoch: groupEpoch });
  other.obey();
  expect([held([other, b]), describe(world).groupEpoch, describe(world).members.length]).toEqual([["0 1", "2 3"], groupEpoch, 2]);
  expect([a.beat()?.errorMessage, a.lastError]).toEqual(["Static member a with instance id one was fenced by member c.", "FENCED_INSTANCE_ID"]);
  expect(new TestConsumer(world, "d", { instanceId: "two" }).beat({ memberEpoch: 1 })?.errorMessage).toBe("Instance id two is unknown.");
});

it("lets nobody take the place of a static member under the id of another member", () => {
  const world = worldOf();
  const [a, b] = [joined(world, "a", { instanceId: "one" }), joined(world, "b", { instanceId: "two" })];
  settle([a, b]);
  a.leave(-2);
  const before = describe(world);
  const taking = new TestConsumer(world, "b", { instanceId: "one" });
  expect(taking.join()?.errorMessage).toBe("Member b is in the group already, and not as one.");
  expect([taking.lastError, describe(world)]).toEqual(["INVALID_REQUEST", before]);
  expect([b.beat()?.errorCode, b.partitions]).toEqual([0, "2 3"]);
});

it("divides by an assignor that it knows where members ask for another one, as the log of another broker may say", () => {
  const world = worldOf();
  joined(world, "a");
  const said = world.log.flat().findLast(({ name }) => name === "ConsumerGroupMemberMetadata");
  if (said?.name === "ConsumerGroupMemberMetadata" && said.value !== null) world.log.push([{ ...said, value: { ...said.value, serverAssignor: "theirs" } }]);
  world.commit();
  world.failOver();
  const b = joined(world, "b");
  expect([b.lastError, describe(world).assignorName]).toEqual(["NONE", "uniform"]);
});

it("gives what a static member had to others when it is not back within its session", () => {
  const world = worldOf();
  const [a, b] = [joined(world, "a", { instanceId: "one" }), joined(world, "b")];
  settle([a, b]);
  a.leave(-2);
  world.pass(600);
  b.beat();
  world.pass(600);
  settle([b]);
  expect(b.partitions).toBe("0 1 2 3");
});

it("follows what members want, and what there is of it", () => {
  const world = worldOf();
  const a = joined(world, "a");
  const audit = world.topics.make("audit", 1);
  a.beat({ subscribedTopicNames: ["audit", "orders"] });
  expect(a.assigned.length).toBe(2);
  a.obey();
  world.topics.grow("orders", 6);
  world.topicsChanged();
  expect(a.beat()?.assignment?.topicPartitions.flatMap(({ partitions }) => partitions).length).toBe(7);
  a.obey();
  world.topics.delete("orders");
  world.topicsChanged();
  settle([a]);
  expect(a.owned).toEqual([{ topicId: audit, partitions: [0] }]);
  // Made again it is another topic.
  const again = world.topics.make("orders", 1);
  world.topicsChanged();
  settle([a]);
  expect(a.owned.map(({ topicId }) => topicId).sort()).toEqual([audit, again].sort());
  world.topics.delete("orders");
  const third = world.topics.make("orders", 1);
  world.topicsChanged();
  settle([a]);
  expect(a.owned.map(({ topicId }) => topicId).sort()).toEqual([audit, third].sort());
});

it("takes what a member does not want any more from it at once, whenever the next assignment is", () => {
  const world = worldOf({ consumer: { ...CONFIG.consumer, assignmentIntervalMs: 60_000 } });
  world.topics.make("audit", 1);
  const a = joined(world, "a", { topics: ["audit", "orders"] });
  expect(a.owned.length).toBe(2);
  a.beat({ subscribedTopicNames: ["audit"] });
  expect([a.assigned.length, stateOf(world)]).toEqual([1, "Assigning"]);
});

it("assigns together who comes within group.consumer.assignment.interval.ms", () => {
  const world = worldOf({ consumer: { ...CONFIG.consumer, assignmentIntervalMs: 500 } });
  const consumers = ["a", "b", "c", "d"].map((memberId) => joined(world, memberId));
  expect([held(consumers), stateOf(world)]).toEqual([["0 1 2 3", "", "", ""], "Assigning"]);
  world.pass(500);
  settle(consumers);
  expect([consumers.map(({ partitions }) => partitions.length), describe(world).groupEpoch, describe(world).assignmentEpoch]).toEqual([[1, 1, 1, 1], 5, 5]);
});

it("has a group live by its own configs where it has some", () => {
  const world = worldOf();
  world.topics.groupConfigs.set(
    GROUP,
    new Map([
      ["consumer.session.timeout.ms", "5000"],
      ["consumer.heartbeat.interval.ms", "700"],
      ["consumer.assignment.interval.ms", "300"],
    ]),
  );
  const a = new TestConsumer(world, "a");
  expect(a.join()?.heartbeatIntervalMs).toBe(700);
  joined(world, "b");
  expect(stateOf(world)).toBe("Assigning");
  world.pass(4_999);
  expect(a.beat()?.errorCode).toBe(0);
  world.pass(5_000);
  expect(a.beat()?.errorCode).toBe(25);
});

it("divides by the assignor that most members ask for", () => {
  const world = worldOf();
  world.topics.make("audit", 4);
  const consumers = ["a", "b"].map((memberId) => joined(world, memberId, { assignor: "range", topics: ["audit", "orders"] }));
  settle(consumers);
  expect(consumers.map(({ owned }) => owned.map(({ partitions }) => partitions.join()))).toEqual([
    ["0,1", "0,1"],
    ["2,3", "2,3"],
  ]);
  expect(describe(world).assignorName).toBe("range");
});

it("goes on after a failover with what was committed, and gives everybody its session anew", () => {
  const world = worldOf();
  const [a, b] = [joined(world, "a"), joined(world, "b")];
  settle([a, b]);
  const before = describe(world);
  world.pass(900);
  world.commitsAtOnce = false;
  const lost = new TestConsumer(world, "c");
  lost.join();
  world.failOver();
  world.commitsAtOnce = true;
  expect(describe(world)).toEqual(before);
  world.pass(900);
  expect([a.beat()?.errorCode, b.beat()?.errorCode, lost.beat({ memberEpoch: 4 })?.errorCode]).toEqual([0, 0, 25]);
  world.pass(1_100);
  expect(stateOf(world)).toBe("Empty");
});

it("takes out who is silent from a failover on", () => {
  const world = worldOf();
  const [a, b] = [joined(world, "a"), joined(world, "b")];
  settle([a, b]);
  world.failOver();
  world.pass(900);
  a.beat();
  world.pass(200);
  expect([a.beat()?.errorCode, b.beat()?.errorCode]).toEqual([0, 25]);
});

it("waits on after a failover for who has to give up partitions, at most for the rebalance time-out", () => {
  const world = worldOf({ consumer: { ...CONFIG.consumer, sessionTimeoutMs: 10_000 } });
  const a = joined(world, "a", { rebalanceTimeoutMs: 500 });
  joined(world, "b");
  a.beat();
  world.pass(400);
  world.failOver();
  world.pass(400);
  expect(a.beat()?.errorCode).toBe(0);
  world.pass(100);
  expect(a.beat()?.errorCode).toBe(25);
});

it("changes nothing where the log takes nothing, and tries again to take out who is gone", () => {
  const world = worldOf();
  const a = joined(world, "a");
  world.refuses = "NOT_ENOUGH_REPLICAS";
  const b = new TestConsumer(world, "b");
  b.join();
  expect([b.lastError, describe(world).members.length]).toEqual(["COORDINATOR_NOT_AVAILABLE", 1]);
  expect(a.beat()?.errorCode).toBe(0);
  world.pass(1_200);
  expect(describe(world).members.length).toBe(1);
  world.refuses = undefined;
  world.pass(500);
  expect(stateOf(world)).toBe("Empty");
});

it("takes out together who is due together, and asks a log that takes nothing once for all of them", () => {
  const world = worldOf();
  const members = Array.from({ length: 20 }, (_, at) => joined(world, `${at}`));
  const batches = world.log.length;
  world.refuses = "NOT_ENOUGH_REPLICAS";
  world.pass(1_000);
  const { refused } = world;
  world.pass(5_000);
  expect(world.refused - refused).toBeLessThanOrEqual(10);
  // Who is heard of in time is not out, whatever the log takes.
  members[0]?.beat();
  world.refuses = undefined;
  world.pass(500);
  expect([world.log.length, world.coordinator.describeConsumerGroup(GROUP).members.map(({ memberId }) => memberId)]).toEqual([batches + 1, ["0"]]);
});
