import { ErrorCode, type FetchRequest } from "@samsa/protocol";
import { encodeBatch } from "@samsa/protocol/records";
import { decodeUtf8, encodeUtf8, leaderEpoch, nodeId, partitionEpoch } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { produceRequest } from "../support/requests.ts";
import { epochOf, TestBroker, topicRecords, TOPIC_ID } from "../support/test-broker.ts";
import { TestLeader } from "../support/test-leader.ts";

const LEADER = nodeId(2);
const batchAt = (baseOffset: number, value = "a", epoch = 0) =>
  encodeBatch({ records: [{ key: null, value: encodeUtf8(value), timestamp: 1 }], baseOffset, partitionLeaderEpoch: epoch });
const asked = (fetch: FetchRequest | undefined) =>
  fetch?.topics.flatMap(({ partitions }) => partitions.map(({ partition, fetchOffset }) => [partition, fetchOffset])) ?? [];
const follows = (partition: number, leader: number, epoch: number, replicas = [2, 1, 3]) =>
  ({
    type: "partition-change",
    topicId: TOPIC_ID,
    partition,
    leader: nodeId(leader),
    leaderEpoch: leaderEpoch(epoch),
    partitionEpoch: partitionEpoch(epoch),
    isr: replicas.map(nodeId),
    elr: [],
    lastKnownLeader: nodeId(-1),
  }) as const;

function following(partitions: number, config = {}) {
  const host = TestBroker.serving({ config, brokers: [1, 2, 3], topics: topicRecords({ partitions: Array.from({ length: partitions }, () => [2, 1, 3]) }) });
  host.pass(0);
  return { host, leader: new TestLeader(host, LEADER).prove() };
}

/** Broker 3 has won an unclean election, and says that its log went another way from `offset` on. */
function partedAt(host: TestBroker, offset: number): TestLeader {
  host.commit([follows(0, 3, 1)]);
  host.pass(0);
  const next = new TestLeader(host, nodeId(3)).prove();
  next.answer(() => ({ divergingEpoch: { epoch: 0, endOffset: offset } }));
  return next;
}

