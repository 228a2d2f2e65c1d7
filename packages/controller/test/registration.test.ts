import { SUPPORTED_FEATURES } from "@samsa/metadata";
import { nodeId, uuid } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { directory, incarnation, Quorum, SESSION_MS } from "./support/quorum.ts";

describe("registration", () => {
  test("gives each new incarnation the next broker epoch, fenced", () => {
    const quorum = Quorum.with([]);
    expect(quorum.register(1, 1)).toEqual({ type: "register-broker", error: "NONE", brokerEpoch: 0 });
    expect(quorum.register(2, 2)).toMatchObject({ error: "NONE", brokerEpoch: 1 });
    expect(quorum.isFenced(1)).toBe(true);
  });

  test("gives the same incarnation the epoch it has (KAFKA-16952)", () => {
    const quorum = Quorum.with([]);
    quorum.register(1, 1);
    quorum.heartbeat(1);
    const entries = quorum.entries.length;
    expect(quorum.register(1, 1)).toMatchObject({ error: "NONE", brokerEpoch: 0 });
    expect([quorum.entries.length, quorum.isFenced(1)]).toEqual([entries, false]);
  });

  test("C08: refuses another incarnation while one is unfenced, and has the old one probed", () => {
    const quorum = Quorum.with([1, 2]);
    expect(quorum.register(2, 99)).toMatchObject({ error: "DUPLICATE_BROKER_REGISTRATION" });
    expect(quorum.takeProbes()).toEqual([2]);
    expect(quorum.isFenced(2)).toBe(false);
  });

  test.each(["refused", "replaced"] as const)("lets the newcomer in once the probe says %s", (outcome) => {
    const quorum = Quorum.with([1, 2]);
    quorum.register(2, 99);
    quorum.probed(2, outcome);
    expect(quorum.isFenced(2)).toBe(true);
    expect(quorum.register(2, 99)).toMatchObject({ error: "NONE", brokerEpoch: 2 });
  });

  test.each(["alive", "silent"] as const)("keeps the newcomer out while the probe says %s, until the session ends", (outcome) => {
    const quorum = Quorum.with([1, 2]);
    quorum.register(2, 99);
    quorum.probed(2, outcome);
    expect(quorum.register(2, 99)).toMatchObject({ error: "DUPLICATE_BROKER_REGISTRATION" });
    quorum.advance(SESSION_MS);
    expect(quorum.register(2, 99)).toMatchObject({ error: "NONE" });
  });

  test("takes the word of a broker for itself only", () => {
    const quorum = Quorum.with([1, 2]);
    expect(
      quorum.ask({ type: "broker-heartbeat", brokerId: nodeId(2), brokerEpoch: quorum.brokerEpoch(2), appliedIndex: 0, wantsShutdown: true }, 1),
    ).toMatchObject({ error: "INVALID_REQUEST" });
    expect(quorum.isFenced(2)).toBe(false);
  });
});

describe("a registration without the page cache (P17)", () => {
  test("takes the broker out of the ELR in the same batch, and remembers who led", () => {
    const quorum = Quorum.with([1, 2, 3]);
    quorum.createTopic("t", { replicas: [[1, 2, 3]] });
    for (const id of [1, 2, 3]) quorum.expire(id);
    expect(quorum.partition()).toMatchObject({ leader: -1, isr: [], lastKnownLeader: 3 });
    expect(quorum.partition().elr).toContain(3);
    quorum.register(3, 99, { pageCacheSurvived: false });
    expect(quorum.entries.at(-1)?.records.map((record) => record.type)).toEqual(["register-broker", "partition-change"]);
    expect(quorum.partition().elr).not.toContain(3);
    quorum.heartbeat(3);
    expect(quorum.partition()).toMatchObject({ leader: -1, lastKnownLeader: 3 });
    quorum.join(2);
    expect(quorum.partition()).toMatchObject({ leader: 2, isr: [2] });
  });

  test("leaves the last known leader to lead where nobody else is eligible, and says that it is unclean", () => {
    const quorum = Quorum.with([1]);
    quorum.createTopic("t", { replicas: [[1]] });
    quorum.expire(1);
    expect(quorum.partition()).toMatchObject({ leader: -1, isr: [], elr: [1], lastKnownLeader: 1, leaderEpoch: 1 });
    quorum.register(1, 99, { pageCacheSurvived: false });
    expect(quorum.partition()).toMatchObject({ leader: -1, isr: [], elr: [], lastKnownLeader: 1, leaderEpoch: 1 });
    quorum.heartbeat(1);
    expect(quorum.partition()).toMatchObject({ leader: 1, isr: [1], elr: [], lastKnownLeader: -1, leaderEpoch: 2 });
    expect(quorum.traces.at(-2)).toMatchObject({
      kind: "leader-elected",
      leader: 1,
      because: "broker 1 unfenced; unclean: last known leader, ISR and ELR are empty",
    });
  });

  test("tells who was passed over where the last eligible replica turns out to have lost records", () => {
    const quorum = Quorum.with([1, 2]);
    quorum.createTopic("t", { replicas: [[1, 2]] });
    quorum.expire(1);
    quorum.expire(2);
    quorum.register(2, 98, { pageCacheSurvived: false });
    quorum.heartbeat(2);
    // The last known leader is back without its records, and waits for whoever has them.
    expect(quorum.partition()).toMatchObject({ leader: -1, isr: [], elr: [1], lastKnownLeader: 2 });
    quorum.register(1, 99, { pageCacheSurvived: false });
    expect(quorum.partition()).toMatchObject({ leader: 2, isr: [2], elr: [] });
    const because = "broker 1 registered without its page cache; unclean: last known leader, ISR was [], ELR was [1]";
    expect(quorum.traces.at(-2)).toMatchObject({ kind: "leader-elected", leader: 2, because });
  });

  test("does not let the newcomer lead where the last known leader is another", () => {
    const quorum = Quorum.with([1, 2]);
    quorum.createTopic("t", { replicas: [[1, 2]], configs: { "min.insync.replicas": "1" } });
    quorum.expire(2);
    quorum.expire(1);
    expect(quorum.partition()).toMatchObject({ elr: [1], lastKnownLeader: 1 });
    quorum.register(1, 99, { pageCacheSurvived: false });
    quorum.join(2);
    expect(quorum.partition()).toMatchObject({ leader: -1, isr: [], elr: [] });
    quorum.heartbeat(1);
    expect(quorum.partition()).toMatchObject({ leader: 1, isr: [1] });
  });
});

