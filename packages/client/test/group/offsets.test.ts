import type { ErrorName } from "@samsa/protocol";
import { encodeBatch } from "@samsa/protocol/records";
import type { Now } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { TOPIC } from "../harness.ts";
import { groupHarness, type GroupHarness } from "./group-harness.ts";

const COOPERATIVE = { partitionAssignmentStrategy: ["cooperative-sticky"] } as const;
const KEY = `${TOPIC}-0`;

const commit = ({ world, member }: GroupHarness, offset: number, partition = 0): void =>
  world.act(0, (now) => member.consumer.commit([{ topic: TOPIC, partition, offset }], now));

describe("a commit", () => {
  it.each<ErrorName>(["COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR", "REQUEST_TIMED_OUT", "UNKNOWN_TOPIC_OR_PARTITION"])(
    "is tried again after %s, and tells of it",
    (error) => {
      const harness = groupHarness();
      harness.world.runFor(500);
      harness.coordinator.refuse("OffsetCommit", error);
      commit(harness, 3);
      harness.world.runFor(1_500);
      expect(harness.member.told("committed")).toMatchObject([{ id: 0, earlierErrors: [error], isAutomatic: false }]);
      expect([harness.coordinator.offsets.get(KEY), harness.member.consumer.committedOf(TOPIC, 0)]).toEqual([3, 3]);
    },
  );

  it.each<ErrorName>(["FENCED_INSTANCE_ID", "GROUP_AUTHORIZATION_FAILED", "INVALID_GROUP_ID"])("that is refused with %s is the consumer's end", (error) => {
    const harness = groupHarness();
    harness.world.runFor(500);
    harness.coordinator.refuse("OffsetCommit", error);
    commit(harness, 3);
    harness.world.runFor(500);
    expect(harness.member.told("commit-failed")).toMatchObject([{ error, offsets: [{ offset: 3 }], earlierErrors: [] }]);
    expect(harness.member.told("group-failed")).toEqual([{ type: "group-failed", error }]);
    expect(harness.member.told("lost").length).toBe(1);
  });

  it.each<ErrorName>(["OFFSET_METADATA_TOO_LARGE", "INVALID_COMMIT_OFFSET_SIZE", "TOPIC_AUTHORIZATION_FAILED"])(
    "fails with %s, and nothing else does",
    (error) => {
      const harness = groupHarness();
      harness.world.runFor(500);
      harness.coordinator.partitionErrors.set(KEY, [error]);
      commit(harness, 3);
      commit(harness, 4);
      harness.world.runFor(500);
      expect(harness.member.told("commit-failed")).toMatchObject([{ id: 0, error }]);
      expect(harness.member.told("committed")).toMatchObject([{ id: 1 }]);
      expect(harness.member.told("lost")).toEqual([]);
    },
  );

  it("is open until it has its outcome, also one that the consumer has begun by itself", () => {
    const harness = groupHarness({ enableAutoCommit: true, autoCommitIntervalMs: 100 });
    const { world, coordinator, member, append } = harness;
    world.runFor(500);
    coordinator.silent.add("OffsetCommit");
    append(0, "a");
    world.runFor(300);
    commit(harness, 7, 1);
    world.runFor(10);
    const told = member.consumer.openCommits.map(({ isAutomatic, offsets }) => [isAutomatic, offsets.map(({ partition, offset }) => [partition, offset])]);
    expect(told).toEqual([
      [true, [[0, 1]]],
      [false, [[1, 7]]],
    ]);
    coordinator.silent.clear();
    world.runFor(30_000);
    expect(member.consumer.openCommits).toEqual([]);
  });

  it("of several partitions is known for each of them: what was acknowledged is, whatever becomes of the others", () => {
    const { world, coordinator, member } = groupHarness();
    world.runFor(500);
    coordinator.partitionErrors.set(`${TOPIC}-1`, ["TOPIC_AUTHORIZATION_FAILED"]);
    const offsets = [3, 4].map((offset, partition) => ({ topic: TOPIC, partition, offset }));
    world.act(0, (now) => member.consumer.commit(offsets, now));
    world.runFor(500);
    const { generation: generationId } = coordinator;
    expect(member.told("commit-failed")).toMatchObject([
      { error: "TOPIC_AUTHORIZATION_FAILED", offsets, committed: [{ partition: 0, offset: 3 }], generationId },
    ]);
    expect([member.consumer.committedOf(TOPIC, 0), member.consumer.committedOf(TOPIC, 1)]).toEqual([3, undefined]);
  });

  it("is tried again for those of its partitions alone that are not acknowledged, and fails with what will not pass", () => {
    const { world, coordinator, member } = groupHarness({}, 3);
    world.runFor(500);
    coordinator.partitionErrors.set(`${TOPIC}-0`, ["OFFSET_METADATA_TOO_LARGE"]);
    coordinator.partitionErrors.set(`${TOPIC}-2`, ["UNKNOWN_TOPIC_OR_PARTITION"]);
    const offsets = [3, 4, 5].map((offset, partition) => ({ topic: TOPIC, partition, offset }));
    world.act(0, (now) => member.consumer.commit(offsets, now));
    world.runFor(500);
    const asked = coordinator.requestsOf("OffsetCommit").map(({ topics }) => topics[0]?.partitions.map(({ partitionIndex }) => partitionIndex));
    expect(asked).toEqual([[0, 1, 2], [2]]);
    expect(member.told("commit-failed")).toMatchObject([
      { error: "OFFSET_METADATA_TOO_LARGE", earlierErrors: ["UNKNOWN_TOPIC_OR_PARTITION"], committed: [{ partition: 1 }, { partition: 2 }] },
    ]);
  });

  it.each<ErrorName>(["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION"])("that is refused with %s is of a member that has lost what it held", (error) => {
    const harness = groupHarness();
    harness.world.runFor(500);
    harness.coordinator.refuse("OffsetCommit", error);
    commit(harness, 3);
    harness.world.runFor(1_000);
    expect(harness.member.told("commit-failed")).toMatchObject([{ error }]);
    expect(harness.member.told("lost")).toMatchObject([{ error }]);
    expect(harness.member.told("assigned").length).toBe(2);
  });

  it("is not sent twice at once, nor overtaken: each comes after the one before, in whichever way that ends", () => {
    const harness = groupHarness();
    harness.world.runFor(500);
    harness.coordinator.refuse("OffsetCommit", "COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_LOAD_IN_PROGRESS");
    for (const offset of [1, 2, 3]) commit(harness, offset);
    harness.world.runFor(1_500);
    expect(harness.member.told("committed").map(({ id }) => id)).toEqual([0, 1, 2]);
    expect(harness.coordinator.requestsOf("OffsetCommit").map(({ topics }) => topics[0]?.partitions[0]?.committedOffset)).toEqual([1, 1, 1, 2, 3]);
  });

  it("is given up when its time is over, and says what was wrong last", () => {
    const harness = groupHarness();
    harness.world.runFor(500);
    harness.coordinator.refuse("OffsetCommit", ...Array.from({ length: 50 }, (): ErrorName => "COORDINATOR_LOAD_IN_PROGRESS"));
    commit(harness, 1);
    harness.world.runFor(4_000);
    expect(harness.member.told("commit-failed")).toMatchObject([{ id: 0, error: "COORDINATOR_LOAD_IN_PROGRESS" }]);
  });

  it("fails in an eager rebalance, after which another may hold the partition", () => {
    const harness = groupHarness();
    harness.world.runFor(500);
    harness.coordinator.membersWanted = 2;
    harness.coordinator.rebalance();
    harness.world.runFor(500);
    commit(harness, 3);
    harness.world.runFor(100);
    expect(harness.member.told("commit-failed")).toMatchObject([{ error: "REBALANCE_IN_PROGRESS", generationId: -1 }]);
    expect(harness.coordinator.requestsOf("OffsetCommit")).toEqual([]);
  });

  it("waits through a cooperative one, and is done in the next generation where its partition is held all along", () => {
    const harness = groupHarness(COOPERATIVE);
    const { world, coordinator, member } = harness;
    world.runFor(500);
    coordinator.membersWanted = 2;
    coordinator.rebalance();
    world.runFor(500);
    commit(harness, 3);
    world.runFor(300);
    expect(coordinator.requestsOf("OffsetCommit")).toEqual([]);
    coordinator.membersWanted = 1;
    world.act(0, () => coordinator.proceed());
    world.runFor(500);
    expect(member.told("committed")).toMatchObject([{ offsets: [{ offset: 3 }] }]);
    expect(coordinator.requestsOf("OffsetCommit")).toMatchObject([{ generationIdOrMemberEpoch: 2 }]);
  });

  it("is told to join again by REBALANCE_IN_PROGRESS, and is tried again", () => {
    const harness = groupHarness(COOPERATIVE);
    harness.world.runFor(500);
    harness.coordinator.refuse("OffsetCommit", "REBALANCE_IN_PROGRESS");
    commit(harness, 3);
    harness.world.runFor(1_000);
    expect(harness.member.told("committed")).toMatchObject([{ earlierErrors: ["REBALANCE_IN_PROGRESS"] }]);
    expect(harness.member.told("assigned").length).toBe(2);
  });

  it("is not taken while as many are open as may be", () => {
    const { world, member, coordinator } = groupHarness({ maxPendingCommits: 1 });
    world.runFor(500);
    coordinator.silent.add("OffsetCommit");
    const ids: (number | undefined)[] = [];
    const offsets = [{ topic: TOPIC, partition: 0, offset: 1 }];
    for (let i = 0; i < 2; i++) world.act(0, (now) => ids.push(member.consumer.commit(offsets, now)));
    world.runFor(10);
    expect([ids, member.consumer.hasOpenCommits]).toEqual([[0, undefined], true]);
  });

  it("fails for a partition whose metadata no request has room for, and is done for the others", () => {
    const { world, coordinator, member } = groupHarness();
    world.runFor(500);
    const offsets = ["ä".repeat(16_384), "x".repeat(32_767)].map((metadata, partition) => ({ topic: TOPIC, partition, offset: 1, metadata }));
    world.act(0, (now) => {
      member.consumer.commit(offsets.slice(0, 1), now);
      member.consumer.commit(offsets, now);
    });
    world.runFor(500);
    expect(member.told("commit-failed").map(({ error, committed }) => [error, committed.length])).toEqual([
      ["OFFSET_METADATA_TOO_LARGE", 0],
      ["OFFSET_METADATA_TOO_LARGE", 1],
    ]);
    expect([...coordinator.offsets]).toEqual([[`${TOPIC}-1`, 1]]);
  });

  it("fails at once before there is a group, and after the end", () => {
    const harness = groupHarness();
    harness.coordinator.refuse("JoinGroup", "GROUP_AUTHORIZATION_FAILED");
    harness.world.runFor(500);
    commit(harness, 3);
    harness.world.runFor(10);
    expect(harness.member.told("commit-failed")).toMatchObject([{ error: "GROUP_AUTHORIZATION_FAILED" }]);
  });
});

