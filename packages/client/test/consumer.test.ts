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

  it("reads from the replica in its rack again once that can be reached, though it needs it for nothing else", () => {
    const { cluster, world, consumer, append, read } = setup({ clientRack: "here", fetchMaxWaitMs: 50 });
    const partition = cluster.topics.get(TOPIC)?.partitions[0];
    if (partition === undefined) throw new Error("the topic has a partition");
    partition.reader = { broker: 2, end: 100 };
    world.act(0, () => consumer.assign(TOPIC, 0, "earliest"));
    world.runFor(300);
    world.down.add(2);
    world.breakAll();
    append("a");
    world.runFor(3_000);
    expect(read()).toEqual([]);
    world.down.clear();
    world.runFor(3_000);
    expect([cluster.servedBy, read().length]).toEqual([[2], 1]);
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

describe("what nobody takes", () => {
  it("is two responses of a partition: more is fetched when they are taken", () => {
    const { world, cluster, client, append } = setup();
    const idle = client.consumer({ autoOffsetReset: "earliest", fetchMaxWaitMs: 50 });
    cluster.maxFetchBatches = 1;
    for (const value of ["a", "b", "c", "d"]) append(value);
    world.act(0, () => idle.assign(TOPIC, 0, "earliest"));
    world.runFor(1_000);
    expect([cluster.fetches, idle.positionOf(TOPIC, 0), idle.takenOf(TOPIC, 0)]).toEqual([2, 2, undefined]);
    world.act(0, () => expect(idle.takeEvents(1).length).toBe(2));
    world.runFor(100);
    expect([cluster.fetches, idle.takenOf(TOPIC, 0)]).toEqual([3, { offset: 1, leaderEpoch: 0 }]);
  });

  it("does not keep a partition out of the fetch that leaves before it can be taken", () => {
    const { world, cluster, client } = setup();
    const partitions = cluster.createTopic("both", 4).partitions;
    const consumer = client.consumer({ autoOffsetReset: "earliest", fetchMaxWaitMs: 500 });
    const asked: number[] = [];
    cluster.asked = (fetched) => asked.push(fetched.length);
    // Both are led by the same broker; one of them has something to read.
    world.act(0, () => [0, 3].forEach((partition) => consumer.assign("both", partition, { offset: 0 })));
    partitions[0]?.log.append(encodeBatch({ records: [{ key: null, value: bytes("a"), timestamp: 0 }] }), 0);
    world.runFor(20);
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.slice(1).every((count) => count === 2)).toBe(true);
  });

  it("is read again after a pause, also where it was to be seen whether the leader has it", () => {
    const { world, client, append, cluster } = setup();
    const idle = client.consumer({ autoOffsetReset: "earliest" });
    for (const value of ["a", "b"]) append(value);
    cluster.maxFetchBatches = 1;
    world.act(0, () => idle.assign(TOPIC, 0, "earliest"));
    world.runUntil(() => idle.positionOf(TOPIC, 0) === 1, 1_000);
    cluster.moveLeader(TOPIC, 0, 2);
    cluster.silentEpochQuestions = true;
    world.runFor(700);
    expect([cluster.epochQuestions, idle.positionOf(TOPIC, 0)]).toEqual([1, 1]);
    world.act(0, () => idle.pause(TOPIC, 0));
    world.runFor(2_000);
    cluster.silentEpochQuestions = false;
    world.act(0, () => idle.resume(TOPIC, 0));
    world.runFor(2_000);
    const offsets = (): readonly number[] => idle.takeEvents().flatMap((event) => (event.type === "records" ? event.records.map(({ offset }) => offset) : []));
    expect(offsets()).toEqual([0, 1]);
    world.act(0, () => undefined);
    world.runFor(500);
    expect(offsets()).toEqual([]);
  });

  it.each([
    ["is being looked up", undefined],
    ["was looked up", 3],
  ])("is kept over a pause where the place behind it %s anew, and not given meanwhile", (_what, position) => {
    const { world, client, log, append } = setup();
    const idle = client.consumer({ autoOffsetReset: "earliest" });
    append("a");
    world.act(0, () => idle.assign(TOPIC, 0, "earliest"));
    world.runFor(200);
    // What was read is deleted, and more than that.
    for (const value of ["b", "c"]) append(value);
    log.startOffset = 2;
    expect(world.runUntil(() => idle.positionOf(TOPIC, 0) === position, 1_000)).toBe(true);
    const offsets: number[] = [];
    const take = (): void =>
      world.act(0, () => {
        for (const event of idle.takeEvents()) if (event.type === "records") offsets.push(...event.records.map(({ offset }) => offset));
      });
    world.act(0, () => idle.pause(TOPIC, 0));
    take();
    world.runFor(1_000);
    expect([offsets, idle.hasEvents]).toEqual([[], false]);
    world.act(0, () => idle.resume(TOPIC, 0));
    for (let i = 0; i < 2; i++) {
      take();
      world.runFor(1_000);
    }
    take();
    world.runFor(10);
    expect(offsets).toEqual([0, 2]);
  });

  it("is taken in order, as many records at a time as somebody wants", () => {
    const { world, client, log } = setup();
    const idle = client.consumer({ autoOffsetReset: "earliest" });
    log.append(encodeBatch({ records: ["a", "b", "c"].map((value) => ({ key: null, value: bytes(value), timestamp: 0 })) }), 0);
    world.act(0, () => idle.assign(TOPIC, 0, "earliest"));
    world.runFor(300);
    const taken: unknown[] = [];
    for (let i = 0; i < 3; i++)
      world.act(i, () =>
        taken.push([idle.takeEvents(2).map((event) => (event.type === "records" ? event.records.map(({ offset }) => offset) : event.type)), idle.hasEvents]),
      );
    world.runFor(10);
    expect(taken).toEqual([
      [["position", [0, 1]], true],
      [[[2]], false],
      [[], false],
    ]);
    expect(idle.takenOf(TOPIC, 0)).toEqual({ offset: 3, leaderEpoch: 0 });
  });

  it("is read again after a pause, from what was taken on", () => {
    const { world, client, log, cluster } = setup();
    const idle = client.consumer({ autoOffsetReset: "earliest" });
    log.append(encodeBatch({ records: ["a", "b", "c"].map((value) => ({ key: null, value: bytes(value), timestamp: 0 })) }), 0);
    world.act(0, () => idle.assign(TOPIC, 0, "earliest"));
    world.runFor(300);
    world.act(0, () => {
      idle.takeEvents(1);
      idle.pause(TOPIC, 0);
    });
    cluster.moveLeader(TOPIC, 0, 2);
    world.runFor(300);
    expect([idle.takeEvents(), idle.takenOf(TOPIC, 0)]).toEqual([[], { offset: 1, leaderEpoch: 0 }]);
    world.act(0, () => idle.resume(TOPIC, 0));
    world.runFor(1_000);
    expect(idle.takeEvents().flatMap((event) => (event.type === "records" ? event.records.map(({ offset }) => offset) : []))).toEqual([1, 2]);
  });
});

describe("a partition consumer in a new leader epoch (KIP-320)", () => {
  /** It has read three records of epoch 0, of which the next leader has as many as `kept`. */
  function afterUncleanElection(kept: number, config: Partial<ConsumerConfig> = {}): Setup {
    const base = setup(config);
    for (const value of ["a", "b", "c"]) base.append(value);
    base.world.act(0, () => base.consumer.assign(TOPIC, 0, "earliest"));
    base.world.runFor(300);
    base.log.truncate(kept);
    base.cluster.moveLeader(TOPIC, 0, 2);
    for (const value of ["x", "y", "z"].slice(0, 3 - kept)) base.append(value);
    base.append("new");
    base.world.runFor(1_000);
    return base;
  }

  it("reads on where the leader's log parts from what it has read, and tells so", () => {
    const { read, told } = afterUncleanElection(1);
    expect(told("position").slice(1)).toMatchObject([{ offset: 1, because: "LOG_TRUNCATED" }]);
    expect(read().slice(3)).toEqual([
      [1, "x"],
      [2, "y"],
      [3, "new"],
    ]);
  });

  it("goes on as if nothing had been where the leader has all of it, and asks once for each epoch", () => {
    const { world, cluster, append, read, told } = afterUncleanElection(3);
    expect([told("position").length, cluster.epochQuestions]).toEqual([1, 1]);
    append("newer");
    world.runFor(300);
    expect(read().slice(3)).toEqual([
      [3, "new"],
      [4, "newer"],
    ]);
    expect(cluster.epochQuestions).toBe(1);
  });

  it("stops without a reset policy", () => {
    const { consumer, read, told } = afterUncleanElection(1, { autoOffsetReset: "none" });
    expect(told("error").at(-1)).toMatchObject({ error: "LOG_TRUNCATED", isFatal: true });
    expect([read().length, consumer.positionOf(TOPIC, 0)]).toEqual([3, undefined]);
  });

  it("goes by its reset policy where the leader has nothing of what it has read", () => {
    const { read, told } = afterUncleanElection(0);
    expect(told("position").slice(1)).toMatchObject([{ offset: 0, because: "LOG_TRUNCATED" }]);
    expect(
      read()
        .slice(3)
        .map(([, value]) => value),
    ).toEqual(["x", "y", "z", "new"]);
  });

  it("begins with the epoch that it is told with an offset", () => {
    const { world, cluster, consumer, append, read, log } = setup();
    for (const value of ["a", "b", "c"]) append(value);
    log.truncate(2);
    cluster.moveLeader(TOPIC, 0, 2);
    append("x");
    append("y");
    world.act(0, () => consumer.assign(TOPIC, 0, { offset: 3, leaderEpoch: 0 }));
    world.runFor(1_000);
    expect(read()).toEqual([
      [2, "x"],
      [3, "y"],
    ]);
  });

  it("waits for the metadata of a leader as new as what was read", () => {
    const { world, cluster, consumer, append, read } = setup();
    cluster.moveLeader(TOPIC, 0, 2);
    append("a");
    append("b");
    world.act(0, () => consumer.assign(TOPIC, 0, { offset: 1, leaderEpoch: 3 }));
    world.runFor(1_000);
    expect(read()).toEqual([]);
    cluster.moveLeader(TOPIC, 0, 1);
    cluster.moveLeader(TOPIC, 0, 2);
    append("c");
    world.runFor(3_000);
    expect(read()).toEqual([
      [1, "b"],
      [2, "c"],
    ]);
  });

  it("goes by its reset policy in the end where nobody ever leads in the epoch that it was told", () => {
    const { world, consumer, append, read, told } = setup();
    append("a");
    append("b");
    world.act(0, () => consumer.assign(TOPIC, 0, { offset: 1, leaderEpoch: 3 }));
    world.runFor(9_000);
    expect(read()).toEqual([]);
    world.runFor(20_000);
    expect(told("position")).toMatchObject([{ offset: 0, because: "LOG_TRUNCATED" }]);
    expect(read().map(([, value]) => value)).toEqual(["a", "b"]);
  });

  it("reads on where a broker is too old to be asked, or tells no epochs", () => {
    for (const [api, version] of [
      ["OffsetForLeaderEpoch", 2],
      ["Metadata", 6],
    ] as const) {
      const { world, cluster, consumer, append, read } = setup();
      cluster.maxVersions.set(api, version).set("Fetch", 11).set("ListOffsets", 3);
      append("a");
      world.act(0, () => consumer.assign(TOPIC, 0, { offset: 0, leaderEpoch: 0 }));
      world.runFor(300);
      append("b");
      world.runFor(1_000);
      expect([api, read().length]).toEqual([api, 2]);
    }
  });

  it("keeps the epoch of what was handed out over a pause", () => {
    const { world, cluster, consumer, append, read, log } = setup();
    append("a");
    append("b");
    world.act(0, () => consumer.assign(TOPIC, 0, "earliest"));
    world.runFor(300);
    expect(consumer.takenOf(TOPIC, 0)).toEqual({ offset: 2, leaderEpoch: 0 });
    world.act(0, () => consumer.pause(TOPIC, 0));
    log.truncate(1);
    cluster.moveLeader(TOPIC, 0, 2);
    append("x");
    world.runFor(300);
    expect([read().length, consumer.positionOf(TOPIC, 0)]).toEqual([2, 2]);
    world.act(0, () => consumer.resume(TOPIC, 0));
    world.runFor(1_000);
    expect(read().at(-1)).toEqual([1, "x"]);
  });
});

it("a partition consumer goes by its reset policy where another topic has the name now, and reads that one", () => {
  for (const autoOffsetReset of ["earliest", "none"] as const) {
    const { world, cluster, consumer, append, read, told } = setup({ autoOffsetReset });
    for (const value of ["a", "b", "c"]) append(value);
    world.act(0, () => consumer.assign(TOPIC, 0, { offset: 1 }));
    world.runFor(300);
    const partition = cluster.createTopic(TOPIC, 1).partitions[0];
    partition?.log.append(encodeBatch({ records: ["x", "y", "z", "new"].map((value) => ({ key: null, value: bytes(value), timestamp: 0 })) }), 0);
    world.runFor(2_000);
    const isNone = autoOffsetReset === "none";
    expect(read().map(([, value]) => value)).toEqual(isNone ? ["b", "c"] : ["b", "c", "x", "y", "z", "new"]);
    if (isNone) expect(told("error").at(-1)).toMatchObject({ error: "UNKNOWN_TOPIC_ID", isFatal: true });
    else expect(told("position")).toMatchObject([{ offset: 0, because: "UNKNOWN_TOPIC_ID" }]);
  }
});

it("a partition consumer tells the first record that is not older than some time, and that there is none", () => {
  const { world, consumer, log, told } = setup();
  log.append(encodeBatch({ records: [100, 200, 300].map((timestamp) => ({ key: null, value: bytes("a"), timestamp })) }), 0);
  world.act(0, () => {
    for (const timestampMs of [0, 150, 301]) consumer.queryOffset(TOPIC, 0, { timestampMs });
  });
  world.runFor(300);
  expect(told("offset")).toMatchObject([
    { offset: 0, timestampMs: 100 },
    { offset: 1, timestampMs: 200 },
    { offset: -1, timestampMs: -1 },
  ]);
});
