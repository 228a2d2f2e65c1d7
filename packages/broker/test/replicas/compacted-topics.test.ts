import { ErrorCode, type FetchResponse, type ProduceResponse } from "@samsa/protocol";
import { batches, decodeRecords, encodeBatch, nextOffsetOf, setBaseOffset, setPartitionLeaderEpoch } from "@samsa/protocol/records";
import { decodeUtf8, encodeUtf8, leaderEpoch, nodeId } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { TopicCreation } from "../../src/topic-creation.ts";
import { fetchRequest, produceRequest } from "../support/requests.ts";
import { TestBroker, type TestClient, testConfig, TOPIC, topicRecords } from "../support/test-broker.ts";
import { TestLeader } from "../support/test-leader.ts";

const CHECKPOINT = "cleaner-offset-checkpoint";
const BACKOFF_MS = 1_000;
/** A batch is a segment. */
const CONFIG = { logSegmentBytes: 100, logCleaner: { ...testConfig().logCleaner, backoffMs: BACKOFF_MS } };
const COMPACT = { "cleanup.policy": "compact" };
const compacted = (configs: Readonly<Record<string, string>> = {}) => ({ config: CONFIG, topics: topicRecords({ configs: { ...COMPACT, ...configs } }) });

function keyed(text: string, timestamp = 1_700_000_000_000): Uint8Array {
  const [key = "", value] = text.split("=");
  return encodeBatch({ records: [{ key: encodeUtf8(key), value: value === undefined ? null : encodeUtf8(value), timestamp }] });
}

function produce(host: TestBroker, ...texts: readonly string[]): void {
  const client = host.client();
  for (const text of texts) client.call("Produce", 9, produceRequest(9, { records: keyed(text) }));
}

/** As a consumer reads them from the log's start on, until nothing more comes: `offset:key=value`. */
function recordsOf(client: TestClient): string[] {
  const found: string[] = [];
  for (let offset = 0, end = 1; offset < end;) {
    const { responses } = client.call("Fetch", 15, fetchRequest(15, { maxWaitMs: 100, offsets: [[0, offset]] })) as FetchResponse;
    const { records, highWatermark = 0 } = responses[0]?.partitions[0] ?? {};
    end = highWatermark;
    for (const at of batches(records ?? new Uint8Array(0))) {
      offset = nextOffsetOf(records as Uint8Array, at);
      for (const record of decodeRecords(records as Uint8Array, at))
        found.push(`${record.offset}:${textOf(record.key)}${record.value === null ? "" : `=${textOf(record.value)}`}`);
    }
  }
  return found;
}

const textOf = (bytes: Uint8Array | null): string => decodeUtf8(bytes ?? encodeUtf8("none"));

const checkpointOf = ({ disk }: TestBroker): string | undefined => {
  const content = disk.files.get(CHECKPOINT);
  return content === undefined ? undefined : decodeUtf8(content);
};