describe("A follower", () => {
  it("proves itself, and fetches all partitions in one request, as its incarnation and epoch", () => {
    const { leader } = following(3);
    expect(leader.fetches.map(asked)).toEqual([
      [
        [0, 0],
        [1, 0],
        [2, 0],
      ],
    ]);
    expect(leader.fetches[0]).toMatchObject({
      replicaState: { replicaId: 1, replicaEpoch: epochOf(1) },
      maxWaitMs: 500,
      minBytes: 1,
      sessionId: 0,
      sessionEpoch: 0,
    });
    expect(leader.fetches[0]?.topics[0]?.partitions[0]).toMatchObject({ currentLeaderEpoch: 0, lastFetchedEpoch: -1 });
  });

  it("whose log begins anew before its start fetches once it is written down: the next start would hide what comes there", () => {
    const { host, leader } = following(1, { logFlushStartOffsetCheckpointIntervalMs: 1000 });
    leader.answer(() => ({ records: [batchAt(0), batchAt(1), batchAt(2)], highWatermark: 3, logStartOffset: 2 }));
    host.pass(1000);
    const checkpoint = (): string => decodeUtf8(host.disk.files.get("log-start-offset-checkpoint") ?? new Uint8Array(0));
    expect(checkpoint()).toBe("0\n1\norders 0 2\n");
    const next = partedAt(host, 1);
    expect(next.fetches).toEqual([]);
    host.pass(0);
    expect(checkpoint()).toBe("0\n0\n");
    expect(new TestLeader(host, nodeId(3)).prove().fetches.map(asked)).toEqual([[[0, 1]]]);
  });

  it("that fell takes no other role until it is written down", () => {
    const { host, leader } = following(1);
    leader.answer(() => ({ records: [batchAt(0), batchAt(1), batchAt(2)], highWatermark: 3 }));
    host.pass(5_000);
    partedAt(host, 1);
    host.commit([follows(0, 1, 2)]);
    const roles = (): unknown[] => [...host.broker.replicas.all()].map(({ replica }) => [replica.role, replica.highWatermark]);
    expect(roles()).toEqual([["follower", 1]]);
    host.pass(0);
    expect(roles()).toEqual([["leader", 1]]);
  });

  it("has one fetch in flight, and asks for what comes next when it has written what came", () => {
    const { host, leader } = following(1);
    host.disk.isHeld = true;
    leader.answer(() => ({ records: [batchAt(0)], highWatermark: 0 }));
    expect(leader.fetches).toEqual([]);
    host.releaseDisk();
    expect(leader.read().fetches.map(asked)).toEqual([[[0, 1]]]);
    expect(leader.fetches[0]?.topics[0]?.partitions[0]).toMatchObject({ lastFetchedEpoch: 0 });
  });

  it("learns the leader's high watermark, as far as its own log goes", () => {
    const { host, leader } = following(1);
    leader.answer(() => ({ records: [batchAt(0)], highWatermark: 5 }));
    const [hosted] = [...host.broker.replicas.all()];
    expect(hosted?.replica.highWatermark).toBe(1);
  });

  it("asks at once for a partition that joins while a fetch is parked, and then for all together", () => {
    const { host, leader } = following(2);
    host.commit([follows(1, 3, 1)]);
    host.commit([follows(1, 2, 2)]);
    expect(leader.read().fetches.map(asked)).toEqual([
      [
        [0, 0],
        [1, 0],
      ],
      [[1, 0]],
    ]);
    expect(leader.fetches[1]?.maxWaitMs).toBe(0);
    leader.answer();
    leader.answer();
    expect(leader.fetches.map(asked)).toEqual([
      [
        [0, 0],
        [1, 0],
      ],
    ]);
  });

  it("leaves a partition with an error alone for replica.fetch.backoff.ms, and then does not wait for a fetch that is parked", () => {
    const { host, leader } = following(2);
    leader.answer((_, partition) => (partition === 1 ? { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER } : {}));
    expect(leader.fetches.map(asked)).toEqual([[[0, 0]]]);
    host.pass(99);
    expect(leader.read().fetches).toHaveLength(1);
    host.pass(1);
    expect(leader.read().fetches.map(asked)).toEqual([[[0, 0]], [[1, 0]]]);
    expect(leader.fetches[1]?.maxWaitMs).toBe(0);
  });

  it("leaves all alone for that time when the whole fetch is refused", () => {
    const { host, leader } = following(2);
    leader.answer(undefined, ErrorCode.UNKNOWN_SERVER_ERROR);
    expect(leader.fetches).toEqual([]);
    host.pass(100);
    expect(leader.read().fetches.map(asked)).toEqual([
      [
        [0, 0],
        [1, 0],
      ],
    ]);
  });

  it("lets partitions that were served stand behind those that may not have been, for an answer has a bound", () => {
    const { leader } = following(4);
    leader.answer((_, partition) => (partition < 2 ? { records: [batchAt(0)] } : {}));
    expect(asked(leader.fetches[0])).toEqual([
      [2, 0],
      [3, 0],
      [0, 1],
      [1, 1],
    ]);
    leader.answer((_, partition) => (partition === 2 ? { records: [batchAt(0)] } : {}));
    expect(asked(leader.fetches[0])).toEqual([
      [3, 0],
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
  });

  it("keeps that order over the borders of topics", () => {
    const other = "AAAAAAAAAAAAAAAAAAAACg";
    const topics = [
      ...topicRecords({
        partitions: [
          [2, 1],
          [2, 1],
        ],
      }),
      ...topicRecords({ name: "other", id: other, partitions: [[2, 1]] }),
    ];
    const host = TestBroker.serving({ brokers: [1, 2], topics });
    host.pass(0);
    const leader = new TestLeader(host, LEADER).prove();
    const inOrder = () => leader.fetches[0]?.topics.flatMap(({ topicId, partitions }) => partitions.map(({ partition }) => `${topicId}:${partition}`)) ?? [];
    const [first, ...others] = inOrder();
    leader.answer((topicId, partition) => (`${topicId}:${partition}` === first ? { records: [batchAt(0)] } : {}));
    expect(inOrder()).toEqual([...others, first]);
    // Two neighbours of one topic are one entry; with another between them they are two.
    leader.answer((topicId, partition) => (topicId === other || `${topicId}:${partition}` === first ? {} : { records: [batchAt(0)] }));
    expect(inOrder()).toHaveLength(3);
  });

  it("truncates where the leader says that they part, and asks again from there", () => {
    const { host, leader } = following(1);
    leader.answer(() => ({ records: [batchAt(0)] }));
    leader.answer(() => ({ records: [batchAt(1)] }));
    host.commit([follows(0, 2, 0), follows(0, 3, 1), follows(0, 2, 2)].slice(1));
    leader.read().answer();
    leader.answer(() => ({ divergingEpoch: { epoch: 0, endOffset: 1 } }));
    expect(asked(leader.fetches[0])).toEqual([[0, 1]]);
  });

  it("does not take what came for an earlier epoch or another leader", () => {
    const { host, leader } = following(1);
    host.commit([follows(0, 3, 1)]);
    leader.answer(() => ({ records: [batchAt(0)], highWatermark: 1 }));
    const [hosted] = [...host.broker.replicas.all()];
    expect(hosted?.log.appendedEnd).toBe(0);
  });

  it("dials again when the connection breaks, and asks from where it stands", () => {
    const { host, leader } = following(1);
    leader.answer(() => ({ records: [batchAt(0)] }));
    leader.close();
    host.pass(200);
    expect(new TestLeader(host, LEADER).prove().fetches.map(asked)).toEqual([[[0, 1]]]);
  });

  it("gives a leader up that does not answer in its longest wait and 10 s more, whatever that wait is", () => {
    const { host, leader } = following(1, { replicaFetchWaitMaxMs: 30_000 });
    host.pass(39_999);
    expect(host.closed).toEqual([]);
    host.pass(1);
    expect(host.closed).toEqual([leader.connection]);
  });

  it.each([
    ["a frame of no end", Uint8Array.of(0x7f, 0xff, 0xff, 0xff)],
    ["an answer to nothing", Uint8Array.of(0, 0, 0, 5, 0x11, 0x22, 0x33, 0x44, 0)],
    ["half an answer", Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 4)],
  ])("is not taken in by %s from its leader: it dials again", (_, bytes) => {
    const { host, leader } = following(1);
    leader.send(bytes);
    expect(host.traces.filter(({ kind }) => kind === "connection-closed")).toHaveLength(1);
    leader.close();
    host.pass(200);
    expect(new TestLeader(host, LEADER).prove().fetches).toHaveLength(1);
  });

  it("asks nothing of a leader that does not prove itself", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[2, 1]] }) });
    host.pass(0);
    const thief = new TestLeader(host, LEADER, () => encodeUtf8("no idea")).prove();
    expect(thief.fetches).toEqual([]);
    expect(host.traces).toContainEqual(expect.objectContaining({ kind: "connection-closed", because: "it does not know the cluster's secret" }));
  });

  it("shares the partitions of one leader out among num.replica.fetchers connections", () => {
    const host = TestBroker.serving({
      config: { numReplicaFetchers: 2 },
      brokers: [1, 2, 3],
      topics: topicRecords({ partitions: Array.from({ length: 4 }, () => [2, 1, 3]) }),
    });
    host.pass(0);
    const leaders = [new TestLeader(host, LEADER).prove(), new TestLeader(host, LEADER).prove()];
    const shares = leaders.map(({ fetches }) => fetches.map(asked));
    expect(shares).toEqual([
      [
        [
          [0, 0],
          [2, 0],
        ],
      ],
      [
        [
          [1, 0],
          [3, 0],
        ],
      ],
    ]);
  });

  it("closes the connection when it follows nothing there any more", () => {
    const { host, leader } = following(2);
    host.commit([follows(0, 1, 1)]);
    expect(host.closed).toEqual([]);
    host.commit([follows(1, 3, 1)]);
    expect(host.closed).toEqual([leader.connection]);
  });
});

