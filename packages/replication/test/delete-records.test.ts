import { leaderEpoch, nodeId, offset } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { Cluster } from "./cluster.ts";

const ANY_EPOCH = leaderEpoch(-1);

function committed(count: number): Cluster {
  const cluster = new Cluster({ size: 3, minIsr: 2 });
  cluster.round();
  for (let i = 0; i < count; i++) cluster.produce(0);
  rounds(cluster, 4);
  return cluster;
}

function rounds(cluster: Cluster, count: number): void {
  for (let round = 0; round < count; round++) cluster.round();
}

const starts = (cluster: Cluster): readonly number[] => [0, 1, 2].map((id) => cluster.node(id).log.logStartOffset);

describe("a deletion of records", () => {
  it("moves the leader's start at once, and is done when every replica that is alive has followed", () => {
    const cluster = committed(5);
    const { replica } = cluster.node(0);
    const deletion = replica.deleteRecords(3, cluster.now);
    if (deletion.type === "failed") throw new Error(deletion.message);
    expect([starts(cluster), replica.deletionStatus(deletion), replica.lowWatermark]).toEqual([[3, 0, 0], "pending", 0]);
    rounds(cluster, 3);
    expect([starts(cluster), replica.deletionStatus(deletion), replica.lowWatermark]).toEqual([[3, 3, 3], "done", 3]);
  });

  it("does not take the word of a follower's earlier process for that of the next one", () => {
    const cluster = committed(5);
    const { replica } = cluster.node(0);
    const deletion = replica.deleteRecords(3, cluster.now);
    if (deletion.type === "failed") throw new Error(deletion.message);
    rounds(cluster, 3);
    expect(replica.deletionStatus(deletion)).toBe("done");
    cluster.crash(1, true);
    cluster.restart(1);
    cluster.unfence(1);
    cluster.node(0).image = cluster.controller.image;
    expect([replica.deletionStatus(deletion), replica.lowWatermark]).toEqual(["pending", -1]);
    rounds(cluster, 4);
    expect([replica.deletionStatus(deletion), replica.lowWatermark]).toEqual(["done", 3]);
  });

  it("of −1 deletes all that is committed, and nothing that is not", () => {
    const cluster = committed(4);
    cluster.produce(0);
    const { replica, log } = cluster.node(0);
    expect(replica.deleteRecords(-1, cluster.now)).toMatchObject({ type: "deleted", startOffset: 4 });
    expect([log.logStartOffset, log.appendedEnd]).toEqual([4, 5]);
    expect(replica.deleteRecords(5, cluster.now)).toMatchObject({ error: "OFFSET_OUT_OF_RANGE" });
    expect(replica.deleteRecords(-2, cluster.now)).toMatchObject({ error: "OFFSET_OUT_OF_RANGE" });
    expect(replica.deleteRecords(1, cluster.now)).toMatchObject({ type: "deleted", startOffset: 1 });
    expect(log.logStartOffset).toBe(4);
  });

  it("is refused by a follower, and ends for those who wait where leadership is lost", () => {
    const cluster = committed(4);
    expect(cluster.node(1).replica.deleteRecords(2, cluster.now)).toMatchObject({ error: "NOT_LEADER_OR_FOLLOWER" });
    const { replica } = cluster.node(0);
    const deletion = replica.deleteRecords(2, cluster.now);
    if (deletion.type === "failed") throw new Error(deletion.message);
    cluster.controller.elect(nodeId(1));
    cluster.learn(0);
    expect(replica.deletionStatus(deletion)).toBe("NOT_LEADER_OR_FOLLOWER");
  });

  it("hides what is below from every reader, and is where the log begins for who asks", () => {
    const cluster = committed(4);
    const { replica } = cluster.node(0);
    replica.deleteRecords(2, cluster.now);
    const fetch = (at: number) => {
      const position = { fetchOffset: offset(at), lastFetchedEpoch: ANY_EPOCH, currentLeaderEpoch: ANY_EPOCH };
      return replica.fetchAsConsumer({ ...position, maxBytes: 1000, isReadCommitted: false }, cluster.now);
    };
    expect([fetch(1), fetch(2)]).toMatchObject([{ error: "OFFSET_OUT_OF_RANGE" }, { type: "records", logStartOffset: 2 }]);
    const found: unknown[] = [];
    replica.listOffset({ timestamp: -2, currentLeaderEpoch: ANY_EPOCH, reader: "uncommitted" }, (result) => found.push(result), cluster.now);
    expect(found).toMatchObject([{ offset: 2 }]);
  });
});

describe("a follower", () => {
  it("follows the leader's start no further than it knows to be committed", () => {
    const cluster = committed(5);
    const { replica, log } = cluster.node(1);
    const position = { forLeaderEpoch: replica.leaderEpoch, forFetchOffset: log.writtenEnd };
    const answer = { ...position, error: "NONE", diverging: undefined, records: null };
    replica.applyFetched({ ...answer, highWatermark: offset(2), logStartOffset: offset(9) }, cluster.now);
    expect(log.logStartOffset).toBe(replica.highWatermark);
    expect(log.logStartOffset).toBe(5);
  });

  it("keeps its log where all it has was deleted at the leader, and goes on behind it", () => {
    const cluster = committed(5);
    cluster.crash(2, true);
    cluster.controller.elect(nodeId(1));
    rounds(cluster, 4);
    cluster.produce(1);
    rounds(cluster, 4);
    expect(cluster.node(1).replica.deleteRecords(5, cluster.now)).toMatchObject({ type: "deleted" });
    cluster.heal(5);
    const { log } = cluster.node(2);
    expect([starts(cluster), log.writtenEnd, log.truncations]).toEqual([[5, 5, 5], 6, []]);
  });
});
