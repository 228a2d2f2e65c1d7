import { errorName, newOffsetDeleteRequest } from "@samsa/protocol";
import { expect, it } from "vitest";
import { CONFIG, type Asked, errorOf, GROUP, GroupWorld } from "./support/group-world.ts";
import { settle, TestConsumer } from "./support/test-consumer.ts";

function worldOf(changes: ConstructorParameters<typeof GroupWorld>[0] = {}): GroupWorld {
  const world = new GroupWorld(changes);
  world.topics.make("orders", 4);
  return world;
}

function joined(world: GroupWorld, memberId: string): TestConsumer {
  const consumer = new TestConsumer(world, memberId);
  consumer.join();
  consumer.obey();
  return consumer;
}

type Committed = ReturnType<GroupWorld["commitOffset"]>;
const commitError = (asked: Committed): string | undefined => {
  const partition = asked.response?.topics[0]?.partitions[0];
  return partition === undefined ? undefined : errorOf({ response: partition } as Asked<{ errorCode: number }>);
};
const fetchError = (world: GroupWorld, memberId: string | null, memberEpoch: number): string | undefined =>
  errorName(world.fetchOffset("orders", memberId, memberEpoch).errorCode);

const as = ({ memberId, epoch }: TestConsumer, apiVersion = 9) => ({ memberId, generationId: epoch, apiVersion });

it("takes offsets from a member in its epoch, and from nobody else as long as there are members (I-G4)", () => {
  const world = worldOf();
  const a = joined(world, "a");
  expect(commitError(world.commitOffset(5, as(a)))).toBe("NONE");
  expect(commitError(world.commitOffset(6, { apiVersion: 9 }))).toBe("UNKNOWN_MEMBER_ID");
  expect(commitError(world.commitOffset(6, { ...as(a), memberId: "stranger" }))).toBe("UNKNOWN_MEMBER_ID");
  expect(commitError(world.commitOffset(6, { ...as(a), generationId: a.epoch + 1 }))).toBe("STALE_MEMBER_EPOCH");
  expect(commitError(world.commitOffset(6, { ...as(a), generationId: -1 }))).toBe("STALE_MEMBER_EPOCH");
  expect(commitError(world.commitOffset(6, as(a, 8)))).toBe("UNSUPPORTED_VERSION");
  expect(world.offset()).toBe(5);
  a.leave();
  expect(commitError(world.commitOffset(7, { apiVersion: 9 }))).toBe("NONE");
});

it("takes offsets of an earlier epoch for partitions that the member has had since then, and for no others (KIP-1251)", () => {
  const world = worldOf();
  const [a, b] = [joined(world, "a"), joined(world, "b")];
  settle([a, b]);
  expect([a.epoch, a.partitions]).toEqual([3, "0 1"]);
  // Partition 0, which it has had since epoch 2.
  expect(commitError(world.commitOffset(5, { ...as(a), generationId: 2 }))).toBe("NONE");
  // That one it has never had.
  expect(commitError(world.commitOffset(5, { ...as(b), generationId: 2 }))).toBe("STALE_MEMBER_EPOCH");
  b.leave();
  settle([a]);
  // That one it has had since the last epoch only.
  const { epoch } = a;
  expect([a.partitions, commitError(world.commitOffset(6, { ...as(a), generationId: epoch, partition: 2 }))]).toEqual(["0 1 2 3", "NONE"]);
  expect(commitError(world.commitOffset(6, { ...as(a), generationId: epoch - 1, partition: 2 }))).toBe("STALE_MEMBER_EPOCH");
  expect(commitError(world.commitOffset(6, { ...as(a), generationId: epoch - 1, partition: 1 }))).toBe("NONE");
});

it("tells offsets to members in their epoch, and to operators", () => {
  const world = worldOf();
  const a = joined(world, "a");
  expect([fetchError(world, "a", a.epoch), fetchError(world, null, -1)]).toEqual(["NONE", "NONE"]);
  expect([fetchError(world, "a", a.epoch - 1), fetchError(world, "b", 1), fetchError(world, "", 0)]).toEqual([
    "STALE_MEMBER_EPOCH",
    "UNKNOWN_MEMBER_ID",
    "UNKNOWN_MEMBER_ID",
  ]);
});

it("deletes offsets of topics that nobody reads, and a group without members with all of them", () => {
  const world = worldOf();
  const a = joined(world, "a");
  world.commitOffset(5, as(a));
  world.commitOffset(6, { ...as(a), topic: "audit" });
  const errors: (string | undefined)[] = [];
  const topics = ["orders", "audit"].map((name) => ({ name, partitions: [{ partitionIndex: 0 }] }));
  world.coordinator.offsetDelete(
    newOffsetDeleteRequest({ groupId: GROUP, topics }),
    ({ topics: answered }) => errors.push(...answered.map(({ partitions }) => errorName(partitions[0]?.errorCode ?? -1))),
    world.now,
  );
  world.settle();
  expect([errors, world.offset(), world.offset("audit")]).toEqual([["GROUP_SUBSCRIBED_TO_TOPIC", "NONE"], 5, -1]);
  const deleted = (): string => {
    let outcome = "";
    world.coordinator.deleteGroup(GROUP, (error) => (outcome = error), world.now);
    world.settle();
    return outcome;
  };
  expect(deleted()).toBe("NON_EMPTY_GROUP");
  a.leave();
  expect([deleted(), world.offset(), deleted()]).toEqual(["NONE", -1, "GROUP_ID_NOT_FOUND"]);
  world.failOver();
  expect([world.coordinator.listGroups(), world.offset()]).toEqual([[], -1]);
  expect(joined(world, "a").epoch).toBe(2);
});

it("keeps offsets of what members read, and those of an empty group for their time (G06)", () => {
  const world = worldOf({ consumer: { ...CONFIG.consumer, sessionTimeoutMs: 1_000_000 } });
  const a = joined(world, "a");
  world.commitOffset(5, as(a));
  world.commitOffset(6, { ...as(a), topic: "audit" });
  world.pass(150_000);
  expect([world.offset(), world.offset("audit")]).toEqual([5, -1]);
  world.commitOffset(7, as(a));
  a.leave();
  world.pass(90_000);
  expect([world.offset(), world.coordinator.listGroups().length]).toEqual([7, 1]);
  world.pass(30_000);
  expect([world.offset(), world.coordinator.listGroups().length]).toEqual([-1, 0]);
});

it("takes the place of a classic group without members, whose offsets stay, and gives it back to one that comes", () => {
  const world = worldOf();
  world.commitOffset(5);
  expect(world.coordinator.listGroups()).toMatchObject([{ groupType: "classic", groupState: "Empty" }]);
  const a = joined(world, "a");
  expect([world.offset(), world.coordinator.listGroups()]).toMatchObject([5, [{ groupType: "consumer", groupState: "Stable" }]]);
  expect(world.coordinator.describeGroup(GROUP, 6).errorMessage).toBe(`Group ${GROUP} is not a classic group.`);
  world.failOver();
  expect(world.coordinator.listGroups()).toMatchObject([{ groupType: "consumer" }]);
  a.leave();
  world.join();
  world.pass(0);
  expect([world.offset(), world.coordinator.listGroups()]).toMatchObject([5, [{ groupType: "classic" }]]);
  world.failOver();
  expect(world.coordinator.listGroups()).toMatchObject([{ groupType: "classic" }]);
});
