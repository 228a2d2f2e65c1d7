import { brokerEpoch, leaderEpoch, nodeId, offset, partitionEpoch, uuid } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { type ListOffsetOutcome, Replica, type ReplicaFetch } from "../src/index.ts";
import { Cluster, LAG_MS } from "./cluster.ts";

const ANY_EPOCH = leaderEpoch(-1);

function healthy(options: Partial<ConstructorParameters<typeof Cluster>[0]> = {}): Cluster {
  const cluster = new Cluster({ size: 3, minIsr: 2, ...options });
  cluster.round();
  return cluster;
}

/** Produces, and lets everybody copy it. */
function commit(cluster: Cluster, count: number): void {
  for (let i = 0; i < count; i++) cluster.produce(0);
  for (let round = 0; round < 4; round++) cluster.round();
}

function fetchOf(cluster: Cluster, id: number, fields: Partial<ReplicaFetch> = {}): ReplicaFetch {
  const { log, brokerEpoch: replicaEpoch, replica } = cluster.node(id);
  const fetchOffset = log.writtenEnd;
  const position = { fetchOffset, lastFetchedEpoch: log.epochBefore(fetchOffset), currentLeaderEpoch: replica.leaderEpoch };
  return { replicaId: nodeId(id), replicaEpoch, maxBytes: 1e6, ...position, ...fields };
}

describe("a follower's fetch that waits", () => {
  it("proves nothing when it is looked at again: the follower may have been taken from the replicas and added since (P11)", () => {
    const cluster = healthy();
    const { replica } = cluster.node(0);
    const request = fetchOf(cluster, 2);
    for (const replicas of [
      [0, 1],
      [0, 1, 2],
    ]) {
      const { leaderEpoch: sameEpoch, partitionEpoch: before } = replica;
      const state = { leaderEpoch: sameEpoch, partitionEpoch: partitionEpoch(before + 1), minInsyncReplicas: 2 };
      replica.becomeLeader({ ...state, replicas: replicas.map(nodeId), isr: [0, 1].map(nodeId) }, cluster.now);
    }
    expect(replica.fetchAsReplica({ ...request, isLookedAtAgain: true }, cluster.now).type).toBe("records");
    expect(replica.maximalIsr).toEqual([0, 1]);
    replica.fetchAsReplica(request, cluster.now);
    expect(replica.maximalIsr).toEqual([0, 1, 2]);
  });
});

describe("a consumer of committed records", () => {
  const read = (cluster: Cluster, isReadCommitted: boolean) => {
    const position = { fetchOffset: offset(0), lastFetchedEpoch: ANY_EPOCH, currentLeaderEpoch: ANY_EPOCH };
    return cluster.node(0).replica.fetchAsConsumer({ ...position, maxBytes: 1e6, isReadCommitted }, cluster.now);
  };

  it("sees up to the last stable offset, and is told what to leave out; another sees up to the high watermark", () => {
    const cluster = healthy();
    commit(cluster, 5);
    const { log, replica } = cluster.node(0);
    log.unstableFrom = offset(3);
    log.aborted = [
      { producerId: 7, firstOffset: offset(1) },
      { producerId: 8, firstOffset: offset(4) },
    ];
    expect(read(cluster, true)).toMatchObject({
      read: { endOffset: 3 },
      highWatermark: 5,
      lastStableOffset: 3,
      abortedTransactions: [{ producerId: 7 }],
    });
    expect(read(cluster, false)).toMatchObject({ read: { endOffset: 5 }, lastStableOffset: 3, abortedTransactions: undefined });
    log.unstableFrom = undefined;
    expect([replica.lastStableOffset, read(cluster, true)]).toMatchObject([5, { read: { endOffset: 5 } }]);
  });

  it("is never told of a last stable offset outside of log start and high watermark (I-P8)", () => {
    const cluster = healthy();
    commit(cluster, 5);
    const { log, replica } = cluster.node(0);
    log.unstableFrom = offset(9);
    expect(replica.lastStableOffset).toBe(5);
    log.logStartOffset = offset(2);
    log.unstableFrom = offset(1);
    expect(replica.lastStableOffset).toBe(2);
  });
});

