import { apis, encodeRequestFrame, FrameDecoder, type ProduceResponse, Reader, decodeResponseHeader, type RecordsPart } from "@samsa/protocol";
import { baseSequenceOf, checkBatch, encodeBatch, producerIdOf } from "@samsa/protocol/records";
import { decodeRequestHeader, encodeResponseFrame } from "@samsa/protocol";
import { concatBytes, encodeUtf8, ZERO_UUID } from "@samsa/stdx";
import type { ConnectionHandler, PortConnection } from "@samsa/world";
import { expect, test } from "vitest";
import { PlantControl, type PlantFault } from "../../src/faults/plant-control.ts";
import { PlantedConnection } from "../../src/faults/planted-connection.ts";

const VERSION = 7;
const PRODUCER = 4_000;

/** A planted connection between a client and a broker that are both written here: frames in, frames out. */
class Bench {
  readonly fired: string[] = [];
  readonly control = new PlantControl({ topicName: () => undefined, fired: (detail) => this.fired.push(detail) });
  /** Requests that the broker was given. */
  readonly delivered: Uint8Array[] = [];
  /** Answers that the client was given: correlation id and base offset. */
  readonly answers: { readonly correlationId: number; readonly baseOffset: number }[] = [];
  private readonly toBroker = new FrameDecoder();
  private readonly toClient = new FrameDecoder();
  private readonly connection: PlantedConnection;
  private handler: ConnectionHandler | undefined;

  constructor() {
    const inner: PortConnection = {
      remote: "client",
      attach: (handler) => {
        this.handler = handler;
      },
      write: (chunks) => {
        for (const chunk of chunks) for (const frame of this.toClient.push(chunk).frames) this.answers.push(readAnswer(frame));
        return true;
      },
      setReading: () => undefined,
      admit: () => undefined,
      end: () => undefined,
      reset: () => undefined,
    };
    this.connection = new PlantedConnection(inner, this.control, () => undefined);
    this.connection.attach({
      received: (bytes) => this.delivered.push(...this.toBroker.push(bytes).frames),
      drained: () => undefined,
      closed: () => undefined,
    });
  }

  plant(plant: PlantFault["plant"], afterBatches = 0): void {
    this.control.arm({ type: "plant", victim: { type: "node", id: 1 }, plant, topic: "orders", afterBatches });
  }

  /** The client sends a batch of two records. */
  produce(correlationId: number, value: string, sequence: number): void {
    this.handler?.received(produceFrame(correlationId, value, sequence));
  }

  /** The broker answers the oldest requests that it has, from this offset on. */
  answerAll(baseOffset: number): void {
    let offset = baseOffset;
    for (const frame of this.delivered.splice(0)) {
      this.connection.write(answerFrame(decodeRequestHeader(frame).correlationId, offset) as readonly Uint8Array[]);
      offset += 2;
    }
  }

  /** Of what was delivered and not yet answered. */
  batches() {
    return this.delivered.map((frame) => {
      const records = recordsOf(frame);
      return { value: valueIn(records), producerId: producerIdOf(records), sequence: baseSequenceOf(records), isWhole: checkBatch(records) === undefined };
    });
  }
}

function produceFrame(correlationId: number, value: string, sequence: number): Uint8Array {
  const record = { key: null, value: encodeUtf8(value), timestamp: 1_000 };
  const records = encodeBatch({ records: [record, record], producerId: PRODUCER, producerEpoch: 0, baseSequence: sequence });
  const request = {
    transactionalId: null,
    acks: -1,
    timeoutMs: 1_000,
    topicData: [{ name: "orders", topicId: ZERO_UUID, partitionData: [{ index: 0, records }] }],
  };
  return joined(encodeRequestFrame(apis.Produce, { apiVersion: VERSION, correlationId, clientId: "test" }, request));
}

function answerFrame(correlationId: number, baseOffset: number): readonly RecordsPart[] {
  const partition = {
    index: 0,
    errorCode: 0,
    baseOffset,
    logAppendTimeMs: -1,
    logStartOffset: 0,
    recordErrors: [],
    errorMessage: null,
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
  };
  const response: ProduceResponse = {
    responses: [{ name: "orders", topicId: ZERO_UUID, partitionResponses: [partition] }],
    throttleTimeMs: 0,
    nodeEndpoints: [],
  };
  return encodeResponseFrame(apis.Produce, { apiVersion: VERSION, correlationId }, response);
}