describe("A follower's fetch session (KIP-227)", () => {
  const SESSION = 77;
  const inSession = (partitions: number) => {
    const { host, leader } = following(partitions);
    leader.answer(undefined, 0, SESSION);
    return { host, leader };
  };
  const sessionOf = (fetch: FetchRequest | undefined) => [fetch?.sessionId, fetch?.sessionEpoch];
  const forgotten = (fetch: FetchRequest | undefined) => fetch?.forgottenTopicsData.flatMap(({ partitions }) => partitions) ?? [];
  const all = [
    [0, 0],
    [1, 0],
    [2, 0],
  ];

  it("begins with all partitions, and then names only those whose position has moved", () => {
    const { host, leader } = following(3);
    expect([sessionOf(leader.fetches[0]), asked(leader.fetches[0])]).toEqual([[0, 0], all]);
    leader.answer(undefined, 0, SESSION);
    expect([sessionOf(leader.fetches[0]), asked(leader.fetches[0])]).toEqual([[SESSION, 1], []]);
    leader.answerIncrementally(SESSION, { 1: { records: [batchAt(0)], highWatermark: 0 } });
    expect([sessionOf(leader.fetches[0]), asked(leader.fetches[0])]).toEqual([[SESSION, 2], [[1, 1]]]);
    // A high watermark moves no position.
    leader.answerIncrementally(SESSION, { 1: { highWatermark: 1 } });
    expect([sessionOf(leader.fetches[0]), asked(leader.fetches[0])]).toEqual([[SESSION, 3], []]);
    expect([...host.broker.replicas.all()].map(({ replica }) => replica.highWatermark)).toEqual([0, 1, 0]);
  });

  it.each([true, false])("names a partition that it led until now when what it wrote as its leader is on disk (in a session: %s)", (isIncremental) => {
    const topics = topicRecords({
      partitions: [
        [2, 1],
        [1, 2],
      ],
    });
    const host = TestBroker.serving({ brokers: [1, 2, 3], topics });
    host.pass(0);
    const leader = new TestLeader(host, LEADER).prove();
    leader.answer(undefined, 0, isIncremental ? SESSION : 0);
    host.disk.isHeld = true;
    host.client().ask("Produce", 9, produceRequest(9, { partition: 1 }));
    host.commit([follows(1, 2, 1, [1, 2])]);
    if (isIncremental) leader.read().answerIncrementally(SESSION);
    else leader.read().answer();
    expect(leader.fetches).toEqual([]);
    host.releaseDisk();
    expect(leader.read().fetches.map(asked)).toEqual([
      isIncremental
        ? [[1, 1]]
        : [
            [0, 0],
            [1, 1],
          ],
    ]);
  });

  it("takes a partition out while it rests after an error, and in again", () => {
    const { host, leader } = inSession(3);
    leader.answerIncrementally(SESSION, { 1: { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER } });
    expect([asked(leader.fetches[0]), forgotten(leader.fetches[0])]).toEqual([[], [1]]);
    host.pass(100);
    // By a fetch of its own, that does not wait; then with the others.
    expect(sessionOf(leader.read().fetches[1])).toEqual([0, -1]);
    expect(asked(leader.fetches[1])).toEqual([[1, 0]]);
    leader.answerIncrementally(SESSION);
    leader.answer();
    expect([asked(leader.fetches[0]), forgotten(leader.fetches[0])]).toEqual([[[1, 0]], []]);
  });

  it("takes a partition in again that had rested enough while another one's write held the next fetch back", () => {
    const { host, leader } = inSession(2);
    leader.answerIncrementally(SESSION, { 1: { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER } });
    host.disk.isHeld = true;
    leader.answerIncrementally(SESSION, { 0: { records: [batchAt(0)] } });
    host.pass(100);
    expect(leader.read().fetches).toEqual([]);
    host.releaseDisk();
    expect(asked(leader.read().fetches[0])).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it("lets a partition rest that a full answer leaves out, and asks for it again", () => {
    const { host, leader } = following(2);
    leader.answerIncrementally(SESSION, { 0: {} });
    expect([asked(leader.fetches[0]), forgotten(leader.fetches[0])]).toEqual([[], [1]]);
    host.pass(100);
    expect(leader.read().fetches.map(asked)).toEqual([[], [[1, 0]]]);
  });

  it("asks at once for a partition that rests when the metadata say something new of it", () => {
    const { host, leader } = inSession(2);
    leader.answerIncrementally(SESSION, { 1: { errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER } });
    host.commit([{ ...follows(1, 2, 1), leaderEpoch: leaderEpoch(0) }]);
    expect(leader.read().fetches.map(asked)).toEqual([[], [[1, 0]]]);
  });

  it("forgets a partition that follows another leader", () => {
    const { host, leader } = inSession(3);
    host.commit([follows(2, 3, 1)]);
    leader.read().answerIncrementally(SESSION);
    expect([asked(leader.fetches[0]), forgotten(leader.fetches[0])]).toEqual([[], [2]]);
  });

  it("does not ask anew for a partition of which only the ISR has changed", () => {
    const { host, leader } = inSession(3);
    host.commit([{ ...follows(1, 2, 1), leaderEpoch: leaderEpoch(0), isr: [nodeId(2)] }]);
    expect(leader.read().fetches).toHaveLength(1);
    leader.answerIncrementally(SESSION);
    expect(asked(leader.fetches[0])).toEqual([]);
  });

  it("tells a leader that leads again its new epoch, which fences the fetch before (P06)", () => {
    const { host, leader } = inSession(3);
    // In one delta, as from a snapshot: it never followed anybody else.
    host.commit([follows(1, 3, 1), follows(1, 2, 2)]);
    leader.read().answerIncrementally(SESSION);
    leader.answer();
    expect(asked(leader.fetches[0])).toEqual([[1, 0]]);
    expect(leader.fetches[0]?.topics[0]?.partitions[0]?.currentLeaderEpoch).toBe(2);
  });

  it.each(["FETCH_SESSION_ID_NOT_FOUND", "INVALID_FETCH_SESSION_EPOCH", "FETCH_SESSION_TOPIC_ID_ERROR"] as const)(
    "begins anew after %s, in place of the old one",
    (error) => {
      const { leader } = inSession(3);
      leader.answer(undefined, ErrorCode[error]);
      expect([sessionOf(leader.fetches[0]), asked(leader.fetches[0])]).toEqual([[SESSION, 0], all]);
    },
  );

  it("rests where a full fetch gets such an error, lest it ask for ever without a pause", () => {
    const { host, leader } = following(3);
    leader.answer(undefined, ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
    expect(leader.fetches).toEqual([]);
    host.pass(100);
    expect(asked(leader.read().fetches[0])).toEqual(all);
  });

  it("begins anew on a new connection", () => {
    const { host, leader } = inSession(3);
    leader.close();
    host.pass(200);
    const again = new TestLeader(host, LEADER).prove();
    expect([sessionOf(again.fetches[0]), asked(again.fetches[0])]).toEqual([[SESSION, 0], all]);
  });

  it("names everything in each fetch where the leader keeps no session", () => {
    const { leader } = following(3);
    leader.answer();
    expect([sessionOf(leader.fetches[0]), asked(leader.fetches[0])]).toEqual([[0, 0], all]);
  });
});
