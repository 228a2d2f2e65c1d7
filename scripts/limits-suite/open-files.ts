import { readdirSync } from "node:fs";
import { type ApiInputs, apis, ErrorCode, errorName } from "@samsa/protocol";
import { encodeBatch } from "@samsa/protocol/records";
import { type Address, createLoadTopic, type LoadTopic, waitForLeaders, WireConnection } from "@samsa/scenario-runner/load";
import { ProcessCluster } from "@samsa/scenario-runner/process-cluster";
import { ZERO_UUID } from "@samsa/stdx";

const PARTITIONS = 3_000;
const PARTITIONS_PER_TOPIC = 100;
const DESCRIPTORS_MAX = 1_024;
/** Clients that stay connected all the time: they have descriptors too. */
const CONNECTIONS = 100;
const START_LIMIT_MS = 30_000;
const TOPIC_LIMIT_MS = 30_000;
const SAMPLE_EVERY_MS = 20;
const PRODUCE_VERSION = 9;
const FETCH_VERSION = 12;
const RETRY_MS = 20;
const ATTEMPTS_MAX = 500;

const TOPICS: readonly LoadTopic[] = Array.from({ length: PARTITIONS / PARTITIONS_PER_TOPIC }, (_, index) => ({
  name: `many-${index}`,
  partitions: PARTITIONS_PER_TOPIC,
  replicationFactor: 1,
  minInsyncReplicas: 1,
}));
const INDEXES = Array.from({ length: PARTITIONS_PER_TOPIC }, (_, index) => index);

/**
 * One broker with 3,000 partitions, of which each has a segment and two indexes, and descriptors for a third of that (`ulimit -n 1024`). The limit is the
 * process's own, taken over from the shell that became it.
 */
export class ManyFilesBroker {
  private readonly cluster: ProcessCluster;
  private readonly address: Address;
  private readonly sampler: NodeJS.Timeout;
  private readonly clients: WireConnection[] = [];
  private peak = 0;
  /** Records in each partition. */
  private produced = 0;

  private constructor(cluster: ProcessCluster) {
    const [host = "", port = ""] = (cluster.bootstrap[0] ?? "").split(":");
    this.cluster = cluster;
    this.address = { host, port: Number(port) };
    this.sampler = setInterval(() => this.sample(), SAMPLE_EVERY_MS);
  }

  static async start(): Promise<ManyFilesBroker> {
    let isReady = false;
    const cluster = await ProcessCluster.start({
      bundle: "dist/samsa.mjs",
      brokers: 1,
      areFaultsEnabled: false,
      descriptorsMax: DESCRIPTORS_MAX,
      onEvent: (event) => {
        if (event.kind === "broker-unfenced") isReady = true;
        cluster.poke();
      },
    });
    if (!(await cluster.until(() => isReady, START_LIMIT_MS))) throw new Error("the broker did not start");
    const broker = new ManyFilesBroker(cluster);
    await broker.connectClients();
    return broker;
  }

  async createAll(): Promise<void> {
    for (const topic of TOPICS) await createLoadTopic([this.address], topic, TOPIC_LIMIT_MS);
    for (const topic of TOPICS) await waitForLeaders([this.address], topic, TOPIC_LIMIT_MS);
  }

  /** A record to each of them: all requests at once, so that all files are wanted at once. */
  async produceToAll(): Promise<void> {
    const connections = await this.connect(TOPICS.length);
    await Promise.all(TOPICS.map((topic, index) => this.produce(connections[index] as WireConnection, topic)));
    for (const connection of connections) connection.close();
    this.produced++;
  }

  /** What was produced is there, in every one of them. */
  async readAll(): Promise<void> {
    const connections = await this.connect(TOPICS.length);
    await Promise.all(TOPICS.map((topic, index) => this.read(connections[index] as WireConnection, topic)));
    for (const connection of connections) connection.close();
  }

  async restart(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const [node] = this.cluster.nodes;
    await node?.kill(signal);
    node?.start();
    for (const topic of TOPICS) await waitForLeaders([this.address], topic, TOPIC_LIMIT_MS);
    await this.connectClients();
  }

