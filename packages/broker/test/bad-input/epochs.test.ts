import { ErrorCode, type ErrorName } from "@samsa/protocol";
import { leaderEpoch, uuid } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { proveAs } from "../support/prove.ts";
import { batchOf, type FetchChanges, fetchRequest, listOffsetsRequest, offsetForLeaderEpochRequest, produceRequest } from "../support/requests.ts";
import { epochOf, SELF, TestBroker, type TestClient, testProof, TOPIC_ID, topicRecords } from "../support/test-broker.ts";

const INT32_MAX = 0x7fff_ffff;
const LATEST = -1;
/** Of the partition, when it was asked. */
const LEADER_EPOCH = 3;

/** Led by this broker in epoch 3, with one record. */
function serving(brokers: readonly number[] = [1]): TestBroker {
  const topics = topicRecords({ partitions: [brokers] }).map((record) =>
    record.type === "partition" ? { ...record, leaderEpoch: leaderEpoch(LEADER_EPOCH) } : record,
  );
  const host = TestBroker.serving({ brokers, topics });
  host.client().call("Produce", 9, produceRequest(9, { records: batchOf("a"), acks: 1 }));
  return host;
}

const fetchErrors = (client: TestClient, version: number, changes: FetchChanges): readonly (number | undefined)[] => {
  const answer = client.call("Fetch", version, fetchRequest(version, changes));
  return [answer.errorCode, answer.responses[0]?.partitions[0]?.errorCode];
};

/** Of each API what Apache Kafka 4.3 answers: Fetch takes every negative epoch for none, the other two only −1. */
const LEADER_EPOCHS: readonly (readonly [epoch: number, ofFetch: ErrorName, ofOthers: ErrorName])[] = [
  [-2, "NONE", "FENCED_LEADER_EPOCH"],
  [-1, "NONE", "NONE"],
  [0, "FENCED_LEADER_EPOCH", "FENCED_LEADER_EPOCH"],
  [LEADER_EPOCH - 1, "FENCED_LEADER_EPOCH", "FENCED_LEADER_EPOCH"],
  [LEADER_EPOCH, "NONE", "NONE"],
  [LEADER_EPOCH + 1, "UNKNOWN_LEADER_EPOCH", "UNKNOWN_LEADER_EPOCH"],
  [INT32_MAX, "UNKNOWN_LEADER_EPOCH", "UNKNOWN_LEADER_EPOCH"],
];

describe.each(LEADER_EPOCHS)("Leader epoch %i", (currentLeaderEpoch, ofFetch, ofOthers) => {
  it.each([9, 12, 18])(`of a Fetch gets ${ofFetch} (version %i)`, (version) => {
    expect(fetchErrors(serving().client(), version, { currentLeaderEpoch })).toEqual([0, ErrorCode[ofFetch]]);
  });

  it(`of ListOffsets and OffsetForLeaderEpoch gets ${ofOthers}`, () => {
    const client = serving().client();
    const listed = client.call("ListOffsets", 7, listOffsetsRequest(7, LATEST, { currentLeaderEpoch }));
    expect(listed.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode[ofOthers]);
    const end = client.call("OffsetForLeaderEpoch", 4, offsetForLeaderEpochRequest(4, LEADER_EPOCH, { currentLeaderEpoch }));
    expect(end.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode[ofOthers]);
  });
});

describe("A reader's last epoch", () => {
  it.each([
    ["that has not begun yet is out of range", LEADER_EPOCH + 1, "OFFSET_OUT_OF_RANGE"],
    ["far ahead is out of range", INT32_MAX, "OFFSET_OUT_OF_RANGE"],
    ["of this very leader is sound", LEADER_EPOCH, "NONE"],
    ["below 0 is none", -2, "NONE"],
  ] as const)("%s", (_, lastFetchedEpoch, error) => {
    expect(fetchErrors(serving().client(), 12, { lastFetchedEpoch })).toEqual([0, ErrorCode[error]]);
  });

  it.each([LEADER_EPOCH + 1, INT32_MAX, -1, -2])("%i, asked for its end, has none, and that is no error", (epoch) => {
    const answer = serving().client().call("OffsetForLeaderEpoch", 4, offsetForLeaderEpochRequest(4, epoch));
    expect(answer.topics[0]?.partitions[0]).toMatchObject({ errorCode: 0, leaderEpoch: -1, endOffset: -1 });
  });
});

describe("A fetch offset", () => {
  it.each([-1, -2, 2, 1_000_000, Number.MAX_SAFE_INTEGER])("of %i, where the log has one record, is out of range", (offset) => {
    expect(fetchErrors(serving().client(), 12, { offsets: [[0, offset]] })).toEqual([0, ErrorCode.OFFSET_OUT_OF_RANGE]);
  });
});

describe("A fetch session", () => {
  it.each([
    [0, 1],
    [0, INT32_MAX],
    [0, -2],
    [12_345, 1],
    [12_345, -2],
    [-5, 1],
  ])("that there is not (id %i, epoch %i) is not found", (sessionId, sessionEpoch) => {
    expect(fetchErrors(serving().client(), 12, { sessionId, sessionEpoch })).toEqual([ErrorCode.FETCH_SESSION_ID_NOT_FOUND, undefined]);
  });

  it.each([
    [12_345, 0],
    [12_345, -1],
    [-5, 0],
  ])("that there is not (id %i) is not missed by a fetch of epoch %i, which names all it asks for", (sessionId, sessionEpoch) => {
    expect(fetchErrors(serving().client(), 12, { sessionId, sessionEpoch })).toEqual([0, 0]);
  });

  it.each([2, 3, INT32_MAX, -2])("that goes on with epoch 1 refuses %i, and goes on all the same", (sessionEpoch) => {
    const client = serving().client();
    const { sessionId } = client.call("Fetch", 12, fetchRequest(12, { sessionEpoch: 0 }));
    expect(sessionId).not.toBe(0);
    expect(fetchErrors(client, 12, { sessionId, sessionEpoch })).toEqual([ErrorCode.INVALID_FETCH_SESSION_EPOCH, undefined]);
    expect(fetchErrors(client, 12, { sessionId, sessionEpoch: 1 })[0]).toBe(0);
  });
});

describe("A broker epoch", () => {
  it.each([
    ["the one before its registration", -1],
    ["one of an earlier life", 0],
  ])("of a follower's fetch that is %s proves nothing", (_, replicaEpoch) => {
    const host = serving([1, 2]);
    const follower = proveAs(host.client(), 2, SELF, testProof);
    const stale = { replicaId: 2, replicaEpoch, currentLeaderEpoch: LEADER_EPOCH, offsets: [[0, 1]] as const };
    expect(fetchErrors(follower, 18, stale)).toEqual([0, ErrorCode.NOT_LEADER_OR_FOLLOWER]);
    expect(host.broker.replicas.get(uuid(TOPIC_ID), 0)?.replica.highWatermark).toBe(0);
    expect(fetchErrors(follower, 18, { ...stale, replicaEpoch: epochOf(2) })).toEqual([0, 0]);
    expect(host.broker.replicas.get(uuid(TOPIC_ID), 0)?.replica.highWatermark).toBe(1);
  });
});

describe("A cluster id", () => {
  it.each(["wrong", "", "x".repeat(32_767)])("of a Fetch that is not ours is nobody's business, as with Kafka's brokers: it is the quorum's", (clusterId) => {
    const client = serving().client();
    const answer = client.call("Fetch", 12, { ...fetchRequest(12), clusterId });
    expect([answer.errorCode, answer.responses[0]?.partitions[0]?.errorCode]).toEqual([0, 0]);
  });
});