describe("produce", () => {
  it("is acknowledged with acks=1 by the leader's own write, with acks=all by everybody's", () => {
    const cluster = healthy();
    const one = cluster.produce(0, 1);
    const all = cluster.produce(0, -1);
    const { replica } = cluster.node(0);
    if (one === undefined || all === undefined) throw new Error("refused");
    expect([replica.ackStatus(one), replica.ackStatus(all)]).toEqual(["pending", "pending"]);
    cluster.finishWrites(0);
    expect([replica.ackStatus(one), replica.ackStatus(all)]).toEqual(["done", "pending"]);
    for (let round = 0; round < 3; round++) cluster.round();
    expect(replica.ackStatus(all)).toBe("done");
  });

  it("is refused with acks=all below min.insync.replicas, and accepted with acks=1", () => {
    const cluster = healthy({ isr: [0], minIsr: 3 });
    const { replica, log } = cluster.node(0);
    expect(cluster.produce(0, -1)).toBeUndefined();
    expect(log.appendedEnd).toBe(0);
    expect(replica.isUnderMinIsr).toBe(true);
    expect(cluster.produce(0, 1)).toBeDefined();
  });

  it("asks for no more replicas than there are", () => {
    const cluster = healthy({ size: 2, minIsr: 5 });
    expect(cluster.node(0).replica.effectiveMinIsr).toBe(2);
    expect(cluster.produce(0, -1)).toBeDefined();
  });

  it("says that too few replicas are left where the ISR shrank below the minimum after the append", () => {
    const cluster = healthy();
    const wait = cluster.produce(0, -1);
    for (let round = 0; round < 3; round++) cluster.round();
    cluster.controller.fence(nodeId(1));
    cluster.controller.fence(nodeId(2));
    for (let left = 2; left > 0; left--) cluster.learn(0);
    expect(wait && cluster.node(0).replica.ackStatus(wait)).toBe("NOT_ENOUGH_REPLICAS_AFTER_APPEND");
  });

  it("fails a waiting acknowledgement when leadership is lost, also if it is won again", () => {
    const cluster = healthy();
    const wait = cluster.produce(0, -1);
    if (wait === undefined) throw new Error("refused");
    cluster.controller.elect(nodeId(1));
    cluster.learn(0);
    const { replica } = cluster.node(0);
    expect([replica.role, replica.ackStatus(wait)]).toEqual(["follower", "NOT_LEADER_OR_FOLLOWER"]);
    cluster.controller.elect(nodeId(0));
    cluster.learn(0);
    expect([replica.role, replica.ackStatus(wait)]).toEqual(["leader", "NOT_LEADER_OR_FOLLOWER"]);
  });
});