describe("a commit of a consumer that is closed", () => {
  it("has its outcome before the end, also where the coordinator is silent: it may have been carried out, or never was", () => {
    const harness = groupHarness({ closeTimeoutMs: 500 });
    const { world, coordinator, member } = harness;
    world.runFor(500);
    coordinator.silent.add("OffsetCommit").add("LeaveGroup");
    commit(harness, 1);
    commit(harness, 2);
    world.act(0, (now) => member.consumer.close(now));
    world.runFor(600);
    expect(member.events.slice(-3)).toMatchObject([
      { type: "commit-failed", id: 0, earlierErrors: ["DISCONNECTED"] },
      { type: "commit-failed", id: 1, error: "UNKNOWN_MEMBER_ID", earlierErrors: [] },
      { type: "closed" },
    ]);
    expect(member.consumer.hasOpenCommits).toBe(false);
  });

  it("has its outcome also where the consumer closes before it has joined", () => {
    const harness = groupHarness();
    const { world, coordinator, member } = harness;
    coordinator.silent.add("JoinGroup");
    world.runFor(100);
    world.act(0, (now) => {
      member.consumer.commit([{ topic: TOPIC, partition: 0, offset: 1 }], now);
      member.consumer.close(now);
    });
    world.runFor(100);
    expect(member.events.map(({ type }) => type)).toEqual(["commit-failed", "closed"]);
  });

  it("is not taken after the end", () => {
    const { world, member } = groupHarness();
    world.runFor(500);
    world.act(0, (now) => member.consumer.close(now));
    world.runFor(100);
    world.act(0, (now) => expect(member.consumer.commit([{ topic: TOPIC, partition: 0, offset: 1 }], now)).toBeUndefined());
    world.runFor(100);
    expect([member.events.at(-1)?.type, member.consumer.hasOpenCommits]).toEqual(["closed", false]);
  });
});