describe("a compacted topic", () => {
  test("keeps the newest record of each key, and its broker remembers how far it is compacted", () => {
    const host = TestBroker.serving(compacted());
    produce(host, "a=1", "b=1", "a=2", "b", "z=1");
    host.pass(BACKOFF_MS);
    expect(recordsOf(host.client())).toEqual(["2:a=2", "3:b", "4:z=1"]);
    expect(host.traces).toContainEqual(expect.objectContaining({ kind: "log-compacted", topic: TOPIC, partition: 0, endOffset: 4 }));
    host.pass(1_000);
    expect(checkpointOf(host)).toBe(`0\n1\n${TOPIC} 0 4\n`);
    host.turn((now) => host.broker.stop(now, () => undefined));
    expect(checkpointOf(host)).toBe(`0\n1\n${TOPIC} 0 4\n`);
    const topics = compacted().topics.map((record) => (record.type === "partition" ? { ...record, leaderEpoch: leaderEpoch(1) } : record));
    const again = TestBroker.serving({ ...compacted(), disk: host.disk, topics });
    again.pass(10 * BACKOFF_MS);
    expect(again.traces.map(({ kind }) => kind)).not.toContain("log-compacted");
    expect(recordsOf(again.client())).toEqual(["2:a=2", "3:b", "4:z=1"]);
  });

  test("has its tombstones for delete.retention.ms", () => {
    const host = TestBroker.serving(compacted({ "delete.retention.ms": "5000", "min.cleanable.dirty.ratio": "0" }));
    produce(host, "a=1", "a", "z=1");
    host.pass(BACKOFF_MS);
    expect(recordsOf(host.client())).toEqual(["1:a", "2:z=1"]);
    produce(host, "y=1");
    host.pass(BACKOFF_MS);
    expect(recordsOf(host.client())).toEqual(["1:a", "2:z=1", "3:y=1"]);
    host.pass(5_000);
    produce(host, "x=1");
    host.pass(BACKOFF_MS);
    expect(recordsOf(host.client())).toEqual(["2:z=1", "3:y=1", "4:x=1"]);
  });

  test("takes no record without a key", () => {
    const answer = TestBroker.serving(compacted()).client().call("Produce", 9, produceRequest(9)) as ProduceResponse;
    expect(answer.responses[0]?.partitionResponses[0]).toMatchObject({
      errorCode: ErrorCode.INVALID_RECORD,
      errorMessage: "records of a compacted topic need a key",
    });
  });

  test("is left alone as long as less of it is dirty than min.cleanable.dirty.ratio, or its records are younger than min.compaction.lag.ms", () => {
    const ratio = TestBroker.serving(compacted({ "min.cleanable.dirty.ratio": "0.9" }));
    produce(ratio, "a=1", "a=2", "z=1");
    ratio.pass(BACKOFF_MS);
    produce(ratio, "z=2", "z=3");
    ratio.pass(BACKOFF_MS);
    expect(recordsOf(ratio.client())).toEqual(["1:a=2", "2:z=1", "3:z=2", "4:z=3"]);
    const lag = TestBroker.serving(compacted({ "min.compaction.lag.ms": "60000" }));
    produce(lag, "a=1", "a=2", "z=1");
    lag.pass(50_000);
    expect(recordsOf(lag.client())).toHaveLength(3);
    lag.pass(15_000);
    expect(recordsOf(lag.client())).toEqual(["1:a=2", "2:z=1"]);
  });

  test("is compacted within max.compaction.lag.ms, whatever the ratio, and closes its segments for it", () => {
    const host = TestBroker.serving({
      config: { ...CONFIG, logSegmentBytes: 10_000 },
      topics: topicRecords({ configs: { ...COMPACT, "min.cleanable.dirty.ratio": "1", "max.compaction.lag.ms": "3000" } }),
    });
    const client = host.client();
    for (const [text, ms] of [
      ["a=1", 0],
      ["a=2", 3_000],
      ["z=1", 3_001],
    ] as const)
      client.call("Produce", 9, produceRequest(9, { records: keyed(text, host.now.wallMs + ms) }));
    host.pass(2_900);
    expect(recordsOf(client)).toHaveLength(3);
    host.pass(2 * BACKOFF_MS);
    expect(recordsOf(client)).toEqual(["1:a=2", "2:z=1"]);
  });

  test("is compacted on a follower no further than it knows to be committed", () => {
    const topics = topicRecords({ partitions: [[2, 1]], configs: COMPACT });
    const host = TestBroker.serving({ config: CONFIG, brokers: [1, 2], topics });
    host.pass(0);
    const leader = new TestLeader(host, nodeId(2)).prove();
    const batchAt = (baseOffset: number): Uint8Array => {
      const batch = keyed(`a=${baseOffset}`);
      setBaseOffset(batch, 0, baseOffset);
      setPartitionLeaderEpoch(batch, 0, 0);
      return batch;
    };
    for (let at = 0; at < 6; at++) leader.answer(() => ({ records: [batchAt(at)], highWatermark: 3 }));
    leader.answer(() => ({ highWatermark: 3 }));
    host.pass(BACKOFF_MS);
    const [hosted] = [...host.broker.replicas.all()];
    expect(hosted?.log.compaction.cleanedEnd).toBe(3);
  });

  test("is not compacted where the cleaner is switched off", () => {
    const config = { ...CONFIG, logCleaner: { ...CONFIG.logCleaner, isEnabled: false } };
    const host = TestBroker.serving({ ...compacted(), config });
    produce(host, "a=1", "a=2", "z=1");
    host.pass(60_000);
    expect([recordsOf(host.client()).length, checkpointOf(host)]).toEqual([3, undefined]);
  });
});

test("a topic that deleted nothing, as that of the groups' offsets was made once, is compacted as soon as its cleanup.policy says so", () => {
  const host = TestBroker.serving({ config: CONFIG, topics: topicRecords({ configs: { "cleanup.policy": "" } }) });
  produce(host, "a=1", "b=1", "a=2", "z=1");
  host.pass(10 * BACKOFF_MS);
  expect(recordsOf(host.client())).toEqual(["0:a=1", "1:b=1", "2:a=2", "3:z=1"]);
  host.commit([{ type: "config", resourceType: "topic", resourceName: TOPIC, key: "cleanup.policy", value: "compact" }]);
  host.pass(BACKOFF_MS);
  expect(recordsOf(host.client())).toEqual(["1:b=1", "2:a=2", "3:z=1"]);
});

test("the topic of the groups' offsets is made as one that is compacted", () => {
  const asked: unknown[] = [];
  const creation = new TopicCreation({
    channel: { ask: (request) => void asked.push(request) },
    defaults: { partitionCount: 1, replicationFactor: 1 },
    offsetsTopic: { partitionCount: 50, replicationFactor: 3, segmentBytes: 100 },
    refused: () => undefined,
  });
  creation.createOffsetsTopic("__consumer_offsets", TestBroker.serving().now);
  const configs = new Map([
    ["cleanup.policy", "compact"],
    ["compression.type", "producer"],
    ["segment.bytes", "100"],
  ]);
  expect(asked).toMatchObject([{ type: "create-topics", topics: [{ name: "__consumer_offsets", partitionCount: 50, replicationFactor: 3, configs }] }]);
});
