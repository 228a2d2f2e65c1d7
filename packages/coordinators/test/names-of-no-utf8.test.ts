import { DecodeError, Writer } from "@samsa/protocol";
import { ZERO_UUID } from "@samsa/stdx";
import { expect, it } from "vitest";
import { decodeGroupRecord, encodeGroupRecord, type GroupRecord } from "../src/index.ts";
import { ClassicConsumer } from "./support/classic-consumer.ts";
import { errorOf, GROUP, GroupWorld } from "./support/group-world.ts";
import { TestConsumer } from "./support/test-consumer.ts";

const LENGTH = 20_000;
/** What so many bytes that are no UTF-8 are read as: three times as many when it is said again, and a string has 32,767 at most. */
const UNSAYABLE = "\ufffd".repeat(LENGTH);

/** Of version 3, with one topic and a rack. */
function subscription(topic: Uint8Array, rack: Uint8Array): Uint8Array {
  const writer = new Writer();
  const name = (bytes: Uint8Array): void => {
    writer.int16(bytes.length);
    for (const byte of bytes) writer.int8(byte < 0x80 ? byte : byte - 0x100);
  };
  writer.int16(3);
  writer.arrayLength(1);
  name(topic);
  writer.nullableByteString(null);
  writer.arrayLength(0);
  writer.int32(1);
  name(rack);
  return writer.finishBytes();
}

const NO_UTF8 = new Uint8Array(LENGTH).fill(0xff);
const ORDERS = new TextEncoder().encode("orders");

const offsetOf = (topic: string, group = GROUP): GroupRecord => ({
  name: "OffsetCommit",
  key: { group, topic, partition: 0 },
  value: { offset: 1, leaderEpoch: -1, metadata: "", commitTimestamp: 1, expireTimestamp: -1, topicId: ZERO_UUID },
});

it.each([
  ["a topic", subscription(NO_UTF8, ORDERS)],
  ["a rack", subscription(ORDERS, NO_UTF8)],
])("leaves a classic group what it is where a member's subscription names %s that can't be said again", (_, bytes) => {
  const world = new GroupWorld();
  world.topics.make("orders", 4);
  const joined = world.join({ subscription: bytes });
  world.pass(0);
  expect(errorOf(joined)).toBe("NONE");
  const consumer = new TestConsumer(world, "a");
  consumer.join();
  expect(consumer.lastError).toBe("GROUP_ID_NOT_FOUND");
  expect(world.state).toBe("CompletingRebalance");
});

it("does not let who names such a topic into a consumer group with the classic protocol", () => {
  const world = new GroupWorld();
  world.topics.make("orders", 4);
  new TestConsumer(world, "a").join();
  expect(errorOf(world.join({ subscription: subscription(NO_UTF8, ORDERS) }))).toBe("INCONSISTENT_GROUP_PROTOCOL");
  const classic = new ClassicConsumer(world);
  classic.join();
  expect(classic.lastError).toBe("NONE");
});

it.each([
  ["a topic's", offsetOf(UNSAYABLE)],
  ["a group's", offsetOf("orders", UNSAYABLE)],
])("lives with an offset in the log of %s name that it can't write again, and takes the others out all the same", (_, unsayable) => {
  const world = new GroupWorld();
  world.log.push([offsetOf("gone"), unsayable, offsetOf("gone too")]);
  world.commit();
  world.failOver();
  world.coordinator.forgetTopics(() => false, world.now);
  world.settle();
  expect([world.offset("gone"), world.offset("gone too")]).toEqual([-1, -1]);
  world.pass(1_000_000);
});

it("lives with pieces in the log of a group's name that it can't write again", () => {
  const world = new GroupWorld();
  world.log.push([{ name: "ConsumerGroupTargetAssignmentMetadata", key: { groupId: UNSAYABLE }, value: { assignmentEpoch: 1, assignmentTimestamp: 1 } }]);
  world.commit();
  world.failOver();
  expect(new TestConsumer(world, "a").join()?.errorCode).toBe(0);
});

it("reads no record with a name that could not be said again", () => {
  const { key, value } = encodeGroupRecord(offsetOf("x".repeat(LENGTH)));
  expect(decodeGroupRecord({ key, value })).toEqual(offsetOf("x".repeat(LENGTH)));
  const bytes = key?.map((byte) => (byte === "x".charCodeAt(0) ? 0xff : byte)) ?? null;
  expect(() => decodeGroupRecord({ key: bytes, value })).toThrow(DecodeError);
});
