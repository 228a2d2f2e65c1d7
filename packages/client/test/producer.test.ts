import { ErrorCode } from "@samsa/protocol";
import { describe, expect, it } from "vitest";
import type { Producer, ProducerConfig, ProducerEvent } from "../src/index.ts";
import { type Refusal } from "./fake-cluster.ts";
import { type Harness, harness, record, TOPIC } from "./harness.ts";

interface Setup extends Harness {
  readonly producer: Producer;
  readonly produced: readonly ProducerEvent[];
  values(partition?: number): readonly string[];
  /** Answers to the next produce attempts, one each. */
  script(...refusals: (Refusal | undefined)[]): void;
  sendAll(...values: string[]): void;
}

function setup(config: Partial<ProducerConfig> = {}): Setup {
  const base = harness();
  base.cluster.createTopic(TOPIC, 2);
  const producer = base.client.producer({ lingerMs: 0, ...config });
  base.watch(producer);
  return {
    ...base,
    producer,
    produced: base.events as ProducerEvent[],
    values: (partition = 0) => base.cluster.topics.get(TOPIC)?.partitions[partition]?.log.values ?? [],
    script: (...refusals) => {
      base.cluster.refuse = () => refusals.shift();
    },
    sendAll: (...values) => base.world.act(0, (now) => values.forEach((value) => producer.send(record(value), now))),
  };
}

const refused = (error: number): Refusal => ({ error, isAppended: false });
const appended = (error: number): Refusal => ({ error, isAppended: true });