describe("auto-commit", () => {
  it("commits what earlier polls have handed out, at most once an interval, and only what has moved", () => {
    const { world, coordinator, append } = groupHarness({ enableAutoCommit: true, autoCommitIntervalMs: 400 }, 1);
    append(0, "a", "b");
    world.runFor(1_000);
    expect(coordinator.offsets.get(KEY)).toBe(2);
    const before = coordinator.requestsOf("OffsetCommit").length;
    world.runFor(1_000);
    expect(coordinator.requestsOf("OffsetCommit").length).toBe(before);
    append(0, "c");
    world.runFor(1_000);
    expect(coordinator.offsets.get(KEY)).toBe(3);
    expect(coordinator.requestsOf("OffsetCommit").length).toBe(before + 1);
  });

  it("does not commit what the program was just given and may not have done", () => {
    const { world, coordinator, member, append } = groupHarness({ enableAutoCommit: true, autoCommitIntervalMs: 300 }, 1);
    world.runFor(200);
    member.isPolling = false;
    append(0, "a");
    world.runFor(500);
    // This poll is late enough for a commit, and the first that gives anything.
    member.isPolling = true;
    world.runUntil(() => member.read().length > 0, 1_000);
    member.isPolling = false;
    world.runFor(1_000);
    expect([member.read(), coordinator.offsets.get(KEY)]).toEqual([["a"], 0]);
  });

  it("commits when the program gives partitions up, before the group goes on", () => {
    const { world, coordinator, member, append } = groupHarness({ enableAutoCommit: true, autoCommitIntervalMs: 60_000 }, 1);
    append(0, "a");
    world.runFor(500);
    coordinator.rebalance();
    world.runFor(500);
    expect(coordinator.offsets.get(KEY)).toBe(1);
    expect(member.told("committed")).toMatchObject([{ isAutomatic: true }]);
    const order = coordinator.asked.map(({ api }) => api).filter((api) => api === "OffsetCommit" || api === "JoinGroup");
    expect(order).toEqual(["JoinGroup", "JoinGroup", "OffsetCommit", "JoinGroup"]);
  });
});

