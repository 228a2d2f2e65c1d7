import { describe, expect, it } from "vitest";
import type { ConsumerConfig, ConsumerEvent, PartitionConsumer } from "../src/index.ts";
import type { FakeLog } from "./fake-log.ts";
import { bytes, type Harness, harness, text, TOPIC } from "./harness.ts";
import { encodeBatch } from "@samsa/protocol/records";

interface Setup extends Harness {
  readonly consumer: PartitionConsumer;
  readonly log: FakeLog;
  append(...values: string[]): void;
  read(): readonly [number, string][];
  told(type: ConsumerEvent["type"]): readonly ConsumerEvent[];
}

function setup(config: Partial<ConsumerConfig> = {}): Setup {
  const base = harness();
  const partition = base.cluster.createTopic(TOPIC, 1).partitions[0];
  if (partition === undefined) throw new Error("the topic has a partition");
  const consumer = base.client.consumer({ autoOffsetReset: "earliest", ...config });
  base.watch(consumer);
  const told = (type: ConsumerEvent["type"]): readonly ConsumerEvent[] => (base.events as ConsumerEvent[]).filter((event) => event.type === type);
  return {
    ...base,
    consumer,
    log: partition.log,
    append: (...values) => {
      const records = values.map((value) => ({ key: null, value: bytes(value), timestamp: 0 }));
      partition.log.append(encodeBatch({ records }), partition.epoch);
    },
    read: () =>
      told("records").flatMap((event) => (event.type === "records" ? event.records.map(({ offset, value }): [number, string] => [offset, text(value)]) : [])),
    told,
  };
}