describe("high watermark", () => {
  it("stands still while the ISR is below its minimum, though all of it has the records (P18)", () => {
    const cluster = healthy({ isr: [0], minIsr: 2 });
    cluster.produce(0, 1);
    cluster.finishWrites(0);
    expect(cluster.node(0).replica.highWatermark).toBe(0);
  });

  it("moves on as soon as the member it waited for is out of the ISR (P14)", () => {
    const cluster = healthy();
    commit(cluster, 1);
    cluster.crash(2, true);
    cluster.node(0).metadata.length = 0;
    cluster.produce(0, -1);
    for (let round = 0; round < 4; round++) cluster.round();
    const { replica } = cluster.node(0);
    expect(replica.highWatermark).toBe(1);
    const { image } = cluster.controller;
    const state = {
      leaderEpoch: leaderEpoch(image.leaderEpoch),
      partitionEpoch: replica.partitionEpoch,
      replicas: cluster.controller.replicas,
      isr: image.isr,
    };
    replica.becomeLeader({ ...state, partitionEpoch: (state.partitionEpoch + 1) as typeof state.partitionEpoch, minInsyncReplicas: 2 }, cluster.now);
    expect(replica.highWatermark).toBe(2);
  });

  it("waits for the leader's own write, though followers have the records", () => {
    const cluster = healthy();
    cluster.produce(0, -1);
    const { replica, log } = cluster.node(0);
    for (const id of [1, 2]) {
      replica.fetchAsReplica(fetchOf(cluster, id), cluster.now);
      replica.fetchAsReplica(fetchOf(cluster, id, { fetchOffset: offset(1), lastFetchedEpoch: leaderEpoch(1) }), cluster.now);
    }
    expect(replica.highWatermark).toBe(0);
    log.finishWrites(cluster.now);
    expect(replica.highWatermark).toBe(1);
  });

  it("is no reason to cut: a replica that starts again keeps what it has not heard of as committed (P01, KIP-101)", () => {
    const cluster = healthy({ size: 2, minIsr: 1 });
    cluster.produce(0, -1);
    for (let round = 0; round < 2; round++) cluster.round();
    // 1 has the record. That it is committed, it has forgotten when it starts again.
    cluster.finishWrites(1);
    cluster.crash(1, true);
    cluster.restart(1);
    const { replica, log } = cluster.node(1);
    expect([log.writtenEnd, replica.highWatermark]).toEqual([1, 0]);
  });

  it("is shown to consumers, and nothing above it (P22)", () => {
    const cluster = healthy();
    commit(cluster, 2);
    cluster.produce(0, 1);
    cluster.finishWrites(0);
    const { replica } = cluster.node(0);
    const request = { currentLeaderEpoch: ANY_EPOCH, lastFetchedEpoch: ANY_EPOCH, isReadCommitted: false, maxBytes: 1e6 };
    const first = replica.fetchAsConsumer({ ...request, fetchOffset: offset(0) }, cluster.now);
    expect(first).toMatchObject({ type: "records", read: { endOffset: 2 }, highWatermark: 2 });
    expect(replica.fetchAsConsumer({ ...request, fetchOffset: offset(2) }, cluster.now)).toMatchObject({ read: { parts: [], endOffset: 2 } });
    expect(replica.fetchAsConsumer({ ...request, fetchOffset: offset(4) }, cluster.now)).toMatchObject({ error: "OFFSET_OUT_OF_RANGE" });
  });
});

describe("fencing", () => {
  it("answers only a fetch of its own leader epoch (P06)", () => {
    const cluster = healthy();
    cluster.controller.elect(nodeId(1));
    cluster.learn(1);
    const { replica } = cluster.node(1);
    const ask = (epoch: number): unknown => replica.fetchAsReplica(fetchOf(cluster, 2, { currentLeaderEpoch: leaderEpoch(epoch) }), cluster.now);
    expect([ask(1), ask(2), ask(3), ask(-1)]).toMatchObject([
      { error: "FENCED_LEADER_EPOCH" },
      { type: "records" },
      { error: "UNKNOWN_LEADER_EPOCH" },
      { error: "FENCED_LEADER_EPOCH" },
    ]);
  });

  it("takes no answer to a fetch of another epoch or position, and none as a leader (P09, P23)", () => {
    const cluster = healthy();
    commit(cluster, 3);
    const { replica, log } = cluster.node(1);
    const cut = {
      error: "NONE",
      diverging: { epoch: leaderEpoch(0), endOffset: offset(0) },
      records: null,
      highWatermark: offset(0),
      logStartOffset: offset(0),
    };
    const apply = (epoch: number, at: number): string =>
      replica.applyFetched({ ...cut, forLeaderEpoch: leaderEpoch(epoch), forFetchOffset: offset(at) }, cluster.now);
    expect([apply(0, 3), apply(2, 3), apply(1, 2)]).toEqual(["idle", "idle", "idle"]);
    cluster.controller.elect(nodeId(1));
    cluster.learn(1);
    expect([apply(1, 3), apply(2, 3), log.appendedEnd]).toEqual(["idle", "idle", 3]);
  });

  it("takes no fetch of an incarnation that is over for the new one's: that would put a hole into the ISR (P16, KIP-903)", () => {
    const cluster = healthy();
    commit(cluster, 3);
    cluster.crash(2, true);
    cluster.restart(2);
    cluster.unfence(2);
    while (cluster.node(0).metadata.length > 0) cluster.learn(0);
    const early = fetchOf(cluster, 2);
    // It loses its records, and comes back in a new epoch that the leader has heard of when the early fetch arrives.
    cluster.crash(2, false);
    cluster.node(2).log.truncateTo(offset(0));
    cluster.restart(2);
    cluster.unfence(2);
    while (cluster.node(0).metadata.length > 0) cluster.learn(0);
    const { replica } = cluster.node(0);
    expect(replica.fetchAsReplica(early, cluster.now)).toMatchObject({ error: "NOT_LEADER_OR_FOLLOWER" });
    expect(replica.maximalIsr).toEqual([0, 1]);
    expect(cluster.messages).toEqual([]);
  });

  it("serves nothing more when its log has failed, whatever the metadata say", () => {
    const cluster = healthy();
    const { replica } = cluster.node(0);
    const wait = cluster.produce(0, -1);
    replica.logFailed("EIO", cluster.now);
    cluster.controller.elect(nodeId(1));
    cluster.learn(0);
    expect([replica.role, replica.leader, replica.leaderEpoch]).toEqual(["offline", 1, 2]);
    expect(replica.produce(new Uint8Array(12), 1, cluster.now)).toMatchObject({ error: "KAFKA_STORAGE_ERROR" });
    expect(wait && replica.ackStatus(wait)).toBe("KAFKA_STORAGE_ERROR");
    expect(replica.fetchPosition()).toBeUndefined();
  });
});

