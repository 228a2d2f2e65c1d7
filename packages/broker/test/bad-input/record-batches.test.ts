import { ErrorCode, type ErrorName } from "@samsa/protocol";
import {
  ATTRIBUTES_AT,
  BATCH_LENGTH_AT,
  BATCH_OVERHEAD,
  computeCrc,
  COUNT_AT,
  CRC_AT,
  encodeBatch,
  LAST_OFFSET_DELTA_AT,
  LOG_OVERHEAD,
  MAGIC_AT,
  writeInt32,
  writeInt64,
} from "@samsa/protocol/records";
import { concatBytes, encodeUtf8, uuid } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { batchOf, fetchRequest, produceRequest } from "../support/requests.ts";
import { TestBroker, TOPIC_ID } from "../support/test-broker.ts";

const INT32_MAX = 0x7fff_ffff;

const summed = (batch: Uint8Array): Uint8Array => {
  writeInt32(batch, CRC_AT, computeCrc(batch));
  return batch;
};
/** A batch with something written over, and its CRC as it was. */
const damaged = (change: (batch: Uint8Array) => void): Uint8Array => {
  const batch = batchOf("a");
  change(batch);
  return batch;
};
/** One whose CRC says that it is as its producer made it. */
const forged = (change: (batch: Uint8Array) => void): Uint8Array => summed(damaged(change));
/** A batch around these bytes in the place of its records. */
function around(records: readonly number[], count = 1): Uint8Array {
  const batch = concatBytes([batchOf("a").subarray(0, BATCH_OVERHEAD), Uint8Array.from(records)]);
  writeInt32(batch, BATCH_LENGTH_AT, batch.length - LOG_OVERHEAD);
  writeInt32(batch, COUNT_AT, count);
  writeInt32(batch, LAST_OFFSET_DELTA_AT, count - 1);
  return summed(batch);
}
const attributes = (bits: number): Uint8Array => forged((batch) => (batch[ATTRIBUTES_AT + 1] = bits));

type Case = readonly [what: string, records: Uint8Array | null, error: ErrorName];