describe("a producer", () => {
  it("acknowledges a batch with the offset of its first record", () => {
    const { world, produced, sendAll, values } = setup();
    sendAll("a", "b");
    world.runFor(100);
    sendAll("c");
    world.runFor(100);
    expect(produced).toEqual([
      { type: "delivered", topic: TOPIC, partition: 0, ids: [0, 1], baseOffset: 0 },
      { type: "delivered", topic: TOPIC, partition: 0, ids: [2], baseOffset: 2 },
    ]);
    expect(values()).toEqual(["a", "b", "c"]);
  });

  it("tells of each answer after which it tries again, by the name of the error, and of no other", () => {
    const told: string[] = [];
    const { world, script, sendAll, produced } = setup({ onRetriableError: (error) => told.push(error) });
    script(refused(ErrorCode.NOT_ENOUGH_REPLICAS), refused(ErrorCode.KAFKA_STORAGE_ERROR), undefined, refused(ErrorCode.MESSAGE_TOO_LARGE));
    sendAll("a");
    world.runFor(5_000);
    expect(told).toEqual(["NOT_ENOUGH_REPLICAS", "KAFKA_STORAGE_ERROR"]);
    sendAll("b");
    world.runFor(5_000);
    expect(told).toHaveLength(2);
    expect(produced).toMatchObject([{ type: "delivered" }, { type: "undelivered", error: "MESSAGE_TOO_LARGE" }]);
  });

  it("waits for more records as long as the linger says, and not with a full batch or a flush", () => {
    const slow = setup({ lingerMs: 500, batchSizeBytes: 120 });
    slow.sendAll("a");
    slow.world.runFor(400);
    expect(slow.values()).toEqual([]);
    slow.world.runFor(200);
    expect(slow.values()).toEqual(["a"]);
    slow.sendAll("b", "c", "d");
    slow.world.runFor(100);
    expect(slow.values()).toEqual(["a", "b", "c"]);
    slow.world.act(0, () => slow.producer.flush());
    slow.world.runFor(100);
    expect(slow.values()).toEqual(["a", "b", "c", "d"]);
  });

  it("counts a duplicate as delivered, with an offset that nobody knows", () => {
    const { world, produced, sendAll, script } = setup();
    script(refused(ErrorCode.DUPLICATE_SEQUENCE_NUMBER));
    sendAll("a");
    world.runFor(1000);
    expect(produced).toMatchObject([{ type: "delivered", baseOffset: undefined }]);
  });

  it("tells no offset with acks=0", () => {
    const { world, produced, sendAll, values } = setup({ acks: 0, isIdempotent: false });
    sendAll("a");
    world.runFor(1000);
    expect(produced).toMatchObject([{ type: "delivered", baseOffset: undefined }]);
    expect(values()).toEqual(["a"]);
  });

  it("goes where the old leader points at once, without waiting for its back-off", () => {
    const { world, cluster, produced, sendAll } = setup();
    sendAll("a");
    world.runFor(1000);
    world.after(0, () => cluster.moveLeader(TOPIC, 0, 2));
    sendAll("b");
    world.runFor(30);
    expect(produced.map(({ type }) => type)).toEqual(["delivered", "delivered"]);
  });

  it("gives up a record that never left as certainly not sent", () => {
    const { world, produced, sendAll } = setup({ deliveryTimeoutMs: 1000 });
    for (const broker of [0, 1, 2]) world.down.add(broker);
    sendAll("a");
    world.runFor(2000);
    expect(produced).toMatchObject([{ type: "undelivered", error: "NOT_SENT", earlierErrors: [] }]);
  });

  it("tells the errors of all attempts, for one of them may have written the record", () => {
    const { world, produced, sendAll, script } = setup({ deliveryTimeoutMs: 350 });
    script(appended(ErrorCode.REQUEST_TIMED_OUT), ...Array.from({ length: 50 }, () => refused(ErrorCode.NOT_ENOUGH_REPLICAS)));
    sendAll("a");
    world.runFor(2000);
    expect(produced).toMatchObject([{ type: "undelivered", error: "NOT_ENOUGH_REPLICAS", earlierErrors: ["REQUEST_TIMED_OUT", "NOT_ENOUGH_REPLICAS"] }]);
  });

  it("drops a connection that answers nonsense, and comes back", () => {
    const { world, cluster, produced, sendAll } = setup();
    const handle = cluster.handle.bind(cluster);
    const nonsense = [Uint8Array.of(0, 0, 0, 2, 9, 9), Uint8Array.of(0x7f, 0xff, 0xff, 0xff), Uint8Array.of(0, 0, 0, 8, 0, 0, 0, 77, 1, 2, 3, 4)];
    cluster.handle = (broker, request, respond) => nonsense.shift() ?? handle(broker, request, respond);
    sendAll("a");
    world.runFor(3000);
    expect(produced).toMatchObject([{ type: "delivered", baseOffset: 0 }]);
  });

  it("refuses records beyond its bound", () => {
    const { world, producer } = setup({ maxBufferedRecords: 2 });
    world.act(0, (now) => {
      expect([1, 2, 3].map((value) => producer.send(record(String(value)), now))).toEqual([0, 1, undefined]);
    });
    world.runFor(1000);
    expect(producer.canSend).toBe(true);
  });

  it("goes on under a new epoch after a batch that was refused for good", () => {
    const { world, produced, sendAll, script, values } = setup();
    sendAll("a");
    world.runFor(200);
    script(refused(ErrorCode.MESSAGE_TOO_LARGE));
    sendAll("b");
    world.runFor(200);
    sendAll("c");
    world.runFor(500);
    expect(produced.map(({ type }) => type)).toEqual(["delivered", "undelivered", "delivered"]);
    expect(values()).toEqual(["a", "c"]);
  });

  it("begins its sequences anew when the broker lacks what was before, and keeps the order", () => {
    const { world, sendAll, script, values } = setup({ batchSizeBytes: 80 });
    sendAll("a");
    world.runFor(200);
    script(...[1, 2, 3].map(() => refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)));
    sendAll("b", "c", "d");
    world.runFor(3000);
    expect(values()).toEqual(["a", "b", "c", "d"]);
  });

  it("never numbers a batch anew that may have been written under its old sequence", () => {
    const { world, produced, sendAll, script, values } = setup();
    sendAll("a");
    world.runFor(200);
    script(appended(ErrorCode.REQUEST_TIMED_OUT), refused(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER));
    sendAll("b");
    world.runFor(3000);
    expect(values()).toEqual(["a", "b"]);
    const sequence = { producerEpoch: 0, baseSequence: 1 };
    expect(produced[1]).toMatchObject({ type: "undelivered", error: "OUT_OF_ORDER_SEQUENCE_NUMBER", earlierErrors: ["REQUEST_TIMED_OUT"], sequence });
    sendAll("c");
    world.runFor(1000);
    expect(values()).toEqual(["a", "b", "c"]);
  });

  it("ends when it is fenced", () => {
    const { world, producer, produced, sendAll, script } = setup();
    script(refused(ErrorCode.PRODUCER_FENCED));
    sendAll("a");
    world.runFor(1000);
    expect(produced).toMatchObject([{ type: "undelivered", error: "PRODUCER_FENCED" }]);
    expect(producer.failure).toBe("PRODUCER_FENCED");
    expect(producer.send(record("b"), world.now)).toBe(undefined);
  });

  it("speaks older versions to an older broker", () => {
    const { world, cluster, produced, sendAll } = setup();
    cluster.maxVersions.set("ApiVersions", 2).set("Metadata", 5).set("Produce", 5).set("InitProducerId", 1);
    sendAll("a");
    world.runFor(1000);
    expect(produced).toMatchObject([{ type: "delivered", baseOffset: 0 }]);
  });

  it("rests when there is nothing to do", () => {
    const { world, sendAll } = setup();
    sendAll("a");
    world.runFor(5000);
    const turns = world.turns;
    world.runFor(60_000);
    expect(world.turns - turns).toBeLessThan(3);
  });

  it("comes back by its bootstrap addresses when every connection broke", () => {
    const { world, produced, sendAll } = setup();
    sendAll("a");
    world.runFor(200);
    world.breakAll();
    sendAll("b");
    world.runFor(2000);
    expect(produced.map(({ type }) => type)).toEqual(["delivered", "delivered"]);
  });

  it.each([true, false])("tries again as often as it may, and not once more (idempotent: %j)", (isIdempotent) => {
    const { world, produced, sendAll, script, values } = setup({ retries: 2, isIdempotent });
    const times = Array.from({ length: 3 }, () => refused(ErrorCode.NOT_ENOUGH_REPLICAS));
    script(...times);
    sendAll("a");
    world.runFor(5000);
    sendAll("b");
    world.runFor(5000);
    expect(produced).toMatchObject([
      { type: "undelivered", ids: [0], error: "NOT_ENOUGH_REPLICAS" },
      { type: "delivered", ids: [1] },
    ]);
    script(refused(ErrorCode.NOT_LEADER_OR_FOLLOWER), refused(ErrorCode.NOT_ENOUGH_REPLICAS));
    sendAll("c");
    world.runFor(5000);
    expect(values()).toEqual(["b", "c"]);
  });

  it("compresses whole batches", () => {
    const { world, cluster, sendAll, values } = setup({ compressionType: "lz4" });
    const long = "a".repeat(1000);
    sendAll(long, long);
    world.runFor(100);
    const stored = cluster.topics.get(TOPIC)?.partitions[0]?.log.stored ?? [];
    expect(stored).toEqual([{ compression: "lz4", sizeBytes: expect.any(Number) }]);
    expect(stored[0]?.sizeBytes).toBeLessThan(200);
    expect(values()).toEqual([long, long]);
  });

  it("keeps the time that a record was given", () => {
    const { world, cluster, producer } = setup();
    world.act(0, (now) => producer.send({ ...record("a"), timestampMs: 1234 }, now));
    world.runFor(100);
    expect(cluster.topics.get(TOPIC)?.partitions[0]?.log.timestamps).toEqual([1234]);
  });
});