describe("a registration with another directory: the disk was wiped, or is another one", () => {
  test("takes the broker out of ISR and ELR, whatever it says of its page cache", () => {
    const quorum = Quorum.with([1, 2, 3]);
    quorum.createTopic("t", { replicas: [[1, 2, 3]] });
    for (const id of [1, 2, 3]) quorum.expire(id);
    expect(quorum.partition().elr).toContain(3);
    quorum.register(3, 99, { directory: 33 });
    expect(quorum.partition()).toMatchObject({ leader: -1, isr: [], lastKnownLeader: -1 });
    expect(quorum.partition().elr).not.toContain(3);
  });

  test("is no reason to elect it: who led last had the longest log, and that log is gone", () => {
    const quorum = Quorum.with([1]);
    quorum.createTopic("t", { replicas: [[1]] });
    quorum.expire(1);
    quorum.register(1, 99, { directory: 11 });
    quorum.heartbeat(1);
    expect(quorum.isFenced(1)).toBe(false);
    expect(quorum.partition()).toMatchObject({ leader: -1, isr: [], elr: [], lastKnownLeader: -1 });
    const elected = quorum.ask({ type: "elect-leaders", electionType: "unclean", partitions: [{ topic: "t", partition: 0 }] });
    expect(elected.partitions).toMatchObject([{ error: "NONE" }]);
    expect(quorum.partition()).toMatchObject({ leader: 1, isr: [1] });
  });

  test("also takes away who led last from a partition that it is in neither ISR nor ELR of", () => {
    const quorum = Quorum.with([1]);
    quorum.createTopic("t", { replicas: [[1]] });
    quorum.expire(1);
    quorum.register(1, 98, { pageCacheSurvived: false });
    expect(quorum.partition()).toMatchObject({ elr: [], lastKnownLeader: 1 });
    quorum.register(1, 99, { directory: 11 });
    expect(quorum.partition()).toMatchObject({ elr: [], lastKnownLeader: -1 });
  });

  test("is one only where both directories were told", () => {
    const quorum = Quorum.with([]);
    quorum.register(1, 1, { directory: 0 });
    quorum.heartbeat(1);
    quorum.createTopic("t", { replicas: [[1]] });
    quorum.expire(1);
    quorum.register(1, 2, { directory: 7 });
    expect(quorum.partition()).toMatchObject({ elr: [1] });
    quorum.register(1, 3, { directory: 7 });
    expect(quorum.partition()).toMatchObject({ elr: [1] });
  });
});

test("a registration that no node could read back is refused", () => {
  const quorum = Quorum.with([]);
  const registration = {
    type: "register-broker",
    brokerId: nodeId(1),
    incarnationId: incarnation(1),
    endpoints: [],
    controlEndpoint: { host: "localhost", port: 70_000 },
    rack: null,
    pageCacheSurvived: true,
    directoryId: directory(1),
    features: SUPPORTED_FEATURES,
  } as const;
  expect(quorum.ask(registration)).toMatchObject({ error: "INVALID_REQUEST" });
  expect(quorum.ask({ ...registration, incarnationId: uuid("no uuid"), controlEndpoint: { host: "localhost", port: 9093 } })).toMatchObject({
    error: "INVALID_REQUEST",
  });
  expect(quorum.controller.image.brokers.size).toBe(0);
});