describe("follower", () => {
  it("starts anew where the leader's log starts after its end, with its high watermark there (P20)", () => {
    const cluster = healthy();
    commit(cluster, 2);
    cluster.crash(2, true);
    commit(cluster, 4);
    for (const id of [0, 1]) cluster.node(id).log.deleteBefore(offset(5));
    cluster.heal(5);
    const { replica, log } = cluster.node(2);
    expect([log.logStartOffset, log.writtenEnd, replica.highWatermark]).toEqual([5, 6, 6]);
    expect(cluster.controller.image.isr).toContain(2);
  });

  it("has its high watermark where it starts anew, whether that is before or after where it was (P20)", () => {
    const cluster = healthy();
    commit(cluster, 3);
    const { replica, log } = cluster.node(1);
    const startAt = (start: number): void => {
      const position = { forLeaderEpoch: leaderEpoch(1), forFetchOffset: log.writtenEnd };
      const diverging = { epoch: leaderEpoch(-1), endOffset: offset(start) };
      expect(
        replica.applyFetched({ ...position, error: "NONE", diverging, records: null, highWatermark: offset(9), logStartOffset: offset(start) }, cluster.now),
      ).toBe("progress");
    };
    startAt(7);
    expect([log.logStartOffset, replica.highWatermark]).toEqual([7, 7]);
    startAt(2);
    expect([log.logStartOffset, replica.highWatermark]).toEqual([2, 2]);
  });

  it("fetches nothing while it begins anew, for a process after it would not know where the log starts", () => {
    const cluster = healthy();
    commit(cluster, 3);
    const { replica, log } = cluster.node(1);
    expect(replica.fetchPosition()).toBeDefined();
    log.isBeginningAnew = true;
    expect(replica.fetchPosition()).toBeUndefined();
  });

  it("fetches nothing while its write is under way, for its next fetch promises that it is done", () => {
    const cluster = healthy();
    commit(cluster, 1);
    cluster.produce(0, -1);
    cluster.finishWrites(0);
    cluster.sendFetch(1);
    cluster.deliver(0);
    cluster.deliver(0);
    const { replica, log } = cluster.node(1);
    expect([log.appendedEnd, log.writtenEnd, replica.fetchPosition()]).toEqual([2, 1, undefined]);
    log.finishWrites(cluster.now);
    expect(replica.fetchPosition()).toEqual({ fetchOffset: 2, lastFetchedEpoch: 1, currentLeaderEpoch: 1, logStartOffset: 0 });
  });
});

