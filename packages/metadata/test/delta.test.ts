import { EMPTY_IMAGE, MetadataDelta, type MetadataImage, type MetadataRecord, replayBatch } from "@samsa/metadata";
import { brokerEpoch, leaderEpoch, NO_NODE, nodeId, partitionEpoch } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { change, config, fencing, ids, partitionRecord, registration, standing, topicId, topicRecords } from "./records.ts";

const after = (base: MetadataImage, ...records: MetadataRecord[]): MetadataImage => replayBatch(base, records, base.index + 1).image;

describe("a delta", () => {
  test("leaves its base as it was", () => {
    const base = after(EMPTY_IMAGE, ...topicRecords(1));
    const next = after(base, change(1, 0, { isr: ids(1, 2) }));
    expect(base.partition(topicId(1), 0)?.isr).toEqual([1, 2, 3]);
    expect(next.partition(topicId(1), 0)?.isr).toEqual([1, 2]);
  });

  test("says which partitions, brokers and configs changed, and nothing else", () => {
    const base = after(EMPTY_IMAGE, ...topicRecords(1, 3), ...topicRecords(2));
    const { delta } = replayBatch(base, [registration(1, 0), change(1, 2, { isr: ids(1, 2) }), config("topic", "t1", "retention.ms", "1")], 2);
    expect([...delta.changedTopics]).toEqual([[topicId(1), new Set([2])]]);
    expect([...delta.changedBrokers]).toEqual([1]);
    expect([...delta.changedConfigs]).toEqual(["topic:t1"]);
  });

  test("shares every topic that did not change", () => {
    const base = after(EMPTY_IMAGE, ...topicRecords(1), ...topicRecords(2));
    const next = after(base, change(1, 0, { isr: ids(1, 2) }));
    expect(next.topicById(topicId(2))).toBe(base.topicById(topicId(2)));
    expect(next.brokers).toBe(base.brokers);
  });

  test("finds topics by name and by id", () => {
    const image = after(EMPTY_IMAGE, ...topicRecords(7, 2));
    expect(image.topicByName("t7")).toBe(image.topicById(topicId(7)));
    expect(image.topicByName("t8")).toBeUndefined();
    expect(image.topicCount).toBe(1);
    expect([...image.topics()].map((topic) => topic.name)).toEqual(["t7"]);
  });

  test("keeps a registration's index, and a later change of the broker does not move it", () => {
    const registered = after(EMPTY_IMAGE, registration(1, 0));
    const unfenced = after(registered, fencing("unfence-broker", 1, 0));
    expect(registered.brokers.get(nodeId(1))).toMatchObject({ isFenced: true, registeredAtIndex: 1 });
    expect(unfenced.brokers.get(nodeId(1))).toMatchObject({ isFenced: false, registeredAtIndex: 1 });
    expect(unfenced.nextBrokerEpoch).toBe(1);
  });

  test("takes a config away with null, and the resource with its last one", () => {
    const set = after(EMPTY_IMAGE, config("broker", "", "min.insync.replicas", "2"), config("broker", "1", "log.retention.ms", "5"));
    expect(set.brokerConfig("default").get("min.insync.replicas")).toBe("2");
    expect(set.brokerConfig(nodeId(1)).get("log.retention.ms")).toBe("5");
    const removed = after(set, config("broker", "", "min.insync.replicas", null));
    expect(removed.brokerConfig("default").size).toBe(0);
    expect(removed.tables.configs.size).toBe(1);
  });

  test("takes a topic away with its name and its configs, and says what it was", () => {
    const base = after(EMPTY_IMAGE, ...topicRecords(1, 2), ...topicRecords(2), config("topic", "t1", "retention.ms", "1"));
    const { image, delta } = replayBatch(base, [{ type: "remove-topic", topicId: topicId(1) }], 2);
    expect([image.topicByName("t1"), image.topicById(topicId(1)), image.topicCount, image.topicConfig("t1").size]).toEqual([undefined, undefined, 1, 0]);
    expect([...delta.removedTopics]).toEqual([[topicId(1), base.topicById(topicId(1))]]);
    expect(delta.changedTopics.size).toBe(0);
    expect([...delta.changedConfigs]).toEqual(["topic:t1"]);
    expect(image.topicById(topicId(2))).toBe(base.topicById(topicId(2)));
  });

  test("gives a removed topic's name to another one, also in the same batch, and its configs to nobody", () => {
    const base = after(EMPTY_IMAGE, ...topicRecords(1, 2), config("topic", "t1", "retention.ms", "1"));
    const again: MetadataRecord[] = [
      { type: "remove-topic", topicId: topicId(1) },
      { type: "topic", name: "t1", topicId: topicId(9) },
      { ...partitionRecord(1, 0), topicId: topicId(9) },
      config("topic", "t1", "max.message.bytes", "5"),
    ];
    const { image, delta } = replayBatch(base, again, 2);
    expect(image.topicByName("t1")).toMatchObject({ topicId: topicId(9), partitions: [{ partition: 0 }] });
    expect([...image.topicConfig("t1")]).toEqual([["max.message.bytes", "5"]]);
    expect([[...delta.removedTopics.keys()], [...delta.changedTopics.keys()]]).toEqual([[topicId(1)], [topicId(9)]]);
  });

  test("adds partitions to a topic, and leaves those it has as they are", () => {
    const base = after(EMPTY_IMAGE, ...topicRecords(1, 2));
    const { image, delta } = replayBatch(base, [partitionRecord(1, 2), partitionRecord(1, 3)], 2);
    expect(image.topicById(topicId(1))?.partitions.length).toBe(4);
    expect(image.partition(topicId(1), 0)).toBe(base.partition(topicId(1), 0));
    expect([...delta.changedTopics]).toEqual([[topicId(1), new Set([2, 3])]]);
  });

  test("carries a reassignment with the state it belongs to, and keeps it through changes that say nothing of it", () => {
    const base = after(EMPTY_IMAGE, ...topicRecords(1));
    const assignment = { replicas: ids(1, 2, 3, 4), addingReplicas: ids(4), removingReplicas: ids(1) };
    const moving = after(base, change(1, 0, { assignment }));
    const later = after(moving, change(1, 0, { isr: ids(1, 2), partitionEpoch: partitionEpoch(2) }));
    expect(later.partition(topicId(1), 0)).toMatchObject({ ...assignment, isr: [1, 2] });
  });

  test("finalizes levels of features, and forgets those at 0", () => {
    const both = after(EMPTY_IMAGE, { type: "feature-level", name: "b", level: 2 }, { type: "feature-level", name: "a", level: 1 });
    expect([...both.features]).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
    expect([...after(both, { type: "feature-level", name: "b", level: 0 }).features]).toEqual([["a", 1]]);
  });

  test("is applied in the log's order only", () => {
    const base = after(EMPTY_IMAGE, ...topicRecords(1));
    expect(() => new MetadataDelta(base).apply(base.index)).toThrow("applied in order");
  });
});

