import { ErrorCode } from "@samsa/protocol";
import { leaderEpoch, nodeId, partitionEpoch } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { offsetForLeaderEpochRequest, produceRequest } from "../support/requests.ts";
import { proveAs } from "../support/prove.ts";
import { SELF, TestBroker, type TestClient, testProof, TOPIC_ID, topicRecords } from "../support/test-broker.ts";

const VERSION = 4;
const ask = (client: TestClient, epoch: number, changes: Parameters<typeof offsetForLeaderEpochRequest>[2] = {}) =>
  client.call("OffsetForLeaderEpoch", VERSION, offsetForLeaderEpochRequest(VERSION, epoch, changes)).topics[0]?.partitions[0];

/** Two records of epoch 0, then epochs 2 and 4, of which only the latter has a record; nobody led in 1 and 3. */
function afterElections(): TestBroker {
  const host = TestBroker.serving();
  const client = host.client();
  const produce = () => client.call("Produce", 9, produceRequest(9));
  produce();
  produce();
  for (const epoch of [1, 2, 3, 4]) host.commit([elected(epoch)]);
  produce();
  return host;
}

const elected = (epoch: number) => ({
  type: "partition-change" as const,
  topicId: TOPIC_ID,
  partition: 0,
  leader: epoch % 2 === 0 ? SELF : nodeId(-1),
  leaderEpoch: leaderEpoch(epoch),
  partitionEpoch: partitionEpoch(epoch),
  isr: [SELF],
  elr: [],
  lastKnownLeader: nodeId(epoch % 2 === 0 ? -1 : SELF),
});

describe("OffsetForLeaderEpoch", () => {
  it("tells where the largest epoch not above the one asked for ends, of this log and not of any other (KIP-279)", () => {
    const client = afterElections().client();
    expect([0, 1, 2, 3, 4].map((epoch) => ask(client, epoch))).toMatchObject([
      { errorCode: 0, leaderEpoch: 0, endOffset: 2 },
      { leaderEpoch: 0, endOffset: 2 },
      { leaderEpoch: 0, endOffset: 2 },
      { leaderEpoch: 0, endOffset: 2 },
      { leaderEpoch: 4, endOffset: 3 },
    ]);
  });

  it("knows nothing of an epoch after the latest, or of none", () => {
    const client = afterElections().client();
    for (const epoch of [5, 1_000, -1]) expect(ask(client, epoch)).toMatchObject({ errorCode: 0, leaderEpoch: -1, endOffset: -1 });
  });

  it("fences whoever believes in an older leader epoch, and asks the others to wait for the newer one", () => {
    const client = afterElections().client();
    expect(ask(client, 0, { currentLeaderEpoch: 4 })).toMatchObject({ errorCode: 0, endOffset: 2 });
    expect(ask(client, 0, { currentLeaderEpoch: 3 })).toMatchObject({ errorCode: ErrorCode.FENCED_LEADER_EPOCH, leaderEpoch: -1, endOffset: -1 });
    expect(ask(client, 0, { currentLeaderEpoch: 5 })).toMatchObject({ errorCode: ErrorCode.UNKNOWN_LEADER_EPOCH });
  });

  it("refuses what calls itself a replica and did not prove it", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[1, 2]] }) });
    expect(ask(host.client(), 0, { replicaId: 2 })).toMatchObject({ errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, endOffset: -1 });
    const proved = proveAs(host.client(), 2, SELF, testProof);
    expect(ask(proved, 0, { replicaId: 2 })).toMatchObject({ errorCode: 0, endOffset: 0 });
    expect(ask(proved, 0, { replicaId: 3 })).toMatchObject({ errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED });
    for (const replicaId of [-1, -2]) expect(ask(host.client(), 0, { replicaId })).toMatchObject({ errorCode: 0 });
  });

  it("answers for partitions that it leads only", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[1], [2], [2, 1]] }) });
    const client = host.client();
    expect(ask(client, 0, { topic: "other" })).toMatchObject({ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
    expect(ask(client, 0, { partition: 7 })).toMatchObject({ partition: 7, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
    for (const partition of [1, 2]) expect(ask(client, 0, { partition })).toMatchObject({ errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER });
  });
});