it("auto-commit at the end of one revocation commits nothing of another that is open", () => {
  const { world, coordinator, member, addMember, append } = groupHarness(
    { ...COOPERATIVE, enableAutoCommit: true, autoCommitIntervalMs: 60_000, closeTimeoutMs: 2_000 },
    2,
  );
  append(0, "a");
  append(1, "b");
  world.runFor(500);
  member.finishesRevocations = false;
  coordinator.membersWanted = 2;
  addMember();
  world.runFor(1_000);
  world.act(0, (now) => member.consumer.close(now));
  world.runFor(100);
  const revocations = member.told("revoking");
  const [open, done] = revocations.map(({ partitions }) => partitions.map((place) => `${place.topic}-${place.partition}`));
  expect([revocations.length, open?.length, done?.length]).toEqual([2, 1, 1]);
  world.act(0, (now) => member.consumer.finishRevocation(revocations[1]?.revocation ?? -1, now));
  world.runFor(200);
  expect([...coordinator.offsets.keys()]).toEqual(done);
});

describe("a question", () => {
  it("for the ends of a partition, or for a time, is answered for any partition", () => {
    const { world, cluster, member, append } = groupHarness({}, 1);
    cluster.createTopic("other", 1).partitions[0]?.log.append(encodeBatch({ records: [{ key: null, value: null, timestamp: 70 }] }), 0);
    append(0, "a", "b");
    world.act(0, () => {
      member.consumer.queryOffset(TOPIC, 0, "earliest");
      member.consumer.queryOffset(TOPIC, 0, "latest");
      member.consumer.queryOffset("other", 0, { timestampMs: 60 });
    });
    world.runFor(1_000);
    expect([...member.told("offset")].sort((a, b) => a.offset - b.offset || a.topic.localeCompare(b.topic))).toMatchObject([
      { topic: "orders", query: "earliest", offset: 0 },
      { topic: "other", offset: 0, timestampMs: 70 },
      { topic: "orders", query: "latest", offset: 2 },
    ]);
  });

  it("for an offset that is not answered leaves the partition as it is", () => {
    const { world, cluster, member, append } = groupHarness({}, 1);
    world.runFor(500);
    cluster.maxVersions.set("ListOffsets", 1);
    world.breakAll();
    world.act(500, () => member.consumer.queryOffset(TOPIC, 0, "latest"));
    world.runFor(1_000);
    append(0, "a");
    world.runFor(1_000);
    expect(member.told("error").filter(({ isFatal }) => isFatal)).toMatchObject([{ query: "latest", error: "UNSUPPORTED_VERSION" }]);
    world.act(0, (now) => member.consumer.commitPositions(now));
    world.runFor(300);
    expect([member.read(), member.consumer.committedOf(TOPIC, 0)]).toEqual([["a"], 1]);
  });

  it("for what the group has committed is answered for each partition, held or not", () => {
    const { world, coordinator, member } = groupHarness({}, 1);
    coordinator.offsets.set(KEY, 4).set("other-3", 9);
    coordinator.epochs.set(KEY, 2);
    coordinator.partitionErrors.set("other-5", ["TOPIC_AUTHORIZATION_FAILED"]);
    world.act(0, () =>
      member.consumer.queryCommitted([
        { topic: TOPIC, partition: 0 },
        { topic: "other", partition: 3 },
        { topic: "other", partition: 4 },
        { topic: "other", partition: 5 },
      ]),
    );
    world.runFor(500);
    expect(member.told("committed-answer")).toMatchObject([
      { topic: TOPIC, partition: 0, committed: { offset: 4, leaderEpoch: 2, metadata: "" } },
      { topic: "other", partition: 3, committed: { offset: 9, leaderEpoch: -1 } },
      { topic: "other", partition: 4, committed: { offset: -1 } },
      { topic: "other", partition: 5, error: "TOPIC_AUTHORIZATION_FAILED" },
    ]);
  });

  it("for what the group has committed has an answer also where there is no coordinator, and where the consumer is closed", () => {
    const refused = groupHarness({}, 1);
    refused.coordinator.refuse("FindCoordinator", "GROUP_AUTHORIZATION_FAILED");
    refused.world.act(0, () => refused.member.consumer.queryCommitted([{ topic: TOPIC, partition: 0 }]));
    refused.world.runFor(500);
    expect(refused.member.told("committed-answer")).toMatchObject([{ error: "GROUP_AUTHORIZATION_FAILED" }]);
    const closed = groupHarness({}, 1);
    closed.coordinator.silent.add("OffsetFetch");
    closed.world.act(0, () => closed.member.consumer.queryCommitted([{ topic: TOPIC, partition: 0 }]));
    closed.world.act(100, (now) => closed.member.consumer.close(now));
    closed.world.runFor(1_500);
    expect(closed.member.events.slice(-2)).toMatchObject([{ type: "committed-answer", error: "CLOSED" }, { type: "closed" }]);
  });

  it("that nobody answers has its time, and an answer then; of its topic nobody hears any more", () => {
    const { world, cluster, coordinator, member } = groupHarness({}, 1);
    world.runFor(500);
    const asked = new Set<string>();
    cluster.askedTopics = (names) => names.forEach((name) => asked.add(name));
    coordinator.silent.add("OffsetFetch");
    world.act(0, () => {
      member.consumer.queryOffset("nowhere", 0, "latest");
      member.consumer.queryCommitted([{ topic: TOPIC, partition: 0 }]);
    });
    world.runFor(1_900);
    expect(member.events.filter(({ type }) => type === "error" || type === "committed-answer")).toEqual([]);
    world.runFor(200);
    expect(member.told("error")).toEqual([{ type: "error", topic: "nowhere", partition: 0, error: "REQUEST_TIMED_OUT", isFatal: true, query: "latest" }]);
    expect(member.told("committed-answer")).toMatchObject([{ topic: TOPIC, partition: 0, error: "REQUEST_TIMED_OUT" }]);
    expect(asked.delete("nowhere")).toBe(true);
    cluster.moveLeader(TOPIC, 0, 2);
    world.runFor(1_000);
    expect([...asked]).toEqual([TOPIC]);
  });

  it("for an offset has an answer also where the consumer is closed meanwhile, and after that", () => {
    const { world, member } = groupHarness({}, 1);
    world.runFor(500);
    const query = { timestampMs: 5 };
    world.act(0, () => member.consumer.queryOffset("nowhere", 0, query));
    world.act(100, (now) => member.consumer.close(now));
    world.runFor(500);
    const closed = { type: "error", topic: "nowhere", partition: 0, error: "CLOSED", isFatal: true, query };
    expect(member.events.slice(-2)).toEqual([closed, { type: "closed" }]);
    world.act(0, () => member.consumer.queryOffset("nowhere", 0, query));
    world.runFor(500);
    expect(member.events.slice(-2)).toEqual([{ type: "closed" }, closed]);
  });

  it("for what the group has committed is asked once where the group refuses, and answered", () => {
    const { world, coordinator, member } = groupHarness({}, 1);
    world.runFor(500);
    const before = coordinator.requestsOf("OffsetFetch").length;
    coordinator.refuse("OffsetFetch", ...Array.from({ length: 1_000 }, () => "GROUP_AUTHORIZATION_FAILED" as const));
    world.act(0, () => member.consumer.queryCommitted([{ topic: TOPIC, partition: 0 }]));
    world.runFor(5_000);
    expect(coordinator.requestsOf("OffsetFetch").length - before).toBe(1);
    expect(member.told("committed-answer")).toMatchObject([{ error: "GROUP_AUTHORIZATION_FAILED" }]);
  });

  it("for what the group has committed waits for offsets that a transaction is about to replace, whatever the isolation level", () => {
    const { world, coordinator } = groupHarness({ isolationLevel: "read_uncommitted" }, 1);
    world.runFor(500);
    expect(coordinator.requestsOf("OffsetFetch").map(({ requireStable }) => requireStable)).toEqual([true]);
  });
});

