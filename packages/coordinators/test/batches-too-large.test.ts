import { expect, it } from "vitest";
import { ClassicConsumer } from "./support/classic-consumer.ts";
import { GROUP, GroupWorld } from "./support/group-world.ts";
import { settle, TestConsumer } from "./support/test-consumer.ts";

const membersOf = (world: GroupWorld): readonly string[] => world.coordinator.describeConsumerGroup(GROUP).members.map(({ memberId }) => memberId);

/** One member with the consumer protocol, and so many with the classic one, that have all joined. */
function mixedGroup(world: GroupWorld, count: number): { readonly a: TestConsumer; readonly classic: readonly ClassicConsumer[] } {
  const a = new TestConsumer(world, "a");
  a.join();
  settle([a]);
  const classic = Array.from({ length: count }, () => new ClassicConsumer(world));
  for (let round = 0; round < 5; round++) {
    for (const member of classic) member.rejoin();
    settle([a]);
  }
  return { a, classic };
}

it("lets the last member with the consumer protocol go from a group that is too large to become a classic one", () => {
  const world = new GroupWorld();
  world.topics.make("orders", 4);
  const { classic } = mixedGroup(world, 10);
  world.batchBytesMax = 1_000;
  for (let round = 0; round < 10; round++) {
    for (const member of classic) member.beat();
    world.pass(300);
  }
  expect(membersOf(world)).toHaveLength(10);
  expect(membersOf(world)).not.toContain("a");
  const partitions = classic.flatMap(({ owned }) => owned.flatMap((listed) => [...listed.partitions]));
  expect(partitions.sort()).toEqual([0, 1, 2, 3]);
  // And they need not join over and over for that.
  expect(classic.map((member) => member.heartbeat())).toEqual(classic.map(() => "NONE"));
  world.batchBytesMax = 1_000_000;
  classic[0]?.leave();
  expect(world.state).toBe("PreparingRebalance");
});

it("says to the last member with the consumer protocol that it is out, and that it went is in the log", () => {
  const world = new GroupWorld();
  world.topics.make("orders", 4);
  const { a } = mixedGroup(world, 10);
  world.batchBytesMax = 1_000;
  expect(a.leave()).toMatchObject({ errorCode: 0, memberEpoch: -1 });
  world.failOver();
  expect([world.putAside, membersOf(world).length]).toEqual([[], 10]);
});

it("gives to others what a member had, when it changes to an expression whose topics the log has no room for", () => {
  const world = new GroupWorld();
  for (let at = 0; at < 200; at++) world.topics.make(`t${at}`, 1);
  world.topics.make("orders", 4);
  const members = ["a", "b"].map((name) => new TestConsumer(world, name, { regex: "orders" }));
  const [a, b] = members as [TestConsumer, TestConsumer];
  for (const member of members) member.join();
  world.pass(0);
  settle(members);
  expect([a.partitions.length, b.partitions.length]).toEqual([3, 3]);
  world.batchBytesMax = 800;
  a.beat({ subscribedTopicRegex: "t.*" });
  world.pass(100);
  settle(members);
  expect([a.partitions, b.partitions]).toEqual(["", "0 1 2 3"]);
  const { tooLarge } = world;
  world.pass(400);
  settle(members);
  expect([world.tooLarge, a.lastError]).toEqual([tooLarge, "NONE"]);
});

it.each([Number.POSITIVE_INFINITY, 1, 2, 3, 5, 8])(
  "makes targets that no one batch has room for, whenever the log fails meanwhile (after %d batches)",
  (takesBatches) => {
    const world = new GroupWorld();
    world.topics.make("orders", 200);
    const members = Array.from({ length: 10 }, (_, at) => new TestConsumer(world, `member ${at}`, { rebalanceTimeoutMs: 600_000 }));
    for (const member of members.slice(0, 9)) member.join();
    settle(members.slice(0, 9));
    world.batchBytesMax = 500;
    world.takesBatches = takesBatches;
    members[9]?.join();
    world.takesBatches = Number.POSITIVE_INFINITY;
    world.failOver();
    expect(world.putAside).toEqual([]);
    for (const member of members) if (member.lastError !== "NONE") member.join();
    for (let round = 0; round < 5; round++) settle(members);
    expect(members.map(({ lastError }) => lastError)).toEqual(members.map(() => "NONE"));
    expect(members.map(({ owned }) => owned.flatMap(({ partitions }) => [...partitions]).length)).toEqual(members.map(() => 20));
  },
);

it("takes a member in time for silent whose joining the log took only in part", () => {
  const world = new GroupWorld();
  world.topics.make("orders", 200);
  const a = new TestConsumer(world, "a");
  a.join();
  settle([a]);
  world.batchBytesMax = 300;
  world.takesBatches = 1;
  new TestConsumer(world, "b").join();
  world.takesBatches = Number.POSITIVE_INFINITY;
  expect(membersOf(world)).toEqual(["a", "b"]);
  for (let round = 0; round < 5; round++) {
    world.pass(300);
    settle([a]);
  }
  expect(membersOf(world)).toEqual(["a"]);
});

it("takes members out that no one batch has room for", () => {
  const world = new GroupWorld();
  world.topics.make("orders", 4);
  const members = Array.from({ length: 30 }, (_, at) => new TestConsumer(world, `${at}`.padEnd(100)));
  for (const member of members) member.join();
  world.batchBytesMax = 2_000;
  const leaving = members.slice(1).map(({ memberId }) => ({ memberId, groupInstanceId: null, reason: null }));
  expect(world.leave(leaving).outcome).toEqual(leaving.map(() => "NONE"));
  settle(members.slice(0, 1));
  expect([membersOf(world).length, members[0]?.partitions]).toEqual([1, "0 1 2 3"]);
});
