import { brokerEpoch, nodeId } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { Quorum, SESSION_MS } from "./support/quorum.ts";

const NO_BROKER_EPOCH = brokerEpoch(-1);

describe("fencing", () => {
  test("is one batch: the fence and every partition the broker was in", () => {
    const quorum = Quorum.with([1, 2, 3]);
    quorum.createTopic("t", { partitions: 4 });
    const before = quorum.entries.length;
    quorum.expire(2);
    expect(quorum.entries.length).toBe(before + 1);
    expect(quorum.entries.at(-1)?.records.map((record) => record.type)).toEqual(["fence-broker", ...Array.from({ length: 4 }, () => "partition-change")]);
  });

  test("elects the next replica of the ISR, in replica order, in a new leader epoch", () => {
    const quorum = Quorum.with([1, 2, 3]);
    quorum.createTopic("t", { replicas: [[3, 1, 2]] });
    quorum.expire(3);
    expect(quorum.partition()).toMatchObject({ leader: 1, leaderEpoch: 1, partitionEpoch: 1, isr: [1, 2], elr: [] });
  });

  test("of a follower keeps leader and leader epoch", () => {
    const quorum = Quorum.with([1, 2, 3]);
    quorum.createTopic("t", { replicas: [[1, 2, 3]] });
    quorum.expire(3);
    expect(quorum.partition()).toMatchObject({ leader: 1, leaderEpoch: 0, partitionEpoch: 1, isr: [1, 2] });
  });

  test("below the minimum keeps who leaves eligible; the last one leaves nobody in the ISR (as Kafka 4.3)", () => {
    const quorum = Quorum.with([1, 2]);
    quorum.createTopic("t", { replicas: [[1, 2]] });
    quorum.expire(1);
    expect(quorum.partition()).toMatchObject({ leader: 2, isr: [2], elr: [1], lastKnownLeader: -1, leaderEpoch: 1 });
    quorum.expire(2);
    expect(quorum.partition()).toMatchObject({ leader: -1, isr: [], lastKnownLeader: 2, leaderEpoch: 2 });
    expect([...quorum.partition().elr].sort()).toEqual([1, 2]);
  });

  test("elects from the ELR what comes back first; the other stays eligible until the ISR has its minimum", () => {
    const quorum = Quorum.with([1, 2]);
    quorum.createTopic("t", { replicas: [[1, 2]] });
    quorum.expire(1);
    quorum.expire(2);
    quorum.join(1);
    expect(quorum.partition()).toMatchObject({ leader: 1, isr: [1], elr: [2], leaderEpoch: 3 });
    quorum.join(2);
    expect(quorum.partition()).toMatchObject({ leader: 1, isr: [1], elr: [2] });
    expect(quorum.alterError([1, 2])).toBe("NONE");
    expect(quorum.partition()).toMatchObject({ isr: [1, 2], elr: [] });
  });

  test("waits for an eligible replica although another one lives", () => {
    const quorum = Quorum.with([1, 2, 3]);
    quorum.createTopic("t", { replicas: [[1, 2, 3]], configs: { "min.insync.replicas": "1" } });
    quorum.alter([1]);
    quorum.expire(1);
    expect(quorum.partition()).toMatchObject({ leader: -1, isr: [], elr: [1] });
    quorum.join(1);
    expect(quorum.partition()).toMatchObject({ leader: 1, isr: [1], elr: [] });
  });

  test("comes a whole session after the last heartbeat", () => {
    const quorum = Quorum.with([1]);
    quorum.advance(400);
    quorum.heartbeat(1);
    quorum.advance(SESSION_MS - 1);
    expect(quorum.isFenced(1)).toBe(false);
    quorum.advance(1);
    expect(quorum.isFenced(1)).toBe(true);
  });

  test("does not follow from heartbeats that had no turn, because others ask too much", () => {
    const quorum = Quorum.with([1, 2, 3], { limits: { maxWaitingRequests: 10 } });
    quorum.holdsCommits = true;
    const topic = { partitionCount: 1, replicationFactor: 3, assignments: [], configs: new Map<string, string>() };
    for (let i = 0; i < 10; i++) quorum.send({ type: "create-topics", topics: [{ ...topic, name: `t${i}` }], validateOnly: false });
    const beat = (id: number): unknown => {
      const brokerEpoch = quorum.controller.image.brokers.get(nodeId(id))?.brokerEpoch ?? NO_BROKER_EPOCH;
      return quorum.send({ type: "broker-heartbeat", brokerId: nodeId(id), brokerEpoch, appliedIndex: 1, wantsShutdown: false });
    };
    for (let i = 0; i < 10; i++) {
      quorum.advance(SESSION_MS / 4);
      for (const id of [1, 2]) beat(id);
    }
    quorum.holdsCommits = false;
    quorum.settle();
    expect([1, 2, 3].map((id) => quorum.isFenced(id))).toEqual([false, false, true]);
  });

  test("does not follow from silence that the controller itself slept through", () => {
    const quorum = Quorum.with([1, 2]);
    quorum.stall(SESSION_MS * 10);
    expect([quorum.isFenced(1), quorum.isFenced(2)]).toEqual([false, false]);
    quorum.heartbeat(1);
    quorum.advance(SESSION_MS - 1);
    quorum.heartbeat(1);
    quorum.advance(1);
    expect([quorum.isFenced(1), quorum.isFenced(2)]).toEqual([false, true]);
  });
});