const ONE_TOPIC = after(EMPTY_IMAGE, registration(1, 0), fencing("unfence-broker", 1, 0), ...topicRecords(1));

test.each<[string, MetadataRecord, string]>([
  ["a leader outside the ISR", change(1, 0, { isr: ids(2, 3) }), "leader is in the ISR"],
  ["an ISR beyond the replicas", change(1, 0, { isr: ids(1, 4) }), "ISR is a set of replicas"],
  ["an ISR with a member twice", change(1, 0, { isr: ids(1, 1) }), "ISR is a set of replicas"],
  ["an ELR beyond the replicas", change(1, 0, { elr: ids(4) }), "ELR is a set of replicas"],
  ["an ELR that meets the ISR", change(1, 0, { isr: ids(1, 2), elr: ids(2) }), "apart"],
  ["a change without a new partition epoch", change(1, 0, { partitionEpoch: partitionEpoch(0) }), "partition epoch by one"],
  ["a new leader without a new leader epoch (C06)", change(1, 0, { leader: nodeId(2) }), "leader epoch rises"],
  ["a lost leader without a new leader epoch", change(1, 0, { leader: NO_NODE, isr: [], elr: ids(1) }), "leader epoch rises"],
  ["a new leader epoch for the same leader", change(1, 0, { leaderEpoch: leaderEpoch(1) }), "leader epoch rises"],
  ["a change of a partition that is not there", change(1, 1, {}), "exists before"],
  ["a partition that leaves a gap", partitionRecord(1, 2), "densely"],
  ["the removal of a topic that is not there", { type: "remove-topic", topicId: topicId(2) }, "exists before it is removed"],
  [
    "a replica on its way in that is none",
    change(1, 0, { assignment: { replicas: ids(1, 2, 3), addingReplicas: ids(4), removingReplicas: [] } }),
    "on their way in are",
  ],
  [
    "a replica on its way out that is none",
    change(1, 0, { assignment: { replicas: ids(1, 2, 3), addingReplicas: [], removingReplicas: ids(4) } }),
    "on their way out are",
  ],
  ["a replica on its way in and out", change(1, 0, { assignment: { replicas: ids(1, 2, 3), addingReplicas: ids(2), removingReplicas: ids(2) } }), "in and out"],
  ["a snapshot in the middle of a log (C02)", { type: "snapshot", nextBrokerEpoch: brokerEpoch(9), nextProducerId: 0 }, "begins from nothing"],
  ["a broker's standing in the middle of a log", standing(2, 0), "restored once"],
  ["a topic's name twice", { type: "topic", name: "t1", topicId: topicId(2) }, "created once"],
  ["another incarnation while one is unfenced (C08)", registration(1, 1), "takes over from a fenced one"],
  ["a broker epoch that skips one", registration(2, 2), "broker epochs rise by one"],
  ["a fencing in an old epoch", fencing("fence-broker", 1, 9), "current epoch"],
  ["an unfencing of an unfenced broker", fencing("unfence-broker", 1, 0), "alternate"],
  ["producer ids given out twice", { type: "producer-ids", brokerId: nodeId(1), brokerEpoch: brokerEpoch(0), nextProducerId: 0 }, "given out once"],
])("replay refuses %s", (_, record, text) => {
  expect(() => new MetadataDelta(ONE_TOPIC).replay(record)).toThrow(text);
});
