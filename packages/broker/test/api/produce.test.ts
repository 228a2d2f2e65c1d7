import { ErrorCode, type ProduceResponse } from "@samsa/protocol";
import { ATTRIBUTES_AT, BATCH_LENGTH_AT, BATCH_OVERHEAD as RECORDS_AT, CRC_AT, crc32c, encodeBatch, LOG_OVERHEAD, writeInt32 } from "@samsa/protocol/records";
import { encodeUtf8, leaderEpoch, nodeId, partitionEpoch, uuid } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { batchOf, fetchRequest, type ProduceChanges, produceRequest } from "../support/requests.ts";
import { epochOf, SELF, TestBroker, type TestClient, TOPIC_ID, topicRecords, testProof } from "../support/test-broker.ts";
import { proveAs } from "../support/prove.ts";

const VERSION = 9;
/** In the attributes of a batch. */
const SNAPPY = 2;
const partitionOf = (response: ProduceResponse) => response.responses[0]?.partitionResponses[0];
const errorOf = (client: TestClient, changes: ProduceChanges, version = VERSION) =>
  partitionOf(client.call("Produce", version, produceRequest(version, changes)))?.errorCode;

describe("Produce", () => {
  it("refuses what is no batch, damaged, too large, or more than one, with Kafka's errors", () => {
    const client = TestBroker.serving({ config: { messageMaxBytes: 1_000 } }).client();
    const damaged = batchOf("a");
    damaged[damaged.length - 1] = 0x7f;
    const [one, two] = [batchOf("a"), batchOf("b")];
    expect(errorOf(client, { records: null })).toBe(ErrorCode.INVALID_RECORD);
    expect(errorOf(client, { records: new Uint8Array(0) })).toBe(ErrorCode.INVALID_RECORD);
    expect(errorOf(client, { records: damaged })).toBe(ErrorCode.CORRUPT_MESSAGE);
    expect(errorOf(client, { records: batchOf("x".repeat(2_000)) })).toBe(ErrorCode.MESSAGE_TOO_LARGE);
    expect(errorOf(client, { records: Uint8Array.of(...one, ...two) })).toBe(ErrorCode.INVALID_RECORD);
    expect(errorOf(client, {})).toBe(0);
  });

  it("refuses a batch within which records are missing, whatever it is compressed with", () => {
    const client = TestBroker.serving().client();
    // Snappy: a literal of five bytes, of which the header says that it is one record.
    const compressed = (bytes: readonly number[]): Uint8Array => {
      const whole = batchOf("a");
      const batch = Uint8Array.from([...whole.subarray(0, RECORDS_AT), ...bytes]);
      writeInt32(batch, BATCH_LENGTH_AT, batch.length - LOG_OVERHEAD);
      batch[ATTRIBUTES_AT + 1] = SNAPPY;
      writeInt32(batch, CRC_AT, crc32c(batch, ATTRIBUTES_AT));
      return batch;
    };
    const records = [...batchOf("a").subarray(RECORDS_AT)];
    const literal = (bytes: readonly number[]) => [bytes.length, (bytes.length - 1) << 2, ...bytes];
    expect(errorOf(client, { records: compressed(literal(records)) })).toBe(0);
    expect(errorOf(client, { records: compressed(literal([...records, 0])) })).toBe(ErrorCode.INVALID_RECORD);
    expect(errorOf(client, { records: compressed([255, 0, 0]) })).toBe(ErrorCode.INVALID_RECORD);
  });

  it("knows no topic, partition or id that is not there", () => {
    const client = TestBroker.serving().client();
    expect(errorOf(client, { topic: "other" })).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    for (const partition of [-1, 1, 2 ** 31 - 1]) expect(errorOf(client, { partition })).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect(errorOf(client, { topicId: uuid("AAAAAAAAAAAAAAAAAAAACQ") }, 13)).toBe(ErrorCode.UNKNOWN_TOPIC_ID);
  });

  it("is refused before anything of it is appended where no more can wait, and taken again when one has left", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[1, 2]] }), maxParked: 1 });
    const waiting = host.client();
    waiting.ask("Produce", VERSION, produceRequest(VERSION));
    expect(errorOf(host.client(), {})).toBe(ErrorCode.REQUEST_TIMED_OUT);
    expect(host.broker.replicas.get(uuid(TOPIC_ID), 0)?.log.appendedEnd).toBe(1);
    waiting.close();
    host.client().ask("Produce", VERSION, produceRequest(VERSION));
    expect(host.broker.replicas.get(uuid(TOPIC_ID), 0)?.log.appendedEnd).toBe(2);
    host.pass(1_000);
    expect(host.broker.producePurgatory.isFull).toBe(false);
  });

  it("takes no record of a transaction, for nothing would end it", () => {
    const host = TestBroker.serving();
    const records = [{ key: null, value: encodeUtf8("a"), timestamp: 1 }];
    const batch = encodeBatch({ records, isTransactional: true, producerId: 7, producerEpoch: 0, baseSequence: 0 });
    expect(errorOf(host.client(), { records: batch })).toBe(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    expect(errorOf(host.client(), { transactionalId: "one" })).toBe(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    expect(host.broker.replicas.get(uuid(TOPIC_ID), 0)?.log.appendedEnd).toBe(0);
  });

  it("takes acks of −1, 0 and 1 only", () => {
    const client = TestBroker.serving().client();
    for (const acks of [-2, 2, 127]) expect(errorOf(client, { acks })).toBe(ErrorCode.INVALID_REQUIRED_ACKS);
    expect(errorOf(client, { acks: 1 })).toBe(0);
  });

  it("says nothing to acks=0, and cuts the client off where it failed, for that is all it can tell", () => {
    const client = TestBroker.serving().client();
    client.ask("Produce", VERSION, produceRequest(VERSION, { acks: 0 }), false);
    expect(client.answers).toEqual([]);
    expect(errorOf(client, {})).toBe(0);
    expect(client.closedAs).toBeUndefined();
    client.ask("Produce", VERSION, produceRequest(VERSION, { acks: 0, topic: "other" }), false);
    expect(client.closedAs).toBe("end");
  });

  it("answers no acks=0 of a transactional producer either", () => {
    const client = TestBroker.serving().client();
    client.ask("Produce", VERSION, produceRequest(VERSION, { acks: 0, transactionalId: "t" }), false);
    expect([client.answers, client.closedAs]).toEqual([[], "end"]);
  });

  it("refuses transactional ids with an error that is final", () => {
    const client = TestBroker.serving().client();
    expect(errorOf(client, { transactionalId: "t" })).toBe(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  });

  it.each([
    [9, false],
    [10, true],
  ])("version %i tells who leads, if it has room for it (KIP-951): %s", (version, hasHint) => {
    const client = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[2, 1]] }) }).client();
    const answer = client.call("Produce", version, produceRequest(version));
    expect(partitionOf(answer)).toMatchObject({
      errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER,
      currentLeader: hasHint ? { leaderId: 2, leaderEpoch: 0 } : { leaderId: -1, leaderEpoch: -1 },
    });
    expect(answer.nodeEndpoints).toMatchObject(hasHint ? [{ nodeId: 2, host: "host2", port: 9092 }] : []);
  });

  it.each([true, false])("tells of each append only to those who follow every step: %s", (isDetailed) => {
    const host = TestBroker.serving();
    host.outbox.isDetailed = isDetailed;
    host.traces.length = 0;
    expect(errorOf(host.client(), {})).toBe(0);
    expect(host.traces.map(({ kind }) => kind)).toEqual(isDetailed ? ["append", "high-watermark"] : []);
  });

  it("recognises a batch that it has already by its producer and sequence", () => {
    const client = TestBroker.serving().client();
    const batch = () => encodeBatch({ records: [{ key: null, value: encodeUtf8("a"), timestamp: 1 }], producerId: 5, producerEpoch: 0, baseSequence: 0 });
    const offsets = [1, 2].map(() => partitionOf(client.call("Produce", VERSION, produceRequest(VERSION, { records: batch() }))));
    expect(offsets).toMatchObject([
      { errorCode: 0, baseOffset: 0 },
      { errorCode: 0, baseOffset: 0 },
    ]);
  });

  describe("goes by the settings of its topic", () => {
    const HOUR_MS = 3_600_000;
    const DAY_MS = 24 * HOUR_MS;
    const dated = (timestamp: number) => encodeBatch({ records: [{ key: null, value: encodeUtf8("a"), timestamp }] });
    const serving = (configs: Readonly<Record<string, string>>, config = {}) => TestBroker.serving({ config, topics: topicRecords({ configs }) });

    it("refuses a record from more than an hour ahead, as Kafka does since 4.0, and takes one of any age", () => {
      const host = serving({});
      const client = host.client();
      expect(errorOf(client, { records: dated(host.now.wallMs + HOUR_MS + 1) })).toBe(ErrorCode.INVALID_TIMESTAMP);
      expect(errorOf(client, { records: dated(host.now.wallMs + HOUR_MS) })).toBe(0);
      expect(errorOf(client, { records: dated(0) })).toBe(0);
    });

    it("asks the topic first how far ahead and how old a record may be, then the broker", () => {
      const own = serving({ "message.timestamp.after.max.ms": "1000", "message.timestamp.before.max.ms": "2000" });
      const ofBroker = serving({}, { logMessageTimestampAfterMaxMs: 1000, logMessageTimestampBeforeMaxMs: 2000 });
      for (const host of [own, ofBroker]) {
        const client = host.client();
        expect(errorOf(client, { records: dated(host.now.wallMs + 1001) })).toBe(ErrorCode.INVALID_TIMESTAMP);
        expect(errorOf(client, { records: dated(host.now.wallMs - 2001) })).toBe(ErrorCode.INVALID_TIMESTAMP);
        expect(errorOf(client, { records: dated(host.now.wallMs) })).toBe(0);
      }
    });

    it("takes Kafka's largest int64 for no limit", () => {
      const host = serving({ "message.timestamp.after.max.ms": "9223372036854775807", "flush.messages": "9223372036854775807" });
      expect(errorOf(host.client(), { records: dated(host.now.wallMs + 365 * DAY_MS) })).toBe(0);
    });

    it.each([
      [{ "flush.messages": "1" }, {}],
      [{}, { logFlushIntervalMessages: 1 }],
    ])("acknowledges nothing before it is synced with flush.messages of 1: %j, %j", (configs, config) => {
      const host = serving(configs, config);
      const client = host.client();
      host.disk.isSyncHeld = true;
      client.ask("Produce", VERSION, produceRequest(VERSION, { acks: 1 }));
      expect(client.answers).toEqual([]);
      host.releaseDisk();
      expect(client.answers).toMatchObject([{ responses: [{ partitionResponses: [{ errorCode: 0 }] }] }]);
    });

    it.each([
      [{ "flush.ms": "500" }, {}],
      [{}, { logFlushIntervalMs: 500 }],
    ])("syncs what is half a second old with flush.ms of 500: %j, %j", (configs, config) => {
      const host = serving(configs, config);
      expect(errorOf(host.client(), { acks: 1 })).toBe(0);
      const syncsBefore = host.disk.syncCount;
      host.pass(499);
      expect(host.disk.syncCount).toBe(syncsBefore);
      host.pass(1);
      expect(host.disk.syncCount).toBeGreaterThan(syncsBefore);
    });

    it("says once of each setting that changes nothing yet that it does", () => {
      const two = [
        ...topicRecords({ configs: { "local.retention.ms": "1000", "flush.messages": "1" }, partitions: [[1], [1]] }),
        ...topicRecords({ name: "other", id: "AAAAAAAAAAAAAAAAAAAACQ", configs: { "local.retention.ms": "1000", "local.retention.bytes": "1000" } }),
      ];
      const host = TestBroker.serving({ topics: two });
      const told = host.traces.flatMap((event) => (event.kind === "configs-without-effect" ? event.configs : []));
      expect([...told].sort()).toEqual(["local.retention.bytes", "local.retention.ms"]);
    });
  });

  describe("with a follower", () => {
    const replicated = (config = {}) =>
      TestBroker.serving({ config: { minInsyncReplicas: 1, ...config }, brokers: [1, 2], topics: topicRecords({ partitions: [[1, 2]] }) });
    const followerFetch = (offset: number) => fetchRequest(18, { replicaId: 2, replicaEpoch: epochOf(2), currentLeaderEpoch: 0, offsets: [[0, offset]] });

    it("answers acks=all when the follower's next fetch proves that it has the records, and acks=1 before", () => {
      const host = replicated();
      const [all, one, follower] = [host.client(), host.client(), proveAs(host.client(), 2, SELF, testProof)];
      follower.call("Fetch", 18, followerFetch(0));
      all.ask("Produce", VERSION, produceRequest(VERSION, { acks: -1 }));
      one.ask("Produce", VERSION, produceRequest(VERSION, { acks: 1 }));
      expect([all.answers.length, one.answers.length]).toEqual([0, 1]);
      follower.call("Fetch", 18, followerFetch(2));
      expect(all.answers).toMatchObject([{ responses: [{ partitionResponses: [{ errorCode: 0, baseOffset: 0 }] }] }]);
      expect(host.broker.producePurgatory.size).toBe(0);
    });

    it("answers REQUEST_TIMED_OUT to acks=all after the request's own time", () => {
      const host = replicated();
      const all = host.client();
      all.ask("Produce", VERSION, produceRequest(VERSION, { acks: -1, timeoutMs: 700 }));
      host.pass(699);
      expect(all.answers).toEqual([]);
      host.pass(1);
      expect(all.answers).toMatchObject([{ responses: [{ partitionResponses: [{ errorCode: ErrorCode.REQUEST_TIMED_OUT, baseOffset: -1 }] }] }]);
    });

    it("takes no time-out for too short where there is nobody to wait for but its own disk, as Kafka", () => {
      const host = TestBroker.serving();
      for (const timeoutMs of [0, -1]) expect(errorOf(host.client(), { timeoutMs })).toBe(0);
      const client = host.client();
      host.disk.isHeld = true;
      client.ask("Produce", VERSION, produceRequest(VERSION, { timeoutMs: 0 }));
      host.pass(999);
      expect(client.answers).toEqual([]);
      host.releaseDisk();
      expect(client.answers).toMatchObject([{ responses: [{ partitionResponses: [{ errorCode: 0, baseOffset: 2 }] }] }]);
    });

    it("waits for its own disk for a second beyond the time-out with acks=all, and without end with acks=1", () => {
      const host = replicated();
      const [all, one] = [host.client(), host.client()];
      host.disk.isHeld = true;
      all.ask("Produce", VERSION, produceRequest(VERSION, { acks: -1, timeoutMs: 700 }));
      one.ask("Produce", VERSION, produceRequest(VERSION, { acks: 1, timeoutMs: 0 }));
      host.pass(1_699);
      expect([all.answers.length, one.answers.length]).toEqual([0, 0]);
      host.pass(1);
      expect(all.answers).toMatchObject([{ responses: [{ partitionResponses: [{ errorCode: ErrorCode.REQUEST_TIMED_OUT, baseOffset: -1 }] }] }]);
      host.pass(100_000);
      expect(one.answers).toEqual([]);
      host.releaseDisk();
      expect(one.answers).toMatchObject([{ responses: [{ partitionResponses: [{ errorCode: 0 }] }] }]);
    });

    it("times out as soon as its own write is done, where that outlasted the request's time and followers are behind", () => {
      const host = replicated();
      const client = host.client();
      host.disk.isHeld = true;
      client.ask("Produce", VERSION, produceRequest(VERSION, { acks: -1, timeoutMs: 0 }));
      host.pass(1);
      expect(client.answers).toEqual([]);
      host.releaseDisk();
      expect(client.answers).toMatchObject([{ responses: [{ partitionResponses: [{ errorCode: ErrorCode.REQUEST_TIMED_OUT }] }] }]);
      expect([host.broker.producePurgatory.size, host.broker.producePurgatory.nextDeadlineUs]).toEqual([0, undefined]);
    });

    it("forgets what a client that has gone was waiting for", () => {
      const host = replicated();
      const client = host.client();
      client.ask("Produce", VERSION, produceRequest(VERSION, { timeoutMs: 2 ** 31 - 1 }));
      expect(host.broker.producePurgatory.size).toBe(1);
      client.close();
      expect(host.broker.producePurgatory.size).toBe(0);
      expect(host.broker.producePurgatory.nextDeadlineUs).toBeUndefined();
    });

    it("refuses acks=all at once while the ISR is below its minimum, and takes acks=1", () => {
      const host = replicated({ minInsyncReplicas: 2 });
      host.commit([
        {
          type: "partition-change",
          topicId: TOPIC_ID,
          partition: 0,
          leader: SELF,
          leaderEpoch: leaderEpoch(0),
          partitionEpoch: partitionEpoch(1),
          isr: [SELF],
          elr: [],
          lastKnownLeader: nodeId(-1),
        },
      ]);
      expect(errorOf(host.client(), { acks: -1 })).toBe(ErrorCode.NOT_ENOUGH_REPLICAS);
      expect(errorOf(host.client(), { acks: 1 })).toBe(0);
    });

    it("fails what waits when leadership is lost", () => {
      const host = replicated();
      const client = host.client();
      client.ask("Produce", 10, produceRequest(10));
      host.commit([
        {
          type: "partition-change",
          topicId: TOPIC_ID,
          partition: 0,
          leader: nodeId(2),
          leaderEpoch: leaderEpoch(1),
          partitionEpoch: partitionEpoch(1),
          isr: [nodeId(2)],
          elr: [],
          lastKnownLeader: nodeId(-1),
        },
      ]);
      expect(client.answers).toMatchObject([{ responses: [{ partitionResponses: [{ errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, baseOffset: -1 }] }] }]);
    });
  });
});