describe("leader epochs (KIP-320)", () => {
  it("are committed with positions, and by the consumer itself", () => {
    for (const enableAutoCommit of [false, true]) {
      const { world, cluster, coordinator, member, append } = groupHarness({ enableAutoCommit, autoCommitIntervalMs: 300 }, 1);
      cluster.moveLeader(TOPIC, 0, 2);
      append(0, "a", "b");
      world.runFor(500);
      if (!enableAutoCommit) world.act(0, (now) => member.consumer.commitPositions(now));
      world.runFor(500);
      expect([coordinator.offsets.get(KEY), coordinator.epochs.get(KEY)]).toEqual([2, 1]);
    }
  });

  it("are gone on with: what was read elsewhere, and is in the log no more, is found out", () => {
    const { world, cluster, coordinator, member, append } = groupHarness({}, 1);
    coordinator.offsets.set(KEY, 2);
    coordinator.epochs.set(KEY, 0);
    append(0, "a");
    append(0, "b");
    cluster.topics.get(TOPIC)?.partitions[0]?.log.truncate(1);
    cluster.moveLeader(TOPIC, 0, 2);
    append(0, "x");
    append(0, "y");
    world.runFor(1_000);
    expect(member.told("committed-offset")).toMatchObject([{ offset: 2, leaderEpoch: 0 }]);
    expect(member.told("position")).toMatchObject([{ offset: 1, because: "LOG_TRUNCATED" }]);
    expect(member.read()).toEqual(["x", "y"]);
  });
});