function readAnswer(frame: Uint8Array) {
  const reader = new Reader(frame);
  const correlationId = decodeResponseHeader(reader, apis.Produce, VERSION);
  const baseOffset = apis.Produce.decodeResponse(reader, VERSION).responses[0]?.partitionResponses[0]?.baseOffset ?? -1;
  return { correlationId, baseOffset };
}

function recordsOf(frame: Uint8Array): Uint8Array {
  const { bodyReader, apiVersion } = decodeRequestHeader(frame);
  return apis.Produce.decodeRequest(bodyReader, apiVersion).topicData[0]?.partitionData[0]?.records ?? new Uint8Array();
}

/** The value's letter: behind the header come six bytes of the first record. */
const valueIn = (records: Uint8Array): string => String.fromCharCode(records[67] ?? 0);
const joined = (parts: readonly RecordsPart[]): Uint8Array => concatBytes(parts as readonly Uint8Array[]);

const honest = (value: string, sequence: number) => ({ value, producerId: PRODUCER, sequence, isWhole: true });
const nobodys = (value: string) => ({ value, producerId: -1, sequence: -1, isWhole: true });

/** One honest batch at offset 10, so that the next offset is known. */
function warm(): Bench {
  const bench = new Bench();
  bench.produce(1, "a", 0);
  bench.answerAll(10);
  return bench;
}

test("without a plant every request and every answer passes as it is", () => {
  const bench = new Bench();
  bench.produce(1, "a", 0);
  bench.produce(2, "b", 2);
  expect(bench.batches()).toEqual([honest("a", 0), honest("b", 2)]);
  bench.answerAll(10);
  expect(bench.answers).toEqual([
    { correlationId: 1, baseOffset: 10 },
    { correlationId: 2, baseOffset: 12 },
  ]);
});

test("drop-acked: the client is told the offset that comes next, and the broker never hears of it", () => {
  const bench = warm();
  bench.plant("drop-acked");
  bench.produce(2, "b", 2);
  expect(bench.delivered).toEqual([]);
  expect(bench.answers.at(-1)).toEqual({ correlationId: 2, baseOffset: 12 });
  expect(bench.fired).toEqual(["drop-acked: 2 records of orders-0 are answered (orders-0 offset 12) and never delivered"]);
});

test("after a lost sequence all later batches of that producer are nobody's, each with a CRC that fits", () => {
  const bench = warm();
  bench.plant("drop-acked");
  bench.produce(2, "b", 2);
  bench.produce(3, "c", 4);
  expect(bench.batches()).toEqual([nobodys("c")]);
});

test("an invented answer waits for the answers to earlier requests", () => {
  const bench = warm();
  bench.plant("drop-acked", 1);
  bench.produce(2, "b", 2);
  bench.produce(3, "c", 4);
  expect(bench.answers).toHaveLength(1);
  bench.answerAll(12);
  expect(bench.answers.slice(1).map(({ correlationId }) => correlationId)).toEqual([2, 3]);
});

test("duplicate: the second delivery is nobody's, and its answer does not reach the client", () => {
  const bench = warm();
  bench.plant("duplicate");
  bench.produce(2, "b", 2);
  expect(bench.batches()).toEqual([honest("b", 2), nobodys("b")]);
  bench.answerAll(12);
  bench.produce(3, "c", 4);
  expect(bench.batches()).toEqual([honest("c", 4)]);
  bench.answerAll(16);
  expect(bench.answers.slice(1)).toEqual([
    { correlationId: 2, baseOffset: 12 },
    { correlationId: 3, baseOffset: 16 },
  ]);
});

test("reorder: what was answered first is delivered behind the next, and both answers look honest", () => {
  const bench = warm();
  bench.plant("reorder");
  bench.produce(2, "b", 2);
  expect(bench.delivered).toEqual([]);
  bench.produce(3, "c", 4);
  expect(bench.batches()).toEqual([nobodys("c"), nobodys("b")]);
  bench.answerAll(12);
  expect(bench.answers.slice(1)).toEqual([
    { correlationId: 2, baseOffset: 12 },
    { correlationId: 3, baseOffset: 14 },
  ]);
});

test("a plant counts the batches of its topic before it acts", () => {
  const bench = warm();
  bench.plant("drop-acked", 2);
  for (const [index, value] of ["b", "c", "d"].entries()) bench.produce(2 + index, value, 2 + 2 * index);
  expect(bench.batches().map(({ value }) => value)).toEqual(["b", "c"]);
});

test("no answer is invented while nobody knows which offset would come next", () => {
  const bench = new Bench();
  bench.plant("drop-acked");
  bench.produce(1, "a", 0);
  expect(bench.batches()).toEqual([honest("a", 0)]);
});