describe("ISR", () => {
  it("loses a member that has not kept up for the lag time, and no sooner", () => {
    const cluster = healthy();
    commit(cluster, 1);
    const { replica } = cluster.node(0);
    cluster.produce(0, -1);
    cluster.finishWrites(0);
    replica.fetchAsReplica(fetchOf(cluster, 1, { fetchOffset: offset(2), lastFetchedEpoch: leaderEpoch(1) }), cluster.now);
    const due = replica.nextDeadlineUs ?? 0;
    cluster.passTime((due - cluster.nowUs) / 1000 - 1);
    expect(cluster.messages).toEqual([]);
    cluster.passTime(1);
    expect(replica.maximalIsr).toEqual([0, 1, 2]);
    cluster.deliver(0);
    cluster.deliver(0);
    expect([replica.isr, replica.highWatermark]).toEqual([[0, 1], 2]);
  });

  it("tells that its deadline came nearer when a member that had everything fetches further back", () => {
    const cluster = healthy();
    commit(cluster, 1);
    const node = cluster.node(0);
    expect(node.replica.nextDeadlineUs).toBeUndefined();
    node.hasDeadlineMoved = false;
    node.replica.fetchAsReplica(fetchOf(cluster, 1), cluster.now);
    expect(node.hasDeadlineMoved).toBe(false);
    node.replica.fetchAsReplica(fetchOf(cluster, 1, { fetchOffset: offset(0), lastFetchedEpoch: leaderEpoch(-1) }), cluster.now);
    expect([node.replica.nextDeadlineUs === undefined, node.hasDeadlineMoved]).toEqual([false, true]);
  });

  it("keeps a member that is always a little behind, as every member is under a steady load", () => {
    const cluster = healthy();
    const { replica } = cluster.node(0);
    for (let sent = 0; sent < 30; sent++) {
      for (const id of [1, 2])
        replica.fetchAsReplica(
          fetchOf(cluster, id, sent === 0 ? {} : { fetchOffset: offset(sent - 1), lastFetchedEpoch: leaderEpoch(sent === 1 ? -1 : 1) }),
          cluster.now,
        );
      cluster.produce(0, -1);
      cluster.finishWrites(0);
      cluster.passTime(LAG_MS / 10);
    }
    expect(cluster.messages).toEqual([]);
    expect(replica.isr).toEqual([0, 1, 2]);
  });

  it("waits for a joiner from when it is proposed, and lets nobody in who is fenced or behind (P12, P15)", () => {
    const cluster = healthy({ isr: [0, 1] });
    // The joiner has asked already: an empty log is not behind.
    const { replica } = cluster.node(0);
    expect(replica.isr).toEqual([0, 1, 2]);
    cluster.controller.fence(nodeId(2));
    cluster.learn(0);
    commit(cluster, 2);
    expect(replica.fetchAsReplica(fetchOf(cluster, 2), cluster.now)).toMatchObject({ type: "records" });
    expect(replica.maximalIsr).toEqual([0, 1]);
    cluster.controller.unfence(nodeId(2));
    cluster.learn(0);
    replica.fetchAsReplica(fetchOf(cluster, 2, { fetchOffset: offset(1), lastFetchedEpoch: leaderEpoch(1) }), cluster.now);
    expect(replica.maximalIsr).toEqual([0, 1]);
    replica.fetchAsReplica(fetchOf(cluster, 2, { fetchOffset: offset(2), lastFetchedEpoch: leaderEpoch(1) }), cluster.now);
    expect([replica.isr, replica.maximalIsr]).toEqual([
      [0, 1],
      [0, 1, 2],
    ]);
  });

  it("lets nobody in who has not found the way into the leader's epoch, though it has all that is known to be committed", () => {
    const cluster = healthy({ size: 3, isr: [0], minIsr: 2 });
    cluster.controller.fence(nodeId(1));
    cluster.controller.fence(nodeId(2));
    for (let round = 0; round < 3; round++) cluster.round();
    cluster.produce(0, 1);
    cluster.produce(0, 1);
    cluster.finishWrites(0);
    cluster.crash(0, true);
    cluster.restart(0);
    cluster.unfence(0);
    cluster.controller.unfence(nodeId(2));
    while (cluster.node(0).metadata.length > 0) cluster.learn(0);
    const { replica } = cluster.node(0);
    expect([replica.role, replica.maximalIsr, replica.highWatermark]).toEqual(["leader", [0], 0]);
    replica.fetchAsReplica(
      fetchOf(cluster, 2, { fetchOffset: offset(1), lastFetchedEpoch: leaderEpoch(1), currentLeaderEpoch: replica.leaderEpoch }),
      cluster.now,
    );
    expect(replica.maximalIsr).toEqual([0]);
    const atStart = { fetchOffset: offset(2), lastFetchedEpoch: leaderEpoch(1), currentLeaderEpoch: replica.leaderEpoch };
    replica.fetchAsReplica(fetchOf(cluster, 2, atStart), cluster.now);
    expect(replica.maximalIsr).toEqual([0, 2]);
  });
});

