import { ZERO_UUID } from "@samsa/stdx";
import { apis, ErrorCode, errorName } from "@samsa/protocol";
import { BATCH_OVERHEAD, baseOffsetOf, batches, countOf, lastOffsetDeltaOf, sizeInBytesOf } from "@samsa/protocol/records";
import { LoadRefused, type LoadTopic } from "./load-topic.ts";
import type { Throughput } from "./throughput.ts";
import { Stopwatch } from "./throughput.ts";
import { type Address, decodeAnswer, frameOf, WireConnection } from "./wire-connection.ts";

export interface ConsumeLoadOptions {
  readonly topic: LoadTopic;
  /** Of each partition. */
  readonly leaders: readonly Address[];
  /** Where each partition is read from; undefined: from its beginning, and from there again when its end is reached. */
  readonly startOffsets?: readonly number[];
  readonly maxPartitionBytes: number;
  readonly warmUpMs: number;
  readonly forMs: number;
  /** Ends it before its time. */
  readonly signal?: AbortSignal;
}

const FETCH_VERSION = 12;
const MAX_WAIT_MS = 500;
const MAX_BYTES = 50 * 1024 * 1024;

/** Reads every partition to its high watermark, one fetch at a time for each: from the beginning over and over, or from an offset on. */
export async function consumeLoad(options: ConsumeLoadOptions): Promise<Throughput> {
  const stopwatch = new Stopwatch(options);
  const connections = await Promise.all(options.leaders.map((leader) => WireConnection.open(leader)));
  stopwatch.start();
  await Promise.all(connections.map((connection, partition) => consume(connection, partition, options, stopwatch)));
  for (const connection of connections) connection.close();
  return stopwatch.throughput();
}

async function consume(connection: WireConnection, partition: number, options: ConsumeLoadOptions, stopwatch: Stopwatch): Promise<void> {
  const startOffset = options.startOffsets?.[partition];
  let offset = startOffset ?? 0;
  while (!stopwatch.isOver && options.signal?.aborted !== true) {
    const request = frameOf(apis.Fetch, FETCH_VERSION, fetchRequest(options, partition, offset));
    const answer = await new Promise<Uint8Array>((resolve, reject) => connection.send(request, resolve, reject));
    const fetched = decodeAnswer(apis.Fetch, FETCH_VERSION, answer).responses[0]?.partitions[0];
    const errorCode = fetched?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    if (fetched === undefined || errorCode !== ErrorCode.NONE) throw new LoadRefused(`a fetch from partition ${partition} failed: ${errorName(errorCode)}`);
    const { records } = fetched;
    let nextOffset = offset;
    let bytes = 0;
    let count = 0;
    if (records !== null)
      for (const position of batches(records)) {
        nextOffset = baseOffsetOf(records, position) + lastOffsetDeltaOf(records, position) + 1;
        bytes += sizeInBytesOf(records, position) - BATCH_OVERHEAD;
        count += countOf(records, position);
      }
    stopwatch.count({ records: count, bytes });
    offset = startOffset === undefined && nextOffset >= fetched.highWatermark ? 0 : nextOffset;
  }
}

function fetchRequest({ topic, maxPartitionBytes }: ConsumeLoadOptions, partition: number, fetchOffset: number) {
  return {
    clusterId: null,
    replicaId: -1,
    replicaState: { replicaId: -1, replicaEpoch: -1 },
    maxWaitMs: MAX_WAIT_MS,
    minBytes: 1,
    maxBytes: MAX_BYTES,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [
      {
        topic: topic.name,
        topicId: ZERO_UUID,
        partitions: [
          {
            partition,
            currentLeaderEpoch: -1,
            fetchOffset,
            lastFetchedEpoch: -1,
            logStartOffset: -1,
            partitionMaxBytes: maxPartitionBytes,
            replicaDirectoryId: ZERO_UUID,
            highWatermark: -1,
          },
        ],
      },
    ],
    forgottenTopicsData: [],
    rackId: "",
  };
}
