import type { TopicToGrow } from "@samsa/controller";
import { describe, expect, test } from "vitest";
import { ids, Quorum } from "./support/quorum.ts";

const to = (name: string, partitionCount: number, assignments?: readonly (readonly number[])[]): TopicToGrow => ({
  name,
  partitionCount,
  assignments: assignments?.map((replicas) => ids(...replicas)) ?? null,
});
const grow = (quorum: Quorum, topics: readonly TopicToGrow[], validateOnly = false) => quorum.ask({ type: "create-partitions", topics, validateOnly }).topics;
const partitionsOf = (quorum: Quorum, name: string) => quorum.controller.image.topicByName(name)?.partitions ?? [];

describe("partitions", () => {
  test("are added behind those there are, with as many replicas, led by the first, and spread with regard to them", () => {
    const quorum = Quorum.with([1, 2, 3]);
    quorum.createTopic("t", { partitions: 2 });
    const before = partitionsOf(quorum, "t");
    expect(grow(quorum, [to("t", 6)])).toEqual([{ name: "t", error: "NONE", message: null }]);
    const after = partitionsOf(quorum, "t");
    expect(after.slice(0, 2)).toEqual(before);
    expect(after.map(({ partition }) => partition)).toEqual([0, 1, 2, 3, 4, 5]);
    for (const { leader, replicas, isr } of after) expect([leader, isr, replicas.length]).toEqual([replicas[0], replicas, 3]);
    for (const id of [1, 2, 3]) expect(after.filter(({ leader }) => leader === id)).toHaveLength(2);
    expect(quorum.traces.filter((event) => event.kind === "leader-elected" && event.partition === 5)).toHaveLength(1);
  });

  test("are added as assigned, and a fenced broker is not in the ISR of one", () => {
    const quorum = Quorum.with([1, 2, 3]);
    quorum.createTopic("t", { replicas: [[1, 2]] });
    quorum.expire(3);
    expect(
      grow(quorum, [
        to("t", 3, [
          [3, 1],
          [2, 1],
        ]),
      ]),
    ).toMatchObject([{ error: "NONE" }]);
    expect(partitionsOf(quorum, "t").slice(1)).toMatchObject([
      { replicas: [3, 1], leader: 1, isr: [1] },
      { replicas: [2, 1], leader: 2, isr: [2, 1] },
    ]);
  });

  test("are not added by validateOnly, and the errors are the same", () => {
    const quorum = Quorum.with([1, 2, 3]);
    quorum.createTopic("t");
    const entries = quorum.entries.length;
    expect(grow(quorum, [to("t", 2), to("nope", 2)], true).map(({ error }) => error)).toEqual(["NONE", "UNKNOWN_TOPIC_OR_PARTITION"]);
    expect(quorum.entries.length).toBe(entries);
  });

  test("that are asked for again, the first answer being lost, are there already, as with Kafka", () => {
    const quorum = Quorum.with([1, 2, 3]);
    quorum.createTopic("t");
    grow(quorum, [to("t", 3)]);
    expect(grow(quorum, [to("t", 3)])).toEqual([{ name: "t", error: "INVALID_PARTITIONS", message: "Topic already has 3 partition(s)." }]);
  });

  test("of a topic that is named twice are added neither time", () => {
    const quorum = Quorum.with([1, 2, 3]);
    quorum.createTopic("t");
    expect(grow(quorum, [to("t", 2), to("t", 3)])).toMatchObject([
      { error: "INVALID_REQUEST", message: "Duplicate topic name." },
      { error: "INVALID_REQUEST", message: "Duplicate topic name." },
    ]);
    expect(partitionsOf(quorum, "t")).toHaveLength(1);
  });
});

test.each<[string, TopicToGrow, string, string | null]>([
  ["of a topic that is not there", to("nope", 2), "UNKNOWN_TOPIC_OR_PARTITION", null],
  ["fewer than there are", to("t", 1), "INVALID_PARTITIONS", "The topic t currently has 2 partition(s); 1 would not be an increase."],
  ["a negative number of", to("t", -3), "INVALID_PARTITIONS", "The topic t currently has 2 partition(s); -3 would not be an increase."],
  ["too many", to("t", 10_003), "INVALID_REQUEST", "Excessively large number of partitions per request."],
  [
    "with too few assignments",
    to("t", 4, [[1, 2]]),
    "INVALID_REPLICA_ASSIGNMENT",
    "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.",
  ],
  [
    "with other numbers of replicas",
    to("t", 3, [[1]]),
    "INVALID_REPLICA_ASSIGNMENT",
    "The manual partition assignment includes a partition with 1 replica(s), but this is not consistent with previous partitions, which have 2 replica(s).",
  ],
  ["with a broker twice", to("t", 3, [[1, 1]]), "INVALID_REPLICA_ASSIGNMENT", "The manual partition assignment includes the broker 1 more than once."],
  [
    "with an unknown broker",
    to("t", 3, [[1, 9]]),
    "INVALID_REPLICA_ASSIGNMENT",
    "The manual partition assignment includes broker 9, but no such broker is registered.",
  ],
  ["without a replica", to("t", 3, [[]]), "INVALID_REPLICA_ASSIGNMENT", "The manual partition assignment includes an empty replica list."],
])("partitions %s are refused in Kafka's words", (_, asked, error, message) => {
  const quorum = Quorum.with([1, 2, 3]);
  quorum.createTopic("t", {
    replicas: [
      [1, 2],
      [2, 3],
    ],
  });
  expect(grow(quorum, [asked])).toEqual([{ name: asked.name, error, message }]);
  expect(partitionsOf(quorum, "t")).toHaveLength(2);
});

test("partitions for which there are not enough brokers any more are refused", () => {
  const quorum = Quorum.with([1]);
  quorum.createTopic("t", { replicas: [[1]] });
  quorum.expire(1);
  expect(grow(quorum, [to("t", 2)])).toMatchObject([{ error: "INVALID_REPLICATION_FACTOR" }]);
});

test("the bounds of a batch and of the cluster hold for added partitions, too", () => {
  const limits = { maxPartitionsPerBatch: 3, maxPartitions: 6, maxReplicas: 6, maxBatchBytes: 100_000 };
  const quorum = Quorum.with([1], { limits });
  quorum.createTopic("t", { replicas: [[1]] });
  quorum.createTopic("u", { replicas: [[1]] });
  expect(grow(quorum, [to("t", 3), to("u", 3)])).toMatchObject([
    { error: "NONE" },
    { error: "INVALID_REQUEST", message: "Excessively large number of partitions per request." },
  ]);
  expect(grow(quorum, [to("t", 6)])).toMatchObject([{ error: "POLICY_VIOLATION" }]);
  expect(grow(quorum, [to("t", 5)])).toMatchObject([{ error: "NONE" }]);
});