/** As Apache Kafka 4.3 answers the same bytes. */
const AS_KAFKA: readonly Case[] = [
  ["nothing at all", new Uint8Array(0), "INVALID_RECORD"],
  ["five bytes", new Uint8Array(5), "INVALID_RECORD"],
  ["eighty bytes of anything", new Uint8Array(80).fill(7), "CORRUPT_MESSAGE"],
  ["one byte less than the batch", batchOf("a").slice(0, -1), "INVALID_RECORD"],
  ["two batches", concatBytes([batchOf("a"), batchOf("b")]), "INVALID_RECORD"],
  ["a wrong CRC", damaged((batch) => (batch[CRC_AT] = (batch[CRC_AT] ?? 0) ^ 1)), "CORRUPT_MESSAGE"],
  ["another byte than the CRC is of", damaged((batch) => (batch[batch.length - 2] = 0xee)), "CORRUPT_MESSAGE"],
  ["a length of −1", damaged((batch) => writeInt32(batch, BATCH_LENGTH_AT, -1)), "CORRUPT_MESSAGE"],
  ["a length of 0", damaged((batch) => writeInt32(batch, BATCH_LENGTH_AT, 0)), "CORRUPT_MESSAGE"],
  ["a length below its header's", damaged((batch) => writeInt32(batch, BATCH_LENGTH_AT, 14)), "CORRUPT_MESSAGE"],
  ["magic 0", damaged((batch) => (batch[MAGIC_AT] = 0)), "INVALID_RECORD"],
  ["magic 1", damaged((batch) => (batch[MAGIC_AT] = 1)), "INVALID_RECORD"],
  ["magic 3", damaged((batch) => (batch[MAGIC_AT] = 3)), "CORRUPT_MESSAGE"],
  ["magic −1", damaged((batch) => (batch[MAGIC_AT] = 255)), "CORRUPT_MESSAGE"],
  ["a count of −1", forged((batch) => writeInt32(batch, COUNT_AT, -1)), "INVALID_RECORD"],
  ["a count of 0", forged((batch) => writeInt32(batch, COUNT_AT, 0)), "INVALID_RECORD"],
  ["a count of one record more", forged((batch) => writeInt32(batch, COUNT_AT, 2)), "INVALID_RECORD"],
  ["a count of 2³¹−1", forged((batch) => writeInt32(batch, COUNT_AT, INT32_MAX)), "INVALID_RECORD"],
  ["a last offset delta of −1", forged((batch) => writeInt32(batch, LAST_OFFSET_DELTA_AT, -1)), "INVALID_RECORD"],
  ["a last offset delta of 2³¹−1", forged((batch) => writeInt32(batch, LAST_OFFSET_DELTA_AT, INT32_MAX)), "INVALID_RECORD"],
  [
    "a count and a last offset delta that agree, and no such records",
    forged((batch) => {
      writeInt32(batch, COUNT_AT, INT32_MAX);
      writeInt32(batch, LAST_OFFSET_DELTA_AT, INT32_MAX - 1);
    }),
    "INVALID_RECORD",
  ],
  ["a base offset of its own", damaged((batch) => writeInt64(batch, 0, 5)), "INVALID_RECORD"],
  ["a base offset below 0", damaged((batch) => writeInt64(batch, 0, -1)), "INVALID_RECORD"],
  ["control records", attributes(0x20), "INVALID_RECORD"],
  ["a transaction without a producer", attributes(0x10), "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"],
  ["a producer, and no sequence", encodeBatch({ ...recordOf(), producerId: 7, producerEpoch: 0, baseSequence: -1 }), "INVALID_RECORD"],
  ["a time too far ahead", encodeBatch({ records: [{ key: null, value: null, timestamp: 1_800_000_000_000 }] }), "INVALID_TIMESTAMP"],
  ["more than a megabyte", batchOf("x".repeat(1_100_000)), "MESSAGE_TOO_LARGE"],
  ["no records", around([]), "INVALID_RECORD"],
  ["a record of length −1", around([1, 0, 0, 0, 1, 1, 0]), "INVALID_RECORD"],
  ["a record of length 2³¹−1", around([0xfe, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 1, 1, 0]), "INVALID_RECORD"],
  ["a record one byte longer than it says", around([10, 0, 0, 0, 1, 1, 0]), "INVALID_RECORD"],
  ["a record one byte shorter than it says", around([14, 0, 0, 0, 1, 1, 0]), "INVALID_RECORD"],
  ["a key beyond its record", around([12, 0, 0, 0, 100, 1, 0]), "INVALID_RECORD"],
  ["a value beyond its record", around([12, 0, 0, 0, 1, 100, 0]), "INVALID_RECORD"],
  ["−1 headers", around([12, 0, 0, 0, 1, 1, 1]), "INVALID_RECORD"],
  ["more headers than bytes", around([12, 0, 0, 0, 1, 1, 100]), "INVALID_RECORD"],
  ["2³¹−1 headers", around([20, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f]), "INVALID_RECORD"],
  ["a header without a key", around([16, 0, 0, 0, 1, 1, 2, 1, 1]), "INVALID_RECORD"],
  ["a header's key beyond its record", around([16, 0, 0, 0, 1, 1, 2, 100, 1]), "INVALID_RECORD"],
  ["a byte behind its last record", around([12, 0, 0, 0, 1, 1, 0, 0]), "INVALID_RECORD"],
];

/** Kafka 4.3 has accidents here (no answer, or UNKNOWN_SERVER_ERROR), or takes what no client writes; to us it is no batch. */
const STRICTER: readonly Case[] = [
  ["null", null, "INVALID_RECORD"],
  ["a byte behind the batch", concatBytes([batchOf("a"), Uint8Array.of(0)]), "INVALID_RECORD"],
  ["a length of 2³¹−1", damaged((batch) => writeInt32(batch, BATCH_LENGTH_AT, INT32_MAX)), "INVALID_RECORD"],
  ["a codec that nobody knows", attributes(5), "INVALID_RECORD"],
  ["the broker's own time", attributes(8), "INVALID_TIMESTAMP"],
  ["a key of length −2", around([12, 0, 0, 0, 3, 1, 0]), "INVALID_RECORD"],
  ["a value of length −2", around([12, 0, 0, 0, 1, 3, 0]), "INVALID_RECORD"],
  ["a length in six bytes", around([0x8c, 0x80, 0x80, 0x80, 0x80, 0, 0, 0, 0, 1, 1, 0]), "INVALID_RECORD"],
  ["a record in another's place", around([12, 0, 0, 2, 1, 1, 0]), "INVALID_RECORD"],
  ["two records in one place", around([12, 0, 0, 0, 1, 1, 0, 12, 0, 0, 0, 1, 1, 0], 2), "INVALID_RECORD"],
  ["a time before all times", around([30, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0, 1, 1, 0]), "INVALID_RECORD"],
];