describe("a lost connection", () => {
  test("is a hint: a refused dial fences at once, with the reason told", () => {
    const quorum = Quorum.with([1, 2]);
    quorum.connectionLost(2);
    expect(quorum.probes).toMatchObject([{ brokerId: 2, host: "localhost", port: 9194 }]);
    expect(quorum.isFenced(2)).toBe(false);
    quorum.probed(2, "refused");
    expect(quorum.isFenced(2)).toBe(true);
    expect(quorum.traces).toContainEqual({
      kind: "broker-fenced",
      broker: 2,
      epoch: quorum.brokerEpoch(2),
      because: "its control address refuses connections",
    });
  });

  test.each(["alive", "silent"] as const)("followed by %s costs nothing before the session ends", (outcome) => {
    const quorum = Quorum.with([1, 2]);
    quorum.connectionLost(2);
    quorum.probed(2, outcome);
    quorum.advance(SESSION_MS - 1);
    expect(quorum.isFenced(2)).toBe(false);
  });

  test("of many brokers fences one per 100 ms", () => {
    const quorum = Quorum.with([1, 2, 3, 4]);
    for (const id of [2, 3, 4]) quorum.connectionLost(id);
    for (const id of [2, 3, 4]) quorum.probed(id, "refused");
    const fenced = (): number[] => [2, 3, 4].filter((id) => quorum.isFenced(id));
    expect(fenced()).toEqual([2]);
    quorum.advance(99);
    expect(fenced()).toEqual([2]);
    quorum.advance(1);
    expect(fenced()).toEqual([2, 3]);
    quorum.advance(100);
    expect(fenced()).toEqual([2, 3, 4]);
  });

  test("is forgotten when the broker is heard of before its turn comes", () => {
    const quorum = Quorum.with([1, 2, 3]);
    for (const id of [2, 3]) quorum.connectionLost(id);
    for (const id of [2, 3]) quorum.probed(id, "refused");
    quorum.heartbeat(3);
    quorum.advance(500);
    expect([quorum.isFenced(2), quorum.isFenced(3)]).toEqual([true, false]);
  });

  test("is not held against the next incarnation", () => {
    const quorum = Quorum.with([1, 2]);
    quorum.connectionLost(2);
    quorum.expire(2);
    quorum.join(2);
    quorum.probed(2, "replaced");
    expect(quorum.isFenced(2)).toBe(false);
  });

  test("while a dial is under way asks for another one, unless the first is proof enough", () => {
    const quorum = Quorum.with([1, 2]);
    quorum.connectionLost(2);
    quorum.connectionLost(2);
    expect(quorum.takeProbes()).toEqual([2]);
    quorum.probed(2, "alive");
    expect(quorum.takeProbes()).toEqual([2]);
    quorum.probed(2, "alive");
    expect(quorum.takeProbes()).toEqual([]);
  });

  test("means nothing where fencing by refused dials is off", () => {
    const quorum = Quorum.with([1, 2], { fencingByRefusedDial: false });
    quorum.connectionLost(2);
    quorum.register(2, 99);
    expect(quorum.takeProbes()).toEqual([]);
  });
});

describe("taking office", () => {
  test("gives every unfenced broker a full session and dials it once", () => {
    const quorum = Quorum.with([1, 2, 3]);
    quorum.expire(3);
    quorum.advance(SESSION_MS - 10);
    quorum.depose(0);
    quorum.advance(SESSION_MS * 5);
    quorum.elect();
    expect(quorum.takeProbes()).toEqual([1, 2]);
    quorum.advance(SESSION_MS - 1);
    expect([quorum.isFenced(1), quorum.isFenced(2)]).toEqual([false, false]);
    quorum.advance(1);
    expect([quorum.isFenced(1), quorum.isFenced(2)]).toEqual([true, true]);
  });

  test("does not take an answer to the last office's dial for its own", () => {
    const quorum = Quorum.with([1, 2]);
    quorum.connectionLost(2);
    quorum.depose(0);
    quorum.takeProbes();
    quorum.elect();
    expect(quorum.takeProbes()).toEqual([1]);
    quorum.probed(2, "alive");
    expect(quorum.takeProbes()).toEqual([2]);
  });

  test("takes a connection lost before for no hint", () => {
    const quorum = Quorum.with([1, 2]);
    quorum.depose(0);
    quorum.connectionLost(2);
    expect(quorum.takeProbes()).toEqual([]);
    quorum.controller.probed(nodeId(2), "refused", quorum.now);
    quorum.elect();
    quorum.takeProbes();
    quorum.advance(200);
    expect(quorum.isFenced(2)).toBe(false);
  });
});