describe("ListOffsets", () => {
  function ask(cluster: Cluster, id: number, timestamp: number): ListOffsetOutcome[] {
    const answers: ListOffsetOutcome[] = [];
    const { replica, log } = cluster.node(id);
    replica.listOffset({ timestamp, currentLeaderEpoch: ANY_EPOCH, reader: "uncommitted" }, (result) => answers.push(result), cluster.now);
    log.finishLookUps(cluster.now);
    return answers;
  }

  it("finds the earliest, the latest, the largest timestamp, and the first record at or after a timestamp", () => {
    const cluster = healthy();
    commit(cluster, 5);
    cluster.produce(0, 1);
    const found = (at: number, timestampMs: number, epoch = 1): object => ({ type: "found", offset: at, timestampMs, leaderEpoch: epoch });
    expect(ask(cluster, 0, -2)).toEqual([found(0, -1)]);
    expect(ask(cluster, 0, -1)).toEqual([found(5, -1)]);
    expect(ask(cluster, 0, -3)).toEqual([found(4, 5)]);
    expect(ask(cluster, 0, 3)).toEqual([found(2, 3)]);
    expect(ask(cluster, 0, 6)).toEqual([found(-1, -1, -1)]);
  });

  it("answers OFFSET_NOT_AVAILABLE until the high watermark has reached the epoch's start (P21)", () => {
    const cluster = healthy();
    cluster.produce(0, -1);
    for (let round = 0; round < 2; round++) cluster.round();
    for (const id of [1, 2]) cluster.node(id).log.finishWrites(cluster.now);
    cluster.controller.elect(nodeId(1));
    cluster.learn(1);
    expect(cluster.node(1).replica.highWatermark).toBe(0);
    const unknown = [{ error: "OFFSET_NOT_AVAILABLE" }];
    expect([ask(cluster, 1, -1), ask(cluster, 1, -3), ask(cluster, 1, 0)]).toMatchObject([unknown, unknown, unknown]);
    for (let round = 0; round < 3; round++) cluster.round();
    expect(ask(cluster, 1, -1)).toMatchObject([{ offset: 1 }]);
  });

  it("gives no answer from a log whose leadership went while it was searched", () => {
    const cluster = healthy();
    commit(cluster, 1);
    const answers: ListOffsetOutcome[] = [];
    const { replica, log } = cluster.node(0);
    replica.listOffset({ timestamp: 0, currentLeaderEpoch: ANY_EPOCH, reader: "uncommitted" }, (result) => answers.push(result), cluster.now);
    cluster.controller.elect(nodeId(1));
    cluster.learn(0);
    log.finishLookUps(cluster.now);
    expect(answers).toMatchObject([{ error: "NOT_LEADER_OR_FOLLOWER" }]);
  });
});

