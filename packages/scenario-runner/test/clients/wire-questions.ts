import { apis, errorName } from "@samsa/protocol";
import { encodeBatch } from "@samsa/protocol/records";
import { ZERO_UUID } from "@samsa/stdx";
import { type Address, WireConnection } from "../../src/load/wire-connection.ts";

const METADATA_VERSION = 12;
const CREATE_TOPICS_VERSION = 7;
const PRODUCE_VERSION = 9;
const FETCH_VERSION = 12;
const FETCH_BYTES = 1_000_000;
const UNKNOWN_HIGH_WATERMARK = -1;
const LIST_OFFSETS_VERSION = 7;
/** Kafka's number for the end that consumers may read to. */
const LATEST = -1;

export function addressOf(text: string): Address {
  const at = text.lastIndexOf(":");
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
}

/** One request over a connection of its own: nothing is retried, so that what a broker says is what is seen. */
async function ask<T>(broker: string, question: (connection: WireConnection) => Promise<T>): Promise<T> {
  const connection = await WireConnection.open(addressOf(broker));
  try {
    return await question(connection);
  } finally {
    connection.close();
  }
}

/** Leaders by partition as a broker tells them. */
export function leadersToldBy(broker: string, topic: string): Promise<readonly number[]> {
  return ask(broker, async (connection) => {
    const { topics } = await connection.call(apis.Metadata, METADATA_VERSION, {
      topics: [{ topicId: ZERO_UUID, name: topic }],
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    });
    return (topics[0]?.partitions ?? []).toSorted((a, b) => a.partitionIndex - b.partitionIndex).map(({ leaderId }) => leaderId);
  });
}

export function createTopicAt(broker: string, name: string, timeoutMs: number, configs: ReadonlyMap<string, string> = new Map()): Promise<string> {
  return ask(broker, async (connection) => {
    const wanted = { name, numPartitions: 1, replicationFactor: 3, assignments: [], configs: Array.from(configs, ([key, value]) => ({ name: key, value })) };
    const { topics } = await connection.call(apis.CreateTopics, CREATE_TOPICS_VERSION, { topics: [wanted], timeoutMs, validateOnly: false });
    return errorName(topics[0]?.errorCode ?? -1);
  });
}

/** The first batches of partition 0, as they are stored. */
export function batchesAt(broker: string, topic: string): Promise<Uint8Array> {
  return ask(broker, async (connection) => {
    const wanted = { partition: 0, currentLeaderEpoch: -1, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: -1, partitionMaxBytes: FETCH_BYTES };
    const partitions = [{ ...wanted, replicaDirectoryId: ZERO_UUID, highWatermark: UNKNOWN_HIGH_WATERMARK }];
    const { responses } = await connection.call(apis.Fetch, FETCH_VERSION, {
      clusterId: null,
      replicaId: -1,
      replicaState: { replicaId: -1, replicaEpoch: -1 },
      maxWaitMs: 1_000,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [{ topic, topicId: ZERO_UUID, partitions }],
      forgottenTopicsData: [],
      rackId: "",
    });
    return responses[0]?.partitions[0]?.records ?? new Uint8Array(0);
  });
}

export interface ProduceQuestion {
  readonly topic: string;
  readonly partition: number;
  readonly value: string;
  readonly acks: 1 | -1;
  readonly timeoutMs: number;
}

export function produceAt(broker: string, { topic, partition, value, acks, timeoutMs }: ProduceQuestion): Promise<string> {
  return ask(broker, async (connection) => {
    const batch = encodeBatch({ records: [{ key: null, value: new TextEncoder().encode(value), timestamp: Date.now() }] });
    const topicData = [{ name: topic, topicId: ZERO_UUID, partitionData: [{ index: partition, records: [batch] }] }];
    const { responses } = await connection.call(apis.Produce, PRODUCE_VERSION, { transactionalId: null, acks, timeoutMs, topicData });
    return errorName(responses[0]?.partitionResponses[0]?.errorCode ?? -1);
  });
}

/** -1: the broker does not lead the partition. */
export function highWatermarkAt(broker: string, topic: string, partition: number): Promise<number> {
  return ask(broker, async (connection) => {
    const partitions = [{ partitionIndex: partition, currentLeaderEpoch: -1, timestamp: LATEST, maxNumOffsets: 1 }];
    const request = { replicaId: -1, isolationLevel: 0, topics: [{ name: topic, partitions }], timeoutMs: 0 };
    const { topics } = await connection.call(apis.ListOffsets, LIST_OFFSETS_VERSION, request);
    return Number(topics[0]?.partitions[0]?.offset ?? -1);
  });
}
