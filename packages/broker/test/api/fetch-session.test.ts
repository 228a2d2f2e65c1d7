import { ErrorCode, type FetchResponse } from "@samsa/protocol";
import { leaderEpoch, nodeId, partitionEpoch, uuid } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { proveAs } from "../support/prove.ts";
import { batchOf, type FetchChanges, fetchRequest, produceRequest } from "../support/requests.ts";
import { epochOf, SELF, TestBroker, type TestClient, testProof, TOPIC, TOPIC_ID, topicRecords } from "../support/test-broker.ts";

const partitionsOf = (response: unknown) => (response as FetchResponse).responses.flatMap(({ partitions }) => partitions);
/** Of each partition in the answer: index and whether it has records. */
const shortOf = (response: unknown) => partitionsOf(response).map(({ partitionIndex, records }) => [partitionIndex, (records?.length ?? 0) > 0]);

const of = (replicas: readonly number[], count: number) => topicRecords({ partitions: Array.from({ length: count }, () => replicas) });
const changed = (partition: number, epoch: number, leader: number, isr: readonly number[]) =>
  ({
    type: "partition-change",
    topicId: TOPIC_ID,
    partition,
    leader: nodeId(leader),
    leaderEpoch: leaderEpoch(epoch),
    partitionEpoch: partitionEpoch(epoch),
    isr: isr.map(nodeId),
    elr: [],
    lastKnownLeader: nodeId(-1),
  }) as const;
const all = (count: number): [number, number][] => Array.from({ length: count }, (_, partition) => [partition, 0]);

/** A client with a session over this broker's partitions. */
class Session {
  readonly client: TestClient;
  readonly version: number;
  readonly first: FetchResponse;
  id: number;
  epoch = 1;
  private readonly always: FetchChanges;

  constructor(client: TestClient, version: number, first: FetchChanges, always: FetchChanges = {}) {
    this.client = client;
    this.version = version;
    this.always = always;
    this.first = client.call("Fetch", version, fetchRequest(version, { ...always, sessionEpoch: 0, ...first })) as FetchResponse;
    this.id = this.first.sessionId;
  }

  request(changes: FetchChanges = {}) {
    return fetchRequest(this.version, { ...this.always, sessionId: this.id, sessionEpoch: this.epoch++, offsets: [], ...changes });
  }

  next(changes: FetchChanges = {}): FetchResponse {
    return this.client.call("Fetch", this.version, this.request(changes)) as FetchResponse;
  }

  ask(changes: FetchChanges = {}): void {
    this.client.ask("Fetch", this.version, this.request(changes));
  }
}