describe("the offsets that a member goes on from", () => {
  it.each<ErrorName>(["COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR"])("are asked for again after %s", (error) => {
    const { world, coordinator, member, append } = groupHarness({}, 1);
    coordinator.offsets.set(KEY, 1);
    coordinator.refuse("OffsetFetch", error);
    append(0, "a", "b");
    world.runFor(1_500);
    expect(member.read()).toEqual(["b"]);
  });

  it("are asked for again, for the partitions alone of which they are not stable yet", () => {
    const { world, coordinator, member } = groupHarness();
    coordinator.partitionErrors.set(KEY, ["UNSTABLE_OFFSET_COMMIT"]);
    world.runFor(1_500);
    expect(member.told("committed-offset").map(({ partition }) => partition)).toEqual([1, 0]);
    expect(coordinator.requestsOf("OffsetFetch").length).toBe(2);
  });

  it("of a partition that may not be read are told as an error of that partition", () => {
    const { world, coordinator, member, append } = groupHarness();
    coordinator.partitionErrors.set(KEY, ["TOPIC_AUTHORIZATION_FAILED"]);
    append(0, "a");
    append(1, "b");
    world.runFor(500);
    expect(member.told("error")).toMatchObject([{ partition: 0, error: "TOPIC_AUTHORIZATION_FAILED", isFatal: true }]);
    expect(member.read()).toEqual(["b"]);
  });

  it("are asked for by name where topics have no ids", () => {
    const { world, cluster, coordinator, member, append } = groupHarness({}, 1);
    cluster.maxVersions.set("Metadata", 9).set("Fetch", 12);
    coordinator.offsets.set(KEY, 1);
    append(0, "a", "b");
    world.runFor(500);
    expect(member.read()).toEqual(["b"]);
    expect(coordinator.asked.find(({ api }) => api === "OffsetFetch")?.version).toBe(9);
  });

  it("begin at the latest offset, or nowhere, as the reset policy says", () => {
    const latest = groupHarness({ autoOffsetReset: "latest" }, 1);
    latest.append(0, "a");
    latest.world.runFor(500);
    latest.append(0, "b");
    latest.world.runFor(500);
    expect(latest.member.read()).toEqual(["b"]);
    const none = groupHarness({ autoOffsetReset: "none" }, 1);
    none.append(0, "a");
    none.world.runFor(500);
    expect(none.member.told("error")).toMatchObject([{ error: "NO_OFFSET_FOR_PARTITION", isFatal: true }]);
    expect(none.member.consumer.seek(TOPIC, 0, 0)).toBe(true);
    none.world.act(0, () => undefined);
    none.world.runFor(500);
    expect(none.member.read()).toEqual(["a"]);
  });
});