  /** What was open at most since the last call. */
  check(): number {
    const [node] = this.cluster.nodes;
    this.sample();
    const { peak } = this;
    this.peak = 0;
    if (node?.isRunning !== true) throw new Error(node?.failure ?? "the broker has ended");
    if (/EMFILE|ENFILE/.test(node.log)) throw new Error("the broker ran out of descriptors");
    if (peak === 0 || peak >= DESCRIPTORS_MAX) throw new Error(`the broker had ${peak} files open; ${DESCRIPTORS_MAX} are allowed`);
    return peak;
  }

  async dispose(): Promise<void> {
    clearInterval(this.sampler);
    for (const client of this.clients) client.close();
    await this.cluster.dispose();
  }

  private async connectClients(): Promise<void> {
    for (const client of this.clients.splice(0)) client.close();
    this.clients.push(...(await this.connect(CONNECTIONS)));
  }

  private connect(count: number): Promise<WireConnection[]> {
    return Promise.all(Array.from({ length: count }, () => WireConnection.open(this.address)));
  }

  private async produce(connection: WireConnection, { name }: LoadTopic): Promise<void> {
    const records = [encodeBatch({ records: [{ key: null, value: new Uint8Array(100), timestamp: Date.now() }] })];
    const topicData = [{ name, topicId: ZERO_UUID, partitionData: INDEXES.map((index) => ({ index, records })) }];
    const { responses } = await connection.call(apis.Produce, PRODUCE_VERSION, { transactionalId: null, acks: -1, timeoutMs: TOPIC_LIMIT_MS, topicData });
    const answers = responses[0]?.partitionResponses ?? [];
    const refused = answers.find(({ errorCode }) => errorCode !== ErrorCode.NONE);
    if (answers.length !== PARTITIONS_PER_TOPIC || refused !== undefined)
      throw new Error(`${name}: ${answers.length} answers; ${refused === undefined ? "" : errorName(refused.errorCode)}`);
  }

  /** A fetch answers with what fits, so that those that came with nothing are asked for again. */
  private async read(connection: WireConnection, { name }: LoadTopic): Promise<void> {
    const missing = new Set(INDEXES);
    for (let attempt = 1; missing.size > 0; attempt++) {
      const { responses } = await connection.call(apis.Fetch, FETCH_VERSION, fetchRequest(name, [...missing]));
      for (const { partitionIndex, errorCode, highWatermark, records } of responses[0]?.partitions ?? []) {
        if (errorCode !== ErrorCode.NONE) throw new Error(`${name}-${partitionIndex}: ${errorName(errorCode)}`);
        if (highWatermark === this.produced && (records?.length ?? 0) > 0) missing.delete(partitionIndex);
      }
      if (attempt === ATTEMPTS_MAX) throw new Error(`${name}: ${missing.size} partitions do not give what was produced`);
      if (missing.size > 0) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  private sample(): void {
    const pid = this.cluster.nodes[0]?.pid;
    if (pid === undefined || process.platform !== "linux") return;
    try {
      this.peak = Math.max(this.peak, readdirSync(`/proc/${pid}/fd`).length);
    } catch {
      // It is ending.
    }
  }
}

function fetchRequest(topic: string, partitions: readonly number[]): ApiInputs["Fetch"]["request"] {
  return {
    clusterId: null,
    replicaId: -1,
    replicaState: { replicaId: -1, replicaEpoch: -1 },
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 16 * 1024 * 1024,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [
      {
        topic,
        topicId: ZERO_UUID,
        partitions: partitions.map((partition) => ({
          partition,
          currentLeaderEpoch: -1,
          fetchOffset: 0,
          lastFetchedEpoch: -1,
          logStartOffset: -1,
          partitionMaxBytes: 1024,
          replicaDirectoryId: ZERO_UUID,
          highWatermark: Number.MAX_SAFE_INTEGER,
        })),
      },
    ],
    forgottenTopicsData: [],
    rackId: "",
  };
}