describe("a partition consumer", () => {
  it("reads from the earliest offset on, in order, and goes on with what comes later", () => {
    const { world, consumer, append, read } = setup();
    append("a", "b");
    append("c");
    world.act(0, () => consumer.assign(TOPIC, 0, "earliest"));
    world.runFor(200);
    append("d");
    world.runFor(200);
    expect(read()).toEqual([
      [0, "a"],
      [1, "b"],
      [2, "c"],
      [3, "d"],
    ]);
    expect(consumer.positionOf(TOPIC, 0)).toBe(4);
  });

  it("reads only what comes after the latest offset", () => {
    const { world, consumer, append, read, told } = setup();
    append("a");
    world.act(0, () => consumer.assign(TOPIC, 0, "latest"));
    world.runFor(200);
    append("b");
    world.runFor(200);
    expect(told("position")).toMatchObject([{ offset: 1, because: "assigned" }]);
    expect(read()).toEqual([[1, "b"]]);
  });

  it("reads from the replica in its rack that the leader sends it to, and from the leader what that one does not have (KIP-392)", () => {
    const { cluster, world, consumer, append, read } = setup({ clientRack: "here" });
    const partition = cluster.topics.get(TOPIC)?.partitions[0];
    if (partition === undefined) throw new Error("the topic has a partition");
    partition.reader = { broker: 2, end: 100 };
    append("a", "b");
    world.act(0, () => consumer.assign(TOPIC, 0, "earliest"));
    world.runFor(200);
    expect([cluster.servedBy, read().length]).toEqual([[2], 2]);
    partition.reader.end = 1;
    append("c");
    world.runFor(500);
    expect([cluster.servedBy, read().length]).toEqual([[2, 0], 3]);
  });

  it("asks the leader again when the replica that it named has gone, or was named long ago", () => {
    const { cluster, world, consumer, append, read } = setup({ clientRack: "here", metadataMaxAgeMs: 1_000 });
    const partition = cluster.topics.get(TOPIC)?.partitions[0];
    if (partition === undefined) throw new Error("the topic has a partition");
    partition.reader = { broker: 2, end: 100 };
    world.act(0, () => consumer.assign(TOPIC, 0, "earliest"));
    world.runFor(200);
    partition.reader = { broker: 1, end: 100 };
    append("a");
    world.runFor(500);
    expect(cluster.servedBy).toEqual([1]);
    partition.reader = undefined;
    world.runFor(1_500);
    append("b");
    world.runFor(500);
    expect([cluster.servedBy, read().length]).toEqual([[1, 0], 2]);
  });

  it("does not ask in a circle while the leader names a replica that its metadata no longer do", () => {
    const { cluster, world, client, consumer, append, read } = setup({ clientRack: "here", metadataMaxAgeMs: 1_000 });
    const partition = cluster.topics.get(TOPIC)?.partitions[0];
    if (partition === undefined) throw new Error("the topic has a partition");
    partition.reader = { broker: 2, end: 100 };
    append("a");
    world.act(0, () => consumer.assign(TOPIC, 0, "earliest"));
    world.runFor(500);
    expect(cluster.servedBy).toEqual([2]);
    cluster.fenced.add(2);
    cluster.createTopic("payments", 1);
    world.act(0, () => client.want("payments"));
    world.runFor(1_000);
    const before = cluster.fetches;
    world.runFor(10_000);
    expect([client.metadata.brokers.has(2), cluster.fetches - before < 40]).toEqual([false, true]);
    cluster.fenced.clear();
    append("b");
    world.runFor(2_000);
    expect([cluster.servedBy, read().length]).toEqual([[2, 2], 2]);
  });

  it("leaves out records in front of its position in the same batch", () => {
    const { world, consumer, append, read } = setup();
    append("a", "b", "c");
    world.act(0, () => consumer.assign(TOPIC, 0, { offset: 2 }));
    world.runFor(200);
    expect(read()).toEqual([[2, "c"]]);
  });

  it("resets an offset that is out of range as its policy says, and tells so", () => {
    const { world, consumer, append, read, told } = setup();
    append("a");
    world.act(0, () => consumer.assign(TOPIC, 0, { offset: 99 }));
    world.runFor(200);
    expect(told("position")).toMatchObject([{ offset: 0, because: "OFFSET_OUT_OF_RANGE" }]);
    expect(read()).toEqual([[0, "a"]]);
  });

  it("stops at an offset that is out of range without a policy", () => {
    const { world, consumer, told } = setup({ autoOffsetReset: "none" });
    world.act(0, () => consumer.assign(TOPIC, 0, { offset: 99 }));
    world.runFor(200);
    expect(told("error")).toMatchObject([{ error: "OFFSET_OUT_OF_RANGE", isFatal: true }]);
  });

  it("never skips a damaged batch", () => {
    const { world, consumer, append, read, told, log } = setup();
    append("a");
    append("b");
    log.damageLast();
    append("c");
    world.act(0, () => consumer.assign(TOPIC, 0, "earliest"));
    world.runFor(3000);
    expect(read()).toEqual([[0, "a"]]);
    expect(told("error")[0]).toMatchObject({ error: "CORRUPT_MESSAGE", isFatal: false });
    expect(told("error").length).toBeLessThan(20);
  });

  it("follows the leader", () => {
    const { world, consumer, cluster, append, read } = setup();
    world.act(0, () => consumer.assign(TOPIC, 0, "earliest"));
    world.runFor(200);
    cluster.moveLeader(TOPIC, 0, 2);
    append("a");
    world.runFor(1000);
    expect(read()).toEqual([[0, "a"]]);
  });

  it("gives nothing of a partition that was taken away", () => {
    const { world, consumer, append, read } = setup();
    world.act(0, () => consumer.assign(TOPIC, 0, "earliest"));
    world.runFor(200);
    world.act(0, () => consumer.unassign(TOPIC, 0));
    append("a");
    world.runFor(200);
    expect(read()).toEqual([]);
  });

  it("tells the ends of a partition", () => {
    const { world, consumer, append, told } = setup();
    append("a", "b");
    world.act(0, () => {
      consumer.queryOffset(TOPIC, 0, "earliest");
      consumer.queryOffset(TOPIC, 0, "latest");
    });
    world.runFor(200);
    expect(told("offset")).toMatchObject([
      { query: "earliest", offset: 0 },
      { query: "latest", offset: 2 },
    ]);
  });

  it("works by topic name with a broker that has no fetch by topic id", () => {
    const { world, consumer, cluster, append, read } = setup();
    cluster.maxVersions.set("Fetch", 11).set("Metadata", 8).set("ListOffsets", 4);
    append("a");
    world.act(0, () => consumer.assign(TOPIC, 0, "earliest"));
    world.runFor(200);
    expect(read()).toEqual([[0, "a"]]);
  });
});
