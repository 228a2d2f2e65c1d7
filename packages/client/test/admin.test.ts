import { ErrorCode } from "@samsa/protocol";
import { describe, expect, it } from "vitest";
import type { RecordDeletionOutcome } from "../src/index.ts";
import { harness, TOPIC } from "./harness.ts";

const topic = { name: TOPIC, partitions: 2, replicationFactor: 3 };

function setup(errors: readonly number[] = []) {
  const base = harness();
  base.cluster.creationErrors.push(...errors);
  const admin = base.client.admin();
  base.watch(admin);
  return { ...base, admin };
}

describe("an admin", () => {
  it("creates a topic and waits for its leaders", () => {
    const { world, admin, events } = setup();
    world.act(0, (now) => admin.createTopic(topic, { timeoutMs: 5000 }, now));
    world.runFor(1000);
    expect(events).toEqual([{ type: "topic-ready", topic: TOPIC, wasCreated: true }]);
  });

  it("has patience with a cluster that is starting", () => {
    const { world, admin, events } = setup([ErrorCode.NOT_CONTROLLER, ErrorCode.INVALID_REPLICATION_FACTOR, ErrorCode.BROKER_NOT_AVAILABLE]);
    for (const broker of [0, 1, 2]) world.down.add(broker);
    world.act(0, (now) => admin.createTopic(topic, { timeoutMs: 10_000 }, now));
    world.after(2000, () => world.down.clear());
    world.runFor(6000);
    expect(events).toMatchObject([{ type: "topic-ready" }]);
  });

  it("takes a topic that is there only if it may be", () => {
    const { world, admin, events, cluster } = setup();
    cluster.createTopic(TOPIC, 2);
    world.act(0, (now) => admin.createTopic(topic, { timeoutMs: 5000 }, now));
    world.runFor(1000);
    world.act(0, (now) => admin.createTopic(topic, { timeoutMs: 5000, isExistingOk: true }, now));
    world.runFor(1000);
    expect(events).toMatchObject([
      { type: "topic-failed", error: "TOPIC_ALREADY_EXISTS" },
      { type: "topic-ready", wasCreated: false },
    ]);
  });

  it("gives up after its time-out and says what was wrong", () => {
    const { world, admin, events } = setup(Array.from({ length: 100 }, () => ErrorCode.NOT_CONTROLLER));
    world.act(0, (now) => admin.createTopic(topic, { timeoutMs: 3000 }, now));
    world.runFor(4000);
    expect(events).toMatchObject([{ type: "topic-failed", error: "NOT_CONTROLLER" }]);
  });

  it("has a partition's leader delete records, once it knows the leader", () => {
    const { world, admin, cluster } = setup();
    const [partition] = cluster.createTopic(TOPIC, 1).partitions;
    const outcomes: RecordDeletionOutcome[] = [];
    const ask = (beforeOffset: number): boolean => {
      let wasAsked = false;
      world.act(0, (now) => {
        wasAsked = admin.deleteRecords({ topic: TOPIC, partition: 0, beforeOffset, timeoutMs: 100 }, (outcome) => outcomes.push(outcome), now);
      });
      world.runFor(1000);
      return wasAsked;
    };
    for (let attempts = 0; attempts < 5 && !ask(7); attempts++) expect(outcomes).toEqual([]);
    expect(outcomes).toEqual([{ type: "deleted", lowWatermark: 7 }]);
    expect(partition?.log.startOffset).toBe(7);
    if (partition !== undefined) partition.leader = 1;
    expect(ask(8)).toBe(true);
    expect(outcomes.at(-1)).toEqual({ type: "failed", error: "NOT_LEADER_OR_FOLLOWER", detail: "NOT_LEADER_OR_FOLLOWER" });
    for (let attempts = 0; attempts < 5 && !ask(9); attempts++) expect(outcomes).toHaveLength(2);
    expect(outcomes.at(-1)).toEqual({ type: "deleted", lowWatermark: 9 });
  });
});