it("refuses to lead in an epoch that its log knows: its offsets may have been given away by an earlier incarnation", () => {
  const cluster = healthy();
  const { log } = cluster.node(0);
  const unused = (): never => {
    throw new Error("not to be called");
  };
  const listener = {
    highWatermarkMoved: unused,
    stateChanged: unused,
    recordsAppended: unused,
    recordsWritten: unused,
    followersStartMoved: unused,
    deadlineMoved: unused,
    alterIsr: unused,
    brokerView: unused,
    isDetailed: false,
    trace: unused,
  };
  const replica = new Replica({
    topic: "orders",
    topicId: uuid("orders"),
    partition: 0,
    self: nodeId(0),
    log,
    listener: { ...listener, ownBrokerEpoch: brokerEpoch(9) },
    replicaLagTimeMaxMs: LAG_MS,
  });
  const state = { leaderEpoch: log.latestEpoch, partitionEpoch: partitionEpoch(1), replicas: [nodeId(0)], isr: [nodeId(0)], minInsyncReplicas: 1 };
  expect(() => replica.becomeLeader(state, cluster.now)).toThrow("a leader's epoch is new to its log");
});

it("C06: a follower goes on where only the ISR of its partition has changed: it begins anew in a new leader epoch only", () => {
  const cluster = healthy();
  commit(cluster, 1);
  const { replica, traces } = cluster.node(1);
  const { leaderEpoch: epoch, partitionEpoch: changes, leader, isr } = replica;
  const begun = (): number => traces.filter(({ kind }) => kind === "became-follower").length;
  const before = begun();
  const state = { leaderEpoch: epoch, partitionEpoch: partitionEpoch(changes + 1), leader, replicas: isr, isr: isr.slice(0, 2) };
  replica.becomeFollower(state, cluster.now);
  expect([begun(), replica.isr, replica.partitionEpoch]).toEqual([before, isr.slice(0, 2), changes + 1]);
  replica.becomeFollower({ ...state, leaderEpoch: leaderEpoch(epoch + 1), partitionEpoch: partitionEpoch(changes + 2) }, cluster.now);
  expect(begun()).toBe(before + 1);
});

it("counts nothing in a new leadership that followers proved in an earlier one (P06, P11)", () => {
  const cluster = healthy();
  commit(cluster, 2);
  cluster.produce(0);
  cluster.finishWrites(0);
  const { replica } = cluster.node(0);
  const hasAll = { fetchOffset: offset(3), lastFetchedEpoch: leaderEpoch(1) };
  replica.fetchAsReplica(fetchOf(cluster, 1, hasAll), cluster.now);
  expect(replica.highWatermark).toBe(2);
  const state = { leaderEpoch: leaderEpoch(2), partitionEpoch: partitionEpoch(replica.partitionEpoch + 1), minInsyncReplicas: 2 };
  replica.becomeLeader({ ...state, replicas: [0, 1, 2].map(nodeId), isr: [0, 1].map(nodeId) }, cluster.now);
  expect(replica.highWatermark).toBe(2);
  replica.fetchAsReplica(fetchOf(cluster, 1, { ...hasAll, currentLeaderEpoch: leaderEpoch(2) }), cluster.now);
  expect(replica.highWatermark).toBe(3);
});

it("lets who may be counted on go on at its log's start, where nobody knows what was deleted there, and others begin anew", () => {
  const answers = (minInsyncReplicas: number, id: number): string => {
    const cluster = healthy();
    const { replica, log } = cluster.node(0);
    log.truncateFullyAndStartAt(offset(4));
    const state = { leaderEpoch: leaderEpoch(2), partitionEpoch: partitionEpoch(replica.partitionEpoch + 1), minInsyncReplicas };
    replica.becomeLeader({ ...state, replicas: [0, 1, 2].map(nodeId), isr: [0, 1].map(nodeId) }, cluster.now);
    const position = { fetchOffset: offset(4), lastFetchedEpoch: leaderEpoch(1), currentLeaderEpoch: leaderEpoch(2) };
    return replica.fetchAsReplica(fetchOf(cluster, id, position), cluster.now).type;
  };
  expect([answers(2, 1), answers(2, 2)]).toEqual(["records", "diverging"]);
  // The controller may have it in the ELR.
  expect(answers(3, 2)).toBe("records");
});