describe("a registration of software", () => {
  test("that can't work at the cluster's finalized levels is refused", () => {
    const quorum = Quorum.with([1]);
    expect(quorum.register(2, 2, { features: [] })).toMatchObject({ error: "UNSUPPORTED_VERSION" });
    const later = SUPPORTED_FEATURES.map((feature) => ({ ...feature, minLevel: feature.maxLevel + 1, maxLevel: feature.maxLevel + 5 }));
    expect(quorum.register(2, 2, { features: later })).toMatchObject({ error: "UNSUPPORTED_VERSION" });
    expect(quorum.register(2, 2)).toMatchObject({ error: "NONE" });
  });
});

describe("a heartbeat", () => {
  test("unfences a broker that has applied its registration, and not before", () => {
    const quorum = Quorum.with([]);
    quorum.register(1, 1);
    const registeredAt = quorum.controller.image.index;
    expect(quorum.heartbeat(1, { appliedIndex: registeredAt - 1 })).toMatchObject({ error: "NONE", isFenced: true });
    expect(quorum.heartbeat(1, { appliedIndex: registeredAt })).toMatchObject({ error: "NONE", isFenced: false });
    expect(quorum.isFenced(1)).toBe(false);
  });

  test("C07: unfences a broker that has applied its registration, however far the log has moved on", () => {
    const quorum = Quorum.with([1]);
    quorum.register(2, 2);
    const registeredAt = quorum.controller.image.index;
    quorum.createTopic("t", { replicas: [[1]] });
    expect(quorum.heartbeat(2, { appliedIndex: registeredAt })).toMatchObject({ error: "NONE", isFenced: false });
  });

  test("of an old incarnation, or of nobody, is refused and renews nothing", () => {
    const quorum = Quorum.with([1, 2]);
    quorum.advance(SESSION_MS / 2);
    expect(quorum.heartbeat(2, { epoch: 0 })).toMatchObject({ error: "STALE_BROKER_EPOCH" });
    expect(quorum.heartbeat(7, { epoch: 0 })).toMatchObject({ error: "BROKER_ID_NOT_REGISTERED" });
    quorum.heartbeat(1);
    quorum.advance(SESSION_MS / 2);
    expect([quorum.isFenced(1), quorum.isFenced(2)]).toEqual([false, true]);
  });

  test("that wants to shut down moves everything away, and is told to go once that is committed", () => {
    const quorum = Quorum.with([1, 2, 3]);
    quorum.createTopic("t", { replicas: [[1, 2, 3]] });
    expect(quorum.heartbeat(1, { wantsShutdown: true })).toEqual({ type: "broker-heartbeat", error: "NONE", isFenced: true, shouldShutDown: false });
    expect(quorum.partition()).toMatchObject({ leader: 2, isr: [2, 3], leaderEpoch: 1 });
    const movedAt = quorum.controller.image.index;
    quorum.heartbeat(2, { appliedIndex: movedAt });
    quorum.heartbeat(3, { appliedIndex: movedAt - 1 });
    expect(quorum.heartbeat(1, { wantsShutdown: true })).toMatchObject({ isFenced: true, shouldShutDown: false });
    quorum.heartbeat(3, { appliedIndex: movedAt });
    expect(quorum.heartbeat(1, { wantsShutdown: true })).toMatchObject({ isFenced: true, shouldShutDown: true });
  });

  test("that wants to shut down waits for nobody who is fenced, nor where there is nobody", () => {
    const quorum = Quorum.with([1, 2]);
    expect(quorum.heartbeat(1, { wantsShutdown: true })).toMatchObject({ shouldShutDown: false });
    quorum.advance(SESSION_MS);
    expect(quorum.isFenced(2)).toBe(true);
    expect(quorum.heartbeat(1, { wantsShutdown: true })).toMatchObject({ shouldShutDown: true });
    const alone = Quorum.with([1]);
    expect(alone.heartbeat(1, { wantsShutdown: true })).toMatchObject({ isFenced: true, shouldShutDown: true });
  });

  test("that wants to shut down is waited for by a new controller, too: it knows no better than that it is fenced by now", () => {
    const quorum = Quorum.with([1, 2]);
    quorum.heartbeat(1, { wantsShutdown: true });
    quorum.depose(0);
    quorum.elect();
    expect(quorum.heartbeat(1, { wantsShutdown: true })).toMatchObject({ isFenced: true, shouldShutDown: false });
    quorum.heartbeat(2);
    expect(quorum.heartbeat(1, { wantsShutdown: true })).toMatchObject({ shouldShutDown: true });
  });

  test("sent before the goodbye and delivered after it does not call the broker back (KAFKA-14140)", () => {
    const quorum = Quorum.with([1, 2]);
    quorum.heartbeat(2, { wantsShutdown: true });
    quorum.heartbeat(1);
    expect(quorum.heartbeat(2)).toMatchObject({ isFenced: true, shouldShutDown: true });
    quorum.join(2);
    expect(quorum.isFenced(2)).toBe(false);
  });
});
