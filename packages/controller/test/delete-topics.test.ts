import type { TopicToDelete } from "@samsa/controller";
import { nodeId, type Uuid, uuid, ZERO_UUID } from "@samsa/stdx";
import { expect, test } from "vitest";
import { Quorum } from "./support/quorum.ts";

const byName = (name: string): TopicToDelete => ({ name, topicId: ZERO_UUID });
const byId = (topicId: Uuid): TopicToDelete => ({ name: null, topicId });
const UNKNOWN = uuid("unknown000000000000000");
const remove = (quorum: Quorum, ...topics: readonly TopicToDelete[]) => quorum.ask({ type: "delete-topics", topics });

test("topics are deleted by name and by id, with their partitions and configs, in one batch", () => {
  const quorum = Quorum.with([1, 2, 3]);
  quorum.createTopic("a", { partitions: 3, configs: { "retention.ms": "-1" } });
  quorum.createTopic("b");
  quorum.createTopic("c");
  const [a, b] = [quorum.topicId("a"), quorum.topicId("b")];
  expect(remove(quorum, byName("a"), byId(b)).topics).toEqual([
    { name: "a", topicId: a, error: "NONE", message: null },
    { name: "b", topicId: b, error: "NONE", message: null },
  ]);
  const { image } = quorum.controller;
  expect([[...image.topics()].map(({ name }) => name), image.topicById(a), image.topicConfig("a").size]).toEqual([["c"], undefined, 0]);
  expect(quorum.entries.at(-1)?.records.map(({ type }) => type)).toEqual(["remove-topic", "remove-topic"]);
});

test("a topic that is not there is unknown by its name or by its id, and its neighbours are deleted", () => {
  const quorum = Quorum.with([1, 2, 3]);
  quorum.createTopic("a");
  expect(remove(quorum, byName("nope"), byId(UNKNOWN), byName("a")).topics.map(({ error }) => error)).toEqual([
    "UNKNOWN_TOPIC_OR_PARTITION",
    "UNKNOWN_TOPIC_ID",
    "NONE",
  ]);
});

test("a deletion that is asked for again, the first answer being lost, finds nothing, as with Kafka", () => {
  const quorum = Quorum.with([1, 2, 3]);
  quorum.createTopic("a");
  const id = quorum.topicId("a");
  remove(quorum, byId(id));
  expect(remove(quorum, byId(id)).topics).toMatchObject([{ error: "UNKNOWN_TOPIC_ID" }]);
  expect(remove(quorum, byName("a")).topics).toMatchObject([{ error: "UNKNOWN_TOPIC_OR_PARTITION" }]);
});

test("a name is free again at once, and whoever asks by the old id does not meet the new topic (P24)", () => {
  const quorum = Quorum.with([1, 2, 3]);
  quorum.createTopic("a", { configs: { "min.insync.replicas": "1" } });
  const old = quorum.topicId("a");
  remove(quorum, byName("a"));
  expect(quorum.createTopic("a").error).toBe("NONE");
  expect(quorum.topicId("a")).not.toBe(old);
  expect(quorum.controller.image.topicConfig("a").size).toBe(0);
  expect(remove(quorum, byId(old)).topics).toMatchObject([{ error: "UNKNOWN_TOPIC_ID" }]);
});

test("in Kafka's words: neither name nor id, both, and the same topic twice", () => {
  const quorum = Quorum.with([1, 2, 3]);
  for (const name of ["a", "b", "c"]) quorum.createTopic(name);
  const [a, b] = [quorum.topicId("a"), quorum.topicId("b")];
  const asked = [byId(ZERO_UUID), { name: "a", topicId: a }, byName("c"), byName("c"), byId(b), byId(b), byId(a), byName("a")];
  expect(remove(quorum, ...asked).topics.map(({ error, message }) => [error, message])).toEqual([
    ["INVALID_REQUEST", "Neither topic name nor id were specified."],
    ["INVALID_REQUEST", "You may not specify both topic name and topic id."],
    ["INVALID_REQUEST", "Duplicate topic name."],
    ["INVALID_REQUEST", "Duplicate topic name."],
    ["INVALID_REQUEST", "Duplicate topic id."],
    ["INVALID_REQUEST", "Duplicate topic id."],
    ["NONE", null],
    ["INVALID_REQUEST", "The provided topic name maps to an ID that was already supplied."],
  ]);
});

test("with delete.topic.enable=false nothing is deleted", () => {
  const quorum = Quorum.with([1], { isDeleteTopicEnabled: false });
  quorum.createTopic("a", { replicas: [[1]] });
  expect(remove(quorum, byName("a"))).toEqual({ type: "delete-topics", error: "TOPIC_DELETION_DISABLED", topics: [] });
});

test("a request for too many topics is refused beyond its bound and not at it", () => {
  const quorum = Quorum.with([1], { limits: { maxTopicsPerRequest: 1 } });
  expect(remove(quorum, byName("a"), byName("b"))).toMatchObject({ error: "INVALID_REQUEST" });
  expect(remove(quorum, byName("a"))).toMatchObject({ error: "NONE" });
});

test("a leader's question about a deleted topic is answered UNKNOWN_TOPIC_ID, and a fencing passes it by", () => {
  const quorum = Quorum.with([1, 2, 3]);
  quorum.createTopic("t", { replicas: [[1, 2, 3]] });
  const topicId = quorum.topicId("t");
  const { leaderEpoch, partitionEpoch } = quorum.partition();
  remove(quorum, byName("t"));
  const asked = { topicId, partition: 0, leaderEpoch, partitionEpoch, newIsr: [] };
  const reply = quorum.ask({ type: "alter-partition", brokerId: nodeId(1), brokerEpoch: quorum.brokerEpoch(1), partitions: [asked] });
  expect(reply.partitions).toMatchObject([{ error: "UNKNOWN_TOPIC_ID" }]);
  quorum.expire(1);
  expect(quorum.entries.at(-1)?.records.map(({ type }) => type)).toEqual(["fence-broker"]);
});
