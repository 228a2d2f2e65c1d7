import { expect, it } from "vitest";
import { decodeGroupRecord, encodeGroupRecord, type GroupRecord } from "../src/index.ts";
import { EMPTY_GROUPS, replayGroupRecords } from "../src/groups/groups-state.ts";
import { ClassicConsumer, subscriptionOf } from "./support/classic-consumer.ts";
import { GROUP, GroupWorld } from "./support/group-world.ts";
import { settle, TestConsumer } from "./support/test-consumer.ts";

/** A group that has been through much: members of both protocols, one static and away, one that has to give up partitions, and an expression. */
function eventfulWorld(): GroupWorld {
  const world = new GroupWorld({});
  world.topics.make("orders", 6);
  const [a, b] = [new TestConsumer(world, "a", { instanceId: "one" }), new TestConsumer(world, "b", { regex: "ord.*", assignor: "uniform" })];
  a.join();
  b.join();
  world.pass(0);
  settle([a, b]);
  const classic = new ClassicConsumer(world);
  classic.rejoin();
  for (let round = 0; round < 5; round++) {
    classic.beat();
    settle([a, b]);
  }
  new TestConsumer(world, "gone").join();
  world.beat({ memberId: "gone", memberEpoch: -1 });
  new TestConsumer(world, "c").join();
  b.beat();
  a.leave(-2);
  return world;
}

const described = (world: GroupWorld) => world.coordinator.describeConsumerGroup(GROUP);
const keyOf = ({ name, key }: GroupRecord): string => JSON.stringify([name, key]);
const stateOf = (batches: readonly (readonly GroupRecord[])[]) => batches.reduce(replayGroupRecords, EMPTY_GROUPS).consumer.get(GROUP);

it("says the same of a group to who reads its records in Kafka's form", () => {
  const { log } = eventfulWorld();
  const names = new Set(log.flat().map(({ name }) => name));
  expect(names.size).toBe(6);
  const read = log.map((records) => records.flatMap((record) => decodeGroupRecord(encodeGroupRecord(record)) ?? []));
  expect(read).toEqual(log);
  expect(stateOf(read)).toEqual(stateOf(log));
});

/** Of type 3: the group's name; version 0: its epoch, and in tag 0 a hash of 64 bits, as Apache Kafka writes it. */
const KAFKA_KEY = Uint8Array.of(0, 3, 0, 5, 0x67, 0x72, 0x6f, 0x75, 0x70);
const kafkaValue = (...hash: readonly number[]): Uint8Array => Uint8Array.of(0, 0, 0, 0, 0, 7, 1, 0, 8, ...hash);

it.each([
  ["above 2^53", [0x4b, 0x1d, 0x5e, 0xed, 0x12, 0x34, 0x56, 0x78]],
  ["below −2^53", [0xc1, 0xf5, 0x00, 0x01, 0xff, 0xee, 0xdd, 0xcc]],
  ["of −1", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
])("reads a group that Apache Kafka has written with a hash %s, and says it in the same bytes", (_, hash) => {
  const written = { key: KAFKA_KEY, value: kafkaValue(...hash) };
  const record = decodeGroupRecord(written);
  expect(record).toMatchObject({ name: "ConsumerGroupMetadata", key: { groupId: GROUP }, value: { epoch: 7 } });
  if (record === undefined) return;
  expect(encodeGroupRecord(record)).toEqual(written);
  const world = new GroupWorld({});
  world.topics.make("orders", 1);
  world.log.push([record]);
  world.commit();
  world.failOver();
  expect(described(world)).toMatchObject({ groupState: "Empty", groupEpoch: 7 });
  // Of topics it is another one here.
  expect(new TestConsumer(world, "a").join()?.memberEpoch).toBe(8);
});

it("goes on from a log of which only the last record of each key is left", () => {
  const world = eventfulWorld();
  const before = described(world);
  expect([before.groupState, before.members.length]).toEqual(["Reconciling", 4]);
  const last = new Map(world.log.flat().map((record) => [keyOf(record), record]));
  const kept = world.log.flatMap((records) => records.filter((record) => last.get(keyOf(record)) === record && record.value !== null));
  expect(kept.length).toBeLessThan(world.log.flat().length / 2);
  world.log.splice(0, world.log.length, ...kept.map((record) => [record]));
  world.commit();
  world.failOver();
  expect(described(world)).toEqual(before);
});

it("takes the record of older brokers out that the group's hash has replaced", () => {
  const world = new GroupWorld({});
  world.topics.make("orders", 1);
  const a = new TestConsumer(world, "a");
  a.join();
  world.log.push([{ name: "ConsumerGroupPartitionMetadata", key: { groupId: GROUP }, value: { topics: [] } }]);
  world.commit();
  world.failOver();
  new TestConsumer(world, "b").join();
  expect(world.log.at(-1)).toContainEqual({ name: "ConsumerGroupPartitionMetadata", key: { groupId: GROUP }, value: null });
});

/** Without the record that there is the group. */
function worldOfPieces(): GroupWorld {
  const world = eventfulWorld();
  world.log.push([{ name: "ConsumerGroupMetadata", key: { groupId: GROUP }, value: null }]);
  world.commit();
  return world;
}

const lastOfKeys = ({ log }: GroupWorld): readonly GroupRecord[] => [...new Map(log.flat().map((record) => [keyOf(record), record])).values()];

it("takes what is left of a group that is not there any more out of the log", () => {
  const world = worldOfPieces();
  world.failOver();
  world.settle();
  expect(lastOfKeys(world).filter(({ value }) => value !== null)).toEqual([]);
});

it.each(["a consumer", "a classic", "an upgraded"])("begins %s group over what is left of one, where that could not be taken out", (kind) => {
  const world = worldOfPieces();
  world.refuses = "NOT_ENOUGH_REPLICAS";
  world.failOver();
  world.refuses = undefined;
  if (kind !== "a consumer") {
    world.join({ subscription: subscriptionOf(["orders"], []) });
    world.pass(0);
    expect(world.state).toBe("CompletingRebalance");
  }
  if (kind === "a classic") return;
  const a = new TestConsumer(world, "a");
  a.join();
  settle([a]);
  expect([a.lastError, described(world).members.length]).toEqual(["NONE", kind === "a consumer" ? 1 : 2]);
  const before = described(world);
  world.failOver();
  expect(described(world)).toEqual(before);
});

it("leaves nothing in the log of a group that is deleted", () => {
  const world = eventfulWorld();
  for (const { memberId } of described(world).members) world.leave([{ memberId, groupInstanceId: null, reason: null }]);
  world.settle();
  for (let at = 0; at < 5; at++) world.pass(1_000);
  let outcome = "";
  world.coordinator.deleteGroup(GROUP, (error) => (outcome = error), world.now);
  world.settle();
  const last = new Map(world.log.flat().map((record) => [keyOf(record), record]));
  expect([outcome, [...last.values()].filter(({ value }) => value !== null), stateOf(world.log)]).toEqual(["NONE", [], undefined]);
});
