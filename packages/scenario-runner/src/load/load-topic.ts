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

const NOTHING_BESIDES = { allowAutoTopicCreation: false, includeClusterAuthorizedOperations: false, includeTopicAuthorizedOperations: false };
const API_VERSIONS_VERSION = 0;

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

/** Every broker that the cluster knows, once there are so many. */
export async function brokersOf(bootstrap: readonly Address[], count: number, timeoutMs: number): Promise<ReadonlyMap<number, Address>> {
  return patiently(bootstrap, timeoutMs, async (connection) => {
    const { brokers } = await connection.call(apis.Metadata, METADATA_VERSION, { topics: [], ...NOTHING_BESIDES });
    if (brokers.length < count) return `the cluster has ${brokers.length} of ${count} brokers`;
    return new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
  });
}

/** Where each partition's leader is, once all of them have one. */
export async function leadersOf(bootstrap: readonly Address[], topic: LoadTopic, timeoutMs: number): Promise<readonly Address[]> {
  return patiently(bootstrap, timeoutMs, async (connection) => {
    const request = { topics: [{ topicId: ZERO_UUID, name: topic.name }], ...NOTHING_BESIDES };
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
  await endOffsetsOf(topic, leaders, timeoutMs);
  return leaders;
}

/** Keys of the APIs that the cluster has. */
export async function apiKeysOf(bootstrap: readonly Address[], timeoutMs: number): Promise<ReadonlySet<number>> {
  return patiently(bootstrap, timeoutMs, async (connection) => {
    const { apiKeys } = await connection.call(apis.ApiVersions, API_VERSIONS_VERSION, { clientSoftwareName: "", clientSoftwareVersion: "" });
    return new Set(apiKeys.map(({ apiKey }) => apiKey));
  });
}

/** The end of each partition. */
export async function endOffsetsOf(topic: LoadTopic, leaders: readonly Address[], timeoutMs: number): Promise<readonly number[]> {
  return Promise.all(
    leaders.map((leader, partition) =>
      patiently([leader], timeoutMs, async (connection) => {
        const partitions = [{ partitionIndex: partition, currentLeaderEpoch: -1, timestamp: LATEST, maxNumOffsets: 1 }];
        const request = { replicaId: -1, isolationLevel: 0, topics: [{ name: topic.name, partitions }], timeoutMs };
        const found = (await connection.call(apis.ListOffsets, LIST_OFFSETS_VERSION, request)).topics[0]?.partitions[0];
        const code = found?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
        if (found !== undefined && code === ErrorCode.NONE) return found.offset;
        return `partition ${partition} of ${topic.name} is not led yet: ${errorName(code)}`;
      }),
    ),
  );
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