describe("A fetch session (KIP-227)", () => {
  const produce = (host: TestBroker, partition: number, ...values: string[]) =>
    host.client().call("Produce", 9, produceRequest(9, { partition, records: batchOf(...values) }));

  it.each([7, 12, 13, 18])("version %i: begins with everything, and then tells only what has changed", (version) => {
    const host = TestBroker.serving({ topics: of([1], 3) });
    const session = new Session(host.client(), version, { offsets: all(3) });
    expect(session.id).toBeGreaterThan(0);
    expect(shortOf(session.first)).toEqual([
      [0, false],
      [1, false],
      [2, false],
    ]);
    expect(session.next()).toMatchObject({ errorCode: 0, sessionId: session.id, responses: [] });
    produce(host, 1, "a");
    expect(shortOf(session.next())).toEqual([[1, true]]);
    expect(shortOf(session.next({ offsets: [[1, 1]] }))).toEqual([]);
  });

  it("gives records again as long as the fetcher does not ask for what comes behind them", () => {
    const host = TestBroker.serving();
    const session = new Session(host.client(), 12, {});
    produce(host, 0, "a");
    expect([shortOf(session.next()), shortOf(session.next())]).toEqual([[[0, true]], [[0, true]]]);
  });

  it("puts partitions that were served behind those that were not", () => {
    const host = TestBroker.serving({ topics: of([1], 3) });
    for (const partition of [0, 1, 2]) produce(host, partition, "a");
    const session = new Session(host.client(), 12, { offsets: all(3), maxBytes: 1 }, { maxBytes: 1 });
    expect(shortOf(session.first)).toEqual([
      [0, true],
      [1, false],
      [2, false],
    ]);
    expect([shortOf(session.next()), shortOf(session.next()), shortOf(session.next())]).toEqual([[[1, true]], [[2, true]], [[0, true]]]);
  });

  it("forgets what the fetcher names, and ends when nothing is left", () => {
    const host = TestBroker.serving({ topics: of([1], 2) });
    const session = new Session(host.client(), 13, { offsets: all(2) });
    for (const partition of [0, 1]) produce(host, partition, "a");
    expect(shortOf(session.next({ forgotten: [0] }))).toEqual([[1, true]]);
    expect(session.next({ forgotten: [1], maxWaitMs: 500 })).toMatchObject({ errorCode: 0, sessionId: 0, responses: [] });
    expect(session.next()).toMatchObject({ errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND });
    expect([host.broker.fetchSessions.size, host.broker.fetchSessions.partitions, host.broker.fetchPurgatory.watchedPartitions]).toEqual([0, 0, 0]);
  });

  it("takes partitions in that join it", () => {
    const host = TestBroker.serving({ topics: of([1], 2) });
    const session = new Session(host.client(), 13, {});
    expect(shortOf(session.next({ offsets: [[1, 0]] }))).toEqual([[1, false]]);
    produce(host, 1, "a");
    expect(shortOf(session.next())).toEqual([[1, true]]);
  });

  it("is not found under another id, has one epoch at a time, and either names or ids", () => {
    const host = TestBroker.serving();
    const session = new Session(host.client(), 12, {});
    const call = (version: number, sessionId: number, sessionEpoch: number) =>
      session.client.call("Fetch", version, fetchRequest(version, { sessionId, sessionEpoch, offsets: [] })).errorCode;
    expect(call(12, session.id + 1, 1)).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
    expect(call(12, session.id, 2)).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH);
    expect(call(13, session.id, 1)).toBe(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR);
    expect(call(12, session.id, 1)).toBe(0);
    expect(call(12, session.id, 1)).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH);
    const byId = new Session(host.client(), 13, {});
    expect(byId.client.call("Fetch", 12, fetchRequest(12, { sessionId: byId.id, sessionEpoch: 1, offsets: [] })).errorCode).toBe(
      ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
    );
  });

  it.each([0, -1])("gives its place back to a fetch that names it with epoch %i", (sessionEpoch) => {
    const host = TestBroker.serving();
    const session = new Session(host.client(), 12, {});
    const answer = session.client.call("Fetch", 12, fetchRequest(12, { sessionId: session.id, sessionEpoch }));
    expect(answer.sessionId === 0).toBe(sessionEpoch === -1);
    expect(answer.sessionId).not.toBe(session.id);
    expect(host.broker.fetchSessions.size).toBe(sessionEpoch === -1 ? 0 : 1);
  });

  it("is not begun without a place for it: every fetch then names everything", () => {
    const host = TestBroker.serving({ config: { maxIncrementalFetchSessionCacheSlots: 1 } });
    const [first, second] = [new Session(host.client(), 12, {}), new Session(host.client(), 12, {})];
    expect([first.id > 0, second.id]).toEqual([true, 0]);
    expect(host.broker.fetchPurgatory.watchedPartitions).toBe(1);
  });

  it("tells an error with every answer, and of the partition again when the error has gone", () => {
    const host = TestBroker.serving({ topics: of([1], 1) });
    const session = new Session(host.client(), 12, { offsets: all(2) });
    const codes = () => partitionsOf(session.next()).map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode]);
    expect([codes(), codes()]).toEqual([[[1, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]], [[1, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]]]);
    const [, partition] = of([1], 2).filter(({ type }) => type === "partition");
    if (partition !== undefined) host.commit([partition]);
    expect([codes(), codes()]).toEqual([[[1, 0]], []]);
  });

  it("finds a topic that was deleted and made again under its name, by name but not by id", () => {
    const host = TestBroker.serving();
    const [byName, byId] = [new Session(host.client(), 12, {}), new Session(host.client(), 13, {})];
    host.commit([{ type: "remove-topic", topicId: TOPIC_ID }]);
    expect(partitionsOf(byName.next())).toMatchObject([{ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }]);
    host.commit(topicRecords({ name: TOPIC, id: "AAAAAAAAAAAAAAAAAAAACg" }));
    produce(host, 0, "a");
    expect(shortOf(byName.next())).toEqual([[0, true]]);
    expect(partitionsOf(byId.next())).toMatchObject([{ errorCode: ErrorCode.UNKNOWN_TOPIC_ID }]);
  });

  it("is fenced by the leader epoch of each partition in every later fetch (KAFKA-9338, P06)", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: of([1, 2], 2) });
    const session = new Session(host.client(), 12, { offsets: all(2), currentLeaderEpoch: 0 });
    for (const [epoch, leader] of [2, 1].entries()) host.commit([changed(1, epoch + 1, leader, [1, 2])]);
    expect(partitionsOf(session.next())).toMatchObject([{ partitionIndex: 1, errorCode: ErrorCode.FENCED_LEADER_EPOCH }]);
  });

  it("looks at everything anew for another isolation level", () => {
    const host = TestBroker.serving();
    const session = new Session(host.client(), 12, {});
    produce(host, 0, "a");
    session.next();
    expect(shortOf(session.next({ isolationLevel: 1 }))).toEqual([[0, true]]);
  });

  describe("that waits", () => {
    it("is answered with the one partition that something was written to", () => {
      const host = TestBroker.serving({ topics: of([1], 3) });
      const session = new Session(host.client(), 12, { offsets: all(3) });
      session.ask({ maxWaitMs: 500 });
      expect(session.client.answers).toHaveLength(1);
      produce(host, 2, "a");
      expect(shortOf(session.client.answers.at(-1))).toEqual([[2, true]]);
    });

    it("is answered with nothing when its time is up, and then goes on", () => {
      const host = TestBroker.serving({ topics: of([1], 3) });
      const session = new Session(host.client(), 12, { offsets: all(3) });
      session.ask({ maxWaitMs: 500 });
      host.pass(500);
      expect(session.client.answers.at(-1)).toMatchObject({ errorCode: 0, sessionId: session.id, responses: [] });
      produce(host, 2, "a");
      expect(shortOf(session.next())).toEqual([[2, true]]);
    });

    it("is told that another fetch of the session has come before its answer", () => {
      const host = TestBroker.serving();
      const session = new Session(host.client(), 12, {});
      session.ask({ maxWaitMs: 500 });
      const other = host.client();
      expect(other.call("Fetch", 12, session.request())).toMatchObject({ errorCode: 0, sessionId: session.id });
      expect(session.client.answers.at(-1)).toMatchObject({ errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH });
      expect(host.broker.fetchPurgatory.size).toBe(0);
    });

    it("is answered when its session has to go", () => {
      const host = TestBroker.serving();
      const session = new Session(host.client(), 12, {});
      session.ask({ maxWaitMs: 500 });
      host.client().call("Fetch", 12, fetchRequest(12, { sessionId: session.id, sessionEpoch: -1 }));
      expect(session.client.answers.at(-1)).toMatchObject({ errorCode: 0, responses: [] });
      expect([host.broker.fetchPurgatory.size, host.broker.fetchPurgatory.watchedPartitions]).toEqual([0, 0]);
    });

    it("goes on without the client that has gone", () => {
      const host = TestBroker.serving();
      const session = new Session(host.client(), 12, {});
      session.ask({ maxWaitMs: 500 });
      session.client.close();
      produce(host, 0, "a");
      expect(shortOf(host.client().call("Fetch", 12, session.request()))).toEqual([[0, true]]);
    });
  });

  describe("of a follower", () => {
    const follower = (host: TestBroker, id: number, partitions: number, first: FetchChanges = {}) => {
      const always = { replicaId: id, replicaEpoch: epochOf(id) };
      return new Session(proveAs(host.client(), id, SELF, testProof), 18, { offsets: all(partitions), currentLeaderEpoch: 0, ...first }, always);
    };
    const replicaOf = (host: TestBroker, partition = 0) => host.broker.replicas.get(uuid(TOPIC_ID), partition)?.replica;

    it("is given what is appended, and proves what it has in the fetch that names the partition again", () => {
      const host = TestBroker.serving({ brokers: [1, 2], topics: of([1, 2], 2) });
      const session = follower(host, 2, 2);
      const writer = host.client();
      session.ask({ maxWaitMs: 500 });
      writer.ask("Produce", 9, produceRequest(9, { partition: 1 }));
      expect(shortOf(session.client.answers.at(-1))).toEqual([[1, true]]);
      session.ask({ maxWaitMs: 500, currentLeaderEpoch: 0, offsets: [[1, 1]] });
      expect(replicaOf(host, 1)?.highWatermark).toBe(1);
      expect(writer.answers).toHaveLength(1);
    });

    it("is told of a high watermark that moved, with its next answer", () => {
      const host = TestBroker.serving({ brokers: [1, 2], topics: of([1, 2], 1) });
      const session = follower(host, 2, 1);
      host.client().ask("Produce", 9, produceRequest(9));
      session.next();
      const told = session.next({ currentLeaderEpoch: 0, offsets: [[0, 1]] });
      expect(partitionsOf(told)).toMatchObject([{ partitionIndex: 0, highWatermark: 1, records: new Uint8Array(0) }]);
      expect(session.next().responses).toEqual([]);
    });

    it("is told of one that another follower has moved, though nothing else happened to the partition", () => {
      const host = TestBroker.serving({ brokers: [1, 2, 3], topics: of([1, 2, 3], 1) });
      const [session, other] = [follower(host, 2, 1), follower(host, 3, 1)];
      host.client().ask("Produce", 9, produceRequest(9));
      expect(shortOf(session.next())).toEqual([[0, true]]);
      expect(shortOf(session.next({ currentLeaderEpoch: 0, offsets: [[0, 1]] }))).toEqual([[0, false]]);
      expect(session.next().responses).toEqual([]);
      other.next({ currentLeaderEpoch: 0, offsets: [[0, 1]] });
      expect(partitionsOf(session.next())).toMatchObject([{ partitionIndex: 0, highWatermark: 1 }]);
    });

    it("is told all of a partition again that it asks for anew, for it may have cut its log and forgotten what it was told", () => {
      const host = TestBroker.serving({ brokers: [1, 2], topics: of([1, 2], 1) });
      const session = follower(host, 2, 1);
      host.client().ask("Produce", 9, produceRequest(9));
      session.next();
      const again = { currentLeaderEpoch: 0, offsets: [[0, 1]] } as const;
      const told = { partitionIndex: 0, highWatermark: 1, logStartOffset: 0 };
      expect(partitionsOf(session.next(again))).toMatchObject([told]);
      expect(partitionsOf(session.next(again))).toMatchObject([told]);
      expect(session.next().responses).toEqual([]);
    });

    it("is not a client's to go on with, nor another follower's or incarnation's", () => {
      const host = TestBroker.serving({ brokers: [1, 2, 3], topics: of([1, 2, 3], 1) });
      const session = follower(host, 2, 1);
      const fetch = (client: TestClient, changes: FetchChanges) =>
        client.call("Fetch", 18, fetchRequest(18, { sessionId: session.id, sessionEpoch: 1, offsets: [], ...changes })).errorCode;
      expect(fetch(host.client(), {})).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
      expect(fetch(proveAs(host.client(), 3, SELF, testProof), { replicaId: 3, replicaEpoch: epochOf(3) })).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
      expect(fetch(session.client, { replicaId: 2, replicaEpoch: epochOf(2) + 1 })).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
      // Neither can they end it.
      fetch(host.client(), { sessionEpoch: -1 });
      expect(session.next().errorCode).toBe(0);
    });

    it("keeps it in the ISR over an hour in which nothing is written, and its lag begins with the first record after", () => {
      const host = TestBroker.serving({ brokers: [1, 2], topics: of([1, 2], 1) });
      const session = follower(host, 2, 1);
      for (let i = 0; i < 8; i++) {
        host.pass(450_000);
        session.next();
      }
      host.pass(400);
      host.client().ask("Produce", 9, produceRequest(9));
      host.pass(9_000);
      expect(host.asked).toEqual([]);
      host.pass(1_000);
      expect(host.asked.map(({ request }) => request.type)).toEqual(["alter-partition"]);
    });

    it("lags from the last fetch on that it made, if it made none for long", () => {
      const host = TestBroker.serving({ brokers: [1, 2], topics: of([1, 2], 1) });
      follower(host, 2, 1);
      host.pass(60_000);
      host.client().ask("Produce", 9, produceRequest(9));
      host.pass(1);
      expect(host.asked.map(({ request }) => request.type)).toEqual(["alter-partition"]);
    });

    it("lets it join the ISR by a fetch that says nothing new, as soon as it may", () => {
      const host = TestBroker.serving({ brokers: [1, 2], topics: of([1, 2], 1) });
      host.commit([{ ...changed(0, 1, SELF, [1]), leaderEpoch: leaderEpoch(0) }]);
      host.commit([{ type: "fence-broker", brokerId: nodeId(2), brokerEpoch: epochOf(2) }]);
      const session = follower(host, 2, 1);
      session.next();
      expect(host.asked).toEqual([]);
      host.commit([{ type: "unfence-broker", brokerId: nodeId(2), brokerEpoch: epochOf(2) }]);
      session.next();
      expect(host.asked.map(({ request }) => request.type)).toEqual(["alter-partition"]);
    });
  });
});