function recordOf(): { readonly records: readonly { readonly key: null; readonly value: Uint8Array; readonly timestamp: number }[] } {
  return { records: [{ key: null, value: encodeUtf8("a"), timestamp: 1 }] };
}

const appendedEnd = (host: TestBroker): number | undefined => host.broker.replicas.get(uuid(TOPIC_ID), 0)?.log.appendedEnd;
const closings = (host: TestBroker): readonly unknown[] => host.traces.filter(({ kind }) => kind === "connection-closed");

describe.each([...AS_KAFKA, ...STRICTER])("A produced batch of %s", (_, records, error) => {
  it.each([3, 9, 13])(`gets ${error}, appends nothing, and its connection stays (version %i)`, (version) => {
    const host = TestBroker.serving();
    const client = host.client();
    const answer = client.call("Produce", version, produceRequest(version, { records: records?.slice() ?? null }));
    expect(answer.responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: ErrorCode[error], baseOffset: -1 });
    expect([appendedEnd(host), closings(host)]).toEqual([0, []]);
    expect(client.call("Produce", version, produceRequest(version)).responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 0 });
  });

  it("closes the connection of one who does not wait for an answer, with one line", () => {
    const host = TestBroker.serving();
    const client = host.client();
    client.ask("Produce", 9, produceRequest(9, { acks: 0, records: records?.slice() ?? null }), false);
    expect([client.answers, client.closedAs, closings(host).length, appendedEnd(host)]).toEqual([[], "end", 1, 0]);
  });
});

describe("A produced batch", () => {
  it.each([
    ["headers whose key is no UTF-8", around([18, 0, 0, 0, 1, 1, 2, 2, 0xff, 1])],
    ["record attributes that mean nothing", around([12, 1, 0, 0, 1, 1, 0])],
    ["a bit of its attributes that means nothing", attributes(0x80)],
    ["a producer in no epoch", encodeBatch({ ...recordOf(), producerId: 7, producerEpoch: -1, baseSequence: 0 })],
    ["a first sequence that is not 0", encodeBatch({ ...recordOf(), producerId: 7, producerEpoch: 0, baseSequence: 5 })],
  ])("may have %s, as with Kafka, and is given to readers byte for byte", (_, records) => {
    const client = TestBroker.serving().client();
    expect(client.call("Produce", 9, produceRequest(9, { records: records.slice() })).responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
    const fetched: unknown = client.call("Fetch", 12, fetchRequest(12)).responses[0]?.partitions[0]?.records;
    expect(fetched instanceof Uint8Array ? fetched.slice(CRC_AT) : fetched).toEqual(records.slice(CRC_AT));
  });

  it.each([
    ["in a sequence behind a gap", 2, 3, "OUT_OF_ORDER_SEQUENCE_NUMBER"],
    ["in an epoch that is over", 1, 2, "INVALID_PRODUCER_EPOCH"],
    ["in a new epoch, not from 0 on", 4, 4, "OUT_OF_ORDER_SEQUENCE_NUMBER"],
  ] as const)("of a producer %s is refused", (_, baseSequence, producerEpoch, error) => {
    const host = TestBroker.serving();
    const client = host.client();
    const produce = (sequence: number, epoch: number): number | undefined => {
      const records = encodeBatch({ ...recordOf(), producerId: 7, producerEpoch: epoch, baseSequence: sequence });
      return client.call("Produce", 9, produceRequest(9, { records })).responses[0]?.partitionResponses[0]?.errorCode;
    };
    expect(produce(0, 3)).toBe(0);
    expect([produce(baseSequence, producerEpoch), appendedEnd(host)]).toEqual([ErrorCode[error], 1]);
  });
});
