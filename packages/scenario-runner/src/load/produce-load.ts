import { ZERO_UUID } from "@samsa/stdx";
import { apis, ErrorCode, errorName, isRetriable } from "@samsa/protocol";
import { encodeBatch } from "@samsa/protocol/records";
import type { LoadTopic } from "./load-topic.ts";
import { LoadRefused } from "./load-topic.ts";
import type { Throughput } from "./throughput.ts";
import { Stopwatch } from "./throughput.ts";
import { type Address, decodeAnswer, frameOf, WireConnection } from "./wire-connection.ts";

export interface ProduceLoadOptions {
  readonly topic: LoadTopic;
  /** Of each partition. */
  readonly leaders: readonly Address[];
  readonly recordBytes: number;
  readonly batchBytes: number;
  /** Requests under way on one connection; there is one connection a partition. */
  readonly inFlight: number;
  readonly acks: -1 | 0 | 1;
  readonly warmUpMs: number;
  readonly forMs: number;
}

const PRODUCE_VERSION = 9;
const TIMEOUT_MS = 30_000;
const RETRY_MS = 5;
const ATTEMPTS_MAX = 2_000;
/** Length fields, deltas and such of one record without key and headers, at most. */
const RECORD_OVERHEAD_BYTES = 12;

/**
 * Produces as fast as the brokers acknowledge. A partition's request is encoded once and sent again and again, so that the client's share
 * of the processor is small; to the brokers each is a batch of its own, for there is no producer id in it.
 */
export async function produceLoad(options: ProduceLoadOptions): Promise<Throughput> {
  const { topic, leaders, recordBytes, batchBytes, inFlight, acks } = options;
  const recordCount = recordsPerBatch(recordBytes, batchBytes);
  const batch = batchOf(recordBytes, recordCount);
  const stopwatch = new Stopwatch(options);
  const connections = await Promise.all(leaders.map((leader) => WireConnection.open(leader)));
  const frames = leaders.map((_, partition) => {
    const topicData = [{ name: topic.name, topicId: ZERO_UUID, partitionData: [{ index: partition, records: [batch] }] }];
    return frameOf(apis.Produce, PRODUCE_VERSION, { transactionalId: null, acks, timeoutMs: TIMEOUT_MS, topicData });
  });
  stopwatch.start();
  await Promise.all(
    connections.flatMap((connection, partition) =>
      Array.from({ length: inFlight }, async () => {
        while (!stopwatch.isOver) {
          const answer = await new Promise<Uint8Array>((resolve, reject) => connection.send(frames[partition] as Uint8Array, resolve, reject));
          if (isAcknowledged(answer)) stopwatch.count({ records: recordCount, bytes: recordCount * recordBytes });
          else await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        }
      }),
    ),
  );
  for (const connection of connections) connection.close();
  return stopwatch.throughput();
}

/** One record, until it is acknowledged by all in-sync replicas; a leader that was elected may not lead yet. */
export async function produceOnce(leader: Address, topic: LoadTopic, recordBytes: number): Promise<void> {
  const connection = await WireConnection.open(leader);
  const topicData = [{ name: topic.name, topicId: ZERO_UUID, partitionData: [{ index: 0, records: [batchOf(recordBytes, 1)] }] }];
  try {
    for (let attempt = 1; ; attempt++) {
      const { responses } = await connection.call(apis.Produce, PRODUCE_VERSION, { transactionalId: null, acks: -1, timeoutMs: TIMEOUT_MS, topicData });
      const errorCode = responses[0]?.partitionResponses[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      if (errorCode === ErrorCode.NONE) return;
      if (!isRetriable(errorCode) || attempt === ATTEMPTS_MAX) throw new LoadRefused(`a produce failed: ${errorName(errorCode)}`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  } finally {
    connection.close();
  }
}

/** False: to be tried again, as every client would; an in-sync replica that is missing for a moment, say. */
function isAcknowledged(answer: Uint8Array): boolean {
  let isGood = true;
  for (const { partitionResponses } of decodeAnswer(apis.Produce, PRODUCE_VERSION, answer).responses)
    for (const { index, errorCode } of partitionResponses) {
      if (errorCode === ErrorCode.NONE) continue;
      if (!isRetriable(errorCode)) throw new LoadRefused(`a produce to partition ${index} failed: ${errorName(errorCode)}`);
      isGood = false;
    }
  return isGood;
}

const recordsPerBatch = (recordBytes: number, batchBytes: number): number => Math.max(1, Math.floor(batchBytes / (recordBytes + RECORD_OVERHEAD_BYTES)));

/** Records of noise, as they go on the wire. */
export function batchOf(recordBytes: number, records: number): Uint8Array {
  const value = new Uint8Array(recordBytes);
  // No zeros: whatever compresses on the way would have too easy a time.
  for (let at = 0, noise = 1; at < value.length; at++) {
    noise = (Math.imul(noise, 1_103_515_245) + 12_345) >>> 0;
    value[at] = noise >>> 24;
  }
  const timestamp = Date.now();
  return encodeBatch({ records: Array.from({ length: records }, () => ({ key: null, value, timestamp })) });
}
