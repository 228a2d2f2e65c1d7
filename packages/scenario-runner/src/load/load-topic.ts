import { ZERO_UUID } from "@samsa/stdx";
import { apis, ErrorCode, errorName } from "@samsa/protocol";
import { type Address, ConnectionEnded, WireConnection } from "./wire-connection.ts";

export interface LoadTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly minInsyncReplicas: number;
}

/** Versions that Apache Kafka 4 and Samsa have, and that name topics by their names. */
const CREATE_TOPICS_VERSION = 7;
const METADATA_VERSION = 12;
const LIST_OFFSETS_VERSION = 7;
/** ListOffsets' name for the end. */
const LATEST = -1;

const CREATE_TIMEOUT_MS = 10_000;
const POLL_MS = 5;

/** A broker said no. */
export class LoadRefused extends Error {
  readonly code = "LOAD_REFUSED";
}

/** Asks whoever of the bootstrap brokers answers, again and again: the cluster may only just be starting. */
export async function createLoadTopic(bootstrap: readonly Address[], topic: LoadTopic, timeoutMs: number): Promise<void> {
  const { name, partitions, replicationFactor, minInsyncReplicas } = topic;
  const wanted = {
    name,
    numPartitions: partitions,
    replicationFactor,
    assignments: [],
    configs: [{ name: "min.insync.replicas", value: String(minInsyncReplicas) }],
  };
  await patiently(bootstrap, timeoutMs, async (connection) => {
    const { topics } = await connection.call(apis.CreateTopics, CREATE_TOPICS_VERSION, { topics: [wanted], timeoutMs: CREATE_TIMEOUT_MS, validateOnly: false });
    const code = topics[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    if (code === ErrorCode.NONE || code === ErrorCode.TOPIC_ALREADY_EXISTS) return true;
    // Not all brokers have registered, or nobody is controller yet.
    return `topic ${name} was refused: ${errorName(code)}`;
  });
}

/** Where each partition's leader is, once all of them have one. */
export async function leadersOf(bootstrap: readonly Address[], topic: LoadTopic, timeoutMs: number): Promise<readonly Address[]> {
  return patiently(bootstrap, timeoutMs, async (connection) => {
    const request = {
      topics: [{ topicId: ZERO_UUID, name: topic.name }],
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    };
    const { brokers, topics } = await connection.call(apis.Metadata, METADATA_VERSION, request);
    const known = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    const partitions = topics[0]?.partitions ?? [];
    const leaders = [...partitions].sort((a, b) => a.partitionIndex - b.partitionIndex).flatMap(({ leaderId }) => known.get(leaderId) ?? []);
    return leaders.length === topic.partitions ? leaders : `topic ${topic.name} has ${leaders.length} of ${topic.partitions} leaders`;
  });
}

/** Where each partition's leader is, once each of them leads: an elected leader may not know yet that it is one. */
export async function waitForLeaders(bootstrap: readonly Address[], topic: LoadTopic, timeoutMs: number): Promise<readonly Address[]> {
  const leaders = await leadersOf(bootstrap, topic, timeoutMs);
  for (const [partition, leader] of leaders.entries())
    await patiently([leader], timeoutMs, async (connection) => {
      const partitions = [{ partitionIndex: partition, currentLeaderEpoch: -1, timestamp: LATEST, maxNumOffsets: 1 }];
      const request = { replicaId: -1, isolationLevel: 0, topics: [{ name: topic.name, partitions }], timeoutMs };
      const { topics } = await connection.call(apis.ListOffsets, LIST_OFFSETS_VERSION, request);
      const code = topics[0]?.partitions[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      return code === ErrorCode.NONE || `partition ${partition} of ${topic.name} is not led yet: ${errorName(code)}`;
    });
  return leaders;
}

/** Runs `ask` until it gives something else than a text, which says why not yet. */
async function patiently<T>(bootstrap: readonly Address[], timeoutMs: number, ask: (connection: WireConnection) => Promise<T | string>): Promise<T> {
  const startMs = performance.now();
  let problem = "nobody answers";
  for (let turn = 0; performance.now() - startMs < timeoutMs; turn++) {
    try {
      const connection = await WireConnection.open(bootstrap[turn % bootstrap.length] as Address);
      try {
        const answer = await ask(connection);
        if (typeof answer !== "string") return answer;
        problem = answer;
      } finally {
        connection.close();
      }
    } catch (error) {
      if (!isNotYet(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new LoadRefused(`${problem} after ${timeoutMs} ms`);
}

function isNotYet(error: unknown): boolean {
  return error instanceof ConnectionEnded || (error instanceof Error && "code" in error && (error.code === "ECONNREFUSED" || error.code === "ECONNRESET"));
}