it("the offsets that a member goes on from are asked for again after one pause, of however many partitions they are not stable yet", () => {
  const { world, coordinator, member } = groupHarness({}, 40);
  for (let partition = 0; partition < 40; partition++) coordinator.partitionErrors.set(`${TOPIC}-${partition}`, ["UNSTABLE_OFFSET_COMMIT"]);
  world.runUntil(() => coordinator.requestsOf("OffsetFetch").length === 1, 1_000);
  world.runFor(200);
  expect(coordinator.requestsOf("OffsetFetch").length).toBe(2);
  world.runFor(100);
  expect(member.told("committed-offset").length).toBe(40);
});

describe("a position", () => {
  it("is where a seek puts it, and only of what is held", () => {
    const { world, member, append } = groupHarness({}, 1);
    append(0, "a", "b", "c");
    world.runFor(500);
    expect(member.consumer.positionOf(TOPIC, 0)).toBe(3);
    world.act(0, () => expect([member.consumer.seek(TOPIC, 0, 1), member.consumer.seek(TOPIC, 7, 1)]).toEqual([true, false]));
    world.runFor(300);
    expect(member.read()).toEqual(["a", "b", "c", "b", "c"]);
    expect([member.consumer.positionOf(TOPIC, 7), member.consumer.lagOf(TOPIC, 7)]).toEqual([undefined, undefined]);
  });

  it("is behind the records that a poll gave, which are as many as max.poll.records, and the rest comes with the next ones, at once", () => {
    const { world, cluster, member, append, everyTurn } = groupHarness({ maxPollRecords: 1 }, 1);
    cluster.maxFetchBatches = 10;
    const polls: [number, number | undefined, number | undefined][] = [];
    const { consumer } = member;
    append(0, "a", "b", "c", "d");
    append(0, "e", "f");
    member.isPolling = false;
    world.runFor(500);
    let startUs = 0;
    // All of it is there; nothing comes besides.
    const pollOnce = (now: Now): void => {
      const given = consumer.poll(now).flatMap((event) => (event.type === "records" ? event.records : [])).length;
      if (given > 0) polls.push([given, consumer.positionOf(TOPIC, 0), consumer.lagOf(TOPIC, 0)]);
    };
    world.act(0, (now) => {
      startUs = now.monotonicUs;
      pollOnce(now);
    });
    everyTurn(pollOnce);
    world.runUntil(() => polls.length === 6, 1_000);
    expect(polls).toEqual([1, 2, 3, 4, 5, 6].map((position) => [1, position, 6 - position]));
    expect(world.nowUs - startUs).toBeLessThan(10);
  });

  it("is moved to the beginning and to the end", () => {
    const { world, member, append } = groupHarness({}, 1);
    append(0, "a", "b");
    world.runFor(500);
    world.act(0, () => expect([member.consumer.seekToBeginning(TOPIC, 0), member.consumer.seekToBeginning(TOPIC, 7)]).toEqual([true, false]));
    world.act(0, () => expect(member.consumer.positionOf(TOPIC, 0)).toBeUndefined());
    world.runFor(300);
    expect([member.read(), member.consumer.positionOf(TOPIC, 0)]).toEqual([["a", "b", "a", "b"], 2]);
    world.act(0, () => {
      member.consumer.seek(TOPIC, 0, 0);
      member.consumer.pause(TOPIC, 0);
      expect(member.consumer.seekToEnd(TOPIC, 0)).toBe(true);
    });
    world.runFor(300);
    expect([member.consumer.positionOf(TOPIC, 0), member.consumer.paused]).toEqual([2, [{ topic: TOPIC, partition: 0 }]]);
    world.act(0, () => member.consumer.resume(TOPIC, 0));
    append(0, "c");
    world.runFor(300);
    expect([member.read().slice(4), member.consumer.paused]).toEqual([["c"], []]);
  });

  it("stands still while the partition is paused, and nothing is passed over then", () => {
    const { world, member, append } = groupHarness({}, 1);
    append(0, "a");
    world.runFor(500);
    world.act(0, () => member.consumer.pause(TOPIC, 0));
    append(0, "b", "c");
    world.runFor(500);
    expect([member.read(), member.consumer.positionOf(TOPIC, 0)]).toEqual([["a"], 1]);
    world.act(0, () => member.consumer.resume(TOPIC, 0));
    world.runFor(500);
    expect(member.read()).toEqual(["a", "b", "c"]);
  });

  it("gives back what was fetched and not handed out before a pause", () => {
    const { world, coordinator, member, append } = groupHarness({}, 1);
    append(0, "a");
    world.runFor(500);
    member.isPolling = false;
    append(0, "b");
    world.runFor(200);
    world.act(0, () => member.consumer.pause(TOPIC, 0));
    member.isPolling = true;
    world.runFor(300);
    expect([member.read(), member.consumer.lagOf(TOPIC, 0)]).toEqual([["a"], 1]);
    // Also the epoch is of what was handed out (KIP-320).
    world.act(0, (now) => member.consumer.commitPositions(now));
    world.runFor(100);
    expect([coordinator.offsets.get(KEY), coordinator.epochs.get(KEY)]).toEqual([1, 0]);
    world.act(0, () => member.consumer.resume(TOPIC, 0));
    world.runFor(300);
    expect([member.read(), member.consumer.lagOf(TOPIC, 0)]).toEqual([["a", "b"], 0]);
  });

  it("stands still at once when the partition is paused, also where a fetch is under way", () => {
    const late: string[] = [];
    for (let ms = 0; ms < 40; ms++) {
      const { world, member, append } = groupHarness({}, 1);
      append(0, "a");
      world.runFor(500 + ms);
      append(0, "b");
      world.runFor(ms % 7);
      let before = 0;
      world.act(0, () => {
        member.consumer.pause(TOPIC, 0);
        before = member.read().length;
      });
      world.runFor(300);
      late.push(...member.read().slice(before));
      world.act(0, () => member.consumer.resume(TOPIC, 0));
      world.runFor(300);
      expect(member.read()).toEqual(["a", "b"]);
    }
    expect(late).toEqual([]);
  });
});
