import type { ControllerReply, ControllerRequest } from "@samsa/controller";
import { EMPTY_IMAGE, type MetadataImage, type MetadataRecord, replayBatch } from "@samsa/metadata";
import {
  type ApiCodec,
  type ApiInputs,
  type ApiMessages,
  type ApiName,
  apis,
  type AnyApi,
  decodeResponseHeader,
  encodeRequestFrame,
  FrameDecoder,
  Reader,
} from "@samsa/protocol";
import {
  type BrokerEpoch,
  brokerEpoch,
  concatBytes,
  encodeUtf8,
  leaderEpoch,
  micros,
  type NodeId,
  nodeId,
  type Now,
  partitionEpoch,
  Prng,
  uuid,
  wallMs,
  ZERO_UUID,
} from "@samsa/stdx";
import { type Completion, type ConnectionId, type Effect, isSlice, Outbox, type Part } from "@samsa/world";
import { Broker, type BrokerConfig, type OnReply } from "../../src/index.ts";
import { MemoryDisk } from "./memory-disk.ts";

export const SELF = nodeId(1);
export const TOPIC = "orders";
export const TOPIC_ID = uuid("AAAAAAAAAAAAAAAAAAAAAQ");
export const LISTENER = "PLAINTEXT";

/** Knows the secret "secret"; not HMAC, but as far as equality goes the same. */
export const testProof = (text: string): Uint8Array => encodeUtf8(`proof of ${text}`);

/** As a number, Kafka's largest int64. */
const NO_LIMIT = 2 ** 63;

export const testConfig = (changes: Partial<BrokerConfig> = {}): BrokerConfig => ({
  nodeId: SELF,
  clusterId: "cluster",
  listeners: [{ name: LISTENER, host: "host1", port: 9092, advertised: { host: "host1", port: 9092 } }],
  interBrokerListener: LISTENER,
  rack: null,
  replicaSelectorClass: undefined,
  numPartitions: 2,
  defaultReplicationFactor: 1,
  minInsyncReplicas: 1,
  isAutoCreateTopicsEnabled: true,
  replicaLagTimeMaxMs: 10_000,
  replicaFetchWaitMaxMs: 500,
  replicaFetchMaxBytes: 1_048_576,
  replicaFetchResponseMaxBytes: 10_485_760,
  replicaFetchBackoffMs: 100,
  maxRequestPartitionSizeLimit: 2000,
  numReplicaFetchers: 1,
  fetchMaxBytes: 57_671_680,
  maxIncrementalFetchSessionCacheSlots: 1_000,
  messageMaxBytes: 1_048_588,
  logDirs: [{ index: 0, path: "data" }],
  logSegmentBytes: 1_073_741_824,
  logRollMs: 604_800_000,
  logRollJitterMs: 0,
  compressionType: "producer",
  compressionGzipLevel: -1,
  compressionLz4Level: 9,
  compressionZstdLevel: 3,
  logIndexIntervalBytes: 4096,
  logIndexSizeMaxBytes: 10_485_760,
  producerIdExpirationMs: 86_400_000,
  logFlushOffsetCheckpointIntervalMs: 60_000,
  logFlushStartOffsetCheckpointIntervalMs: 60_000,
  logRetentionMs: 604_800_000,
  logRetentionBytes: -1,
  logRetentionCheckIntervalMs: 300_000,
  logCleanupPolicy: "delete",
  logCleaner: {
    isEnabled: true,
    backoffMs: 15_000,
    dedupeBufferSize: 134_217_728,
    ioBufferLoadFactor: 0.9,
    ioMaxBytesPerSecond: Number.MAX_VALUE,
    minCleanableRatio: 0.5,
    deleteRetentionMs: 86_400_000,
    minCompactionLagMs: 0,
    maxCompactionLagMs: NO_LIMIT,
  },
  logSegmentDeleteDelayMs: 60_000,
  replicaHighWatermarkCheckpointIntervalMs: 5_000,
  logFlushIntervalMessages: NO_LIMIT,
  logFlushIntervalMs: NO_LIMIT,
  logMessageTimestampBeforeMaxMs: NO_LIMIT,
  logMessageTimestampAfterMaxMs: 3_600_000,
  socketRequestMaxBytes: 104_857_600,
  queuedMaxRequestBytes: -1,
  maxConnections: 0x7fff_ffff,
  maxConnectionsPerIp: 0x7fff_ffff,
  maxConnectionsPerIpOverrides: new Map(),
  connectionsMaxIdleMs: -1,
  groups: {
    minSessionTimeoutMs: 6_000,
    maxSessionTimeoutMs: 1_800_000,
    initialRebalanceDelayMs: 3_000,
    maxSize: 0x7fff_ffff,
    offsetMetadataMaxBytes: 4_096,
    offsetsRetentionMs: 604_800_000,
    offsetsRetentionCheckIntervalMs: 600_000,
    offsetsCommitTimeoutMs: 5_000,
    consumer: {
      sessionTimeoutMs: 45_000,
      heartbeatIntervalMs: 5_000,
      sessionTimeoutLimits: { min: 45_000, max: 60_000 },
      heartbeatIntervalLimits: { min: 5_000, max: 15_000 },
      assignmentIntervalMs: 1_000,
      maxSize: 0x7fff_ffff,
      assignors: ["uniform", "range"],
      migrationPolicy: "bidirectional",
    },
  },
  offsetsTopic: { partitionCount: 50, replicationFactor: 3, segmentBytes: 104_857_600 },
  properties: new Map(),
  ...changes,
});

const incarnationOf = (id: number) => uuid(`incarnation${String(id).padStart(11, "0")}`);
/** Brokers register in the order of their ids. */
export const epochOf = (id: number): BrokerEpoch => brokerEpoch(id - 1);

export function brokerRecords(id: number, listeners: readonly string[] = [LISTENER], rack: string | null = null): MetadataRecord[] {
  const endpoints = listeners.map((listener) => ({ listener, host: `host${id}`, port: 9092 }));
  const registration = {
    brokerId: nodeId(id),
    brokerEpoch: epochOf(id),
    incarnationId: incarnationOf(id),
    endpoints,
    controlEndpoint: { host: `host${id}`, port: 9093 },
    rack,
    pageCacheSurvived: true,
    directoryId: ZERO_UUID,
    features: [],
  };
  return [
    { type: "register-broker", ...registration },
    { type: "unfence-broker", brokerId: nodeId(id), brokerEpoch: epochOf(id) },
  ];
}

export function topicRecords(
  options: {
    readonly name?: string;
    readonly id?: string;
    readonly partitions?: readonly (readonly number[])[];
    readonly configs?: Readonly<Record<string, string>>;
  } = {},
): MetadataRecord[] {
  const { name = TOPIC, id = TOPIC_ID, partitions = [[1]], configs = {} } = options;
  const topicId = uuid(id);
  return [
    { type: "topic", name, topicId },
    ...Object.entries(configs).map(([key, value]): MetadataRecord => ({ type: "config", resourceType: "topic", resourceName: name, key, value })),
    ...partitions.map((replicas, partition): MetadataRecord => {
      const ids = replicas.map(nodeId);
      return {
        type: "partition",
        topicId,
        partition,
        replicas: ids,
        addingReplicas: [],
        removingReplicas: [],
        leader: ids[0] ?? nodeId(-1),
        leaderEpoch: leaderEpoch(0),
        partitionEpoch: partitionEpoch(0),
        isr: ids,
        elr: [],
        lastKnownLeader: nodeId(-1),
      };
    }),
  ];
}

interface Asked {
  readonly request: ControllerRequest;
  readonly answer: (reply: ControllerReply | undefined) => void;
}

/** One client, with real bytes both ways. */
export class TestClient {
  readonly id: ConnectionId;
  readonly answers: unknown[] = [];
  readonly received: Uint8Array[] = [];
  isReading = true;
  closedAs: "end" | "reset" | undefined;
  private readonly host: TestBroker;
  private readonly expected: ((frame: Uint8Array) => unknown)[] = [];
  private readonly decoder = new FrameDecoder();
  private correlationId = 7;

  constructor(host: TestBroker, id: ConnectionId) {
    this.host = host;
    this.id = id;
  }

  /** The bytes of a request whose answer will be decoded as that API's. */
  frame<Name extends ApiName>(api: Name, apiVersion: number, request: ApiInputs[Name]["request"], hasAnswer = true): Uint8Array {
    const codec: ApiCodec<Name> = apis[api];
    const correlationId = this.correlationId++;
    if (hasAnswer)
      this.expected.push((frame): ApiMessages[Name]["response"] => {
        const reader = new Reader(frame);
        if (decodeResponseHeader(reader, codec as AnyApi, apiVersion) !== correlationId) throw new Error("answers are out of order");
        return codec.decodeResponse(reader, apiVersion);
      });
    return concatBytes(encodeRequestFrame(codec, { apiVersion, correlationId, clientId: "test" }, request) as readonly Uint8Array[]);
  }

  ask<Name extends ApiName>(api: Name, apiVersion: number, request: ApiInputs[Name]["request"], hasAnswer = true): void {
    this.send(this.frame(api, apiVersion, request, hasAnswer));
  }

  send(bytes: Uint8Array): void {
    this.host.turn((now) => this.host.broker.input({ type: "received", connection: this.id, bytes }, now));
  }

  /** The answer to the one request asked now. */
  call<Name extends ApiName>(api: Name, apiVersion: number, request: ApiInputs[Name]["request"]): ApiMessages[Name]["response"] {
    const before = this.answers.length;
    this.ask(api, apiVersion, request);
    if (this.answers.length !== before + 1) throw new Error(`${api} v${apiVersion} got no answer${this.closedAs === undefined ? "" : ", but was cut off"}`);
    return this.answers.at(-1) as ApiMessages[Name]["response"];
  }

  close(): void {
    this.host.turn((now) => this.host.broker.input({ type: "closed", connection: this.id, reason: "end" }, now));
  }

  take(bytes: Uint8Array): void {
    for (const frame of this.decoder.push(bytes).frames) {
      this.received.push(frame);
      const expected = this.expected.shift();
      this.answers.push(expected === undefined ? frame : expected(frame));
    }
  }
}

/** A broker with a disk of its own and a controller that the test plays. */
export class TestBroker {
  readonly outbox = new Outbox();
  readonly disk: MemoryDisk;
  readonly broker: Broker;
  readonly asked: Asked[] = [];
  readonly dialled: Extract<Effect, { type: "dial" }>[] = [];
  readonly sent: { readonly connection: ConnectionId; readonly bytes: Uint8Array }[] = [];
  readonly traces: Extract<Effect, { type: "trace" }>["event"][] = [];
  readonly exits: string[] = [];
  /** Every connection that the broker closed, its own to leaders too. */
  readonly closed: ConnectionId[] = [];
  nowUs = 1_000_000;
  private readonly clients = new Map<ConnectionId, TestClient>();
  private image: MetadataImage = EMPTY_IMAGE;
  private nextConnection = 1;

  constructor(config: Partial<BrokerConfig> = {}, maxParked?: number, disk = new MemoryDisk()) {
    this.disk = disk;
    this.broker = new Broker({
      config: testConfig(config),
      outbox: this.outbox,
      prng: new Prng(1),
      channel: {
        ask: (request, onReply) =>
          void this.asked.push({ request, answer: (reply) => this.turn((now) => (onReply as OnReply<ControllerRequest["type"]>)(reply, now)) }),
      },
      proof: testProof,
      activeController: () => SELF,
      ...(maxParked === undefined ? {} : { maxParked }),
    });
    this.turn(() => this.broker.listen(() => undefined));
  }

  /** Registered, in a cluster of these brokers, with these topics. */
  static serving(
    options: {
      readonly config?: Partial<BrokerConfig>;
      readonly brokers?: readonly number[];
      readonly topics?: readonly MetadataRecord[];
      readonly maxParked?: number;
      /** Of a broker before this one. */
      readonly disk?: MemoryDisk;
    } = {},
  ): TestBroker {
    const host = new TestBroker(options.config, options.maxParked, options.disk);
    host.open(options.brokers ?? [1], options.topics ?? topicRecords());
    return host;
  }

  get now(): Now {
    return { monotonicUs: micros(this.nowUs), wallMs: wallMs(1_700_000_000_000 + this.nowUs / 1000) };
  }

  open(brokers: readonly number[] = [1], topics: readonly MetadataRecord[] = []): void {
    this.turn((now) => this.broker.registered({ incarnationId: incarnationOf(SELF), epoch: epochOf(SELF), hasLostPageCache: false }, now));
    this.commit([...brokers.flatMap((id) => brokerRecords(id)), ...topics]);
  }

  commit(records: readonly MetadataRecord[]): void {
    const { image, delta } = replayBatch(this.image, records, this.image.index + 1);
    this.image = image;
    this.turn((now) => this.broker.applyMetadata(image, delta, now));
  }

  client(): TestClient {
    const id = this.nextConnection++ as ConnectionId;
    const client = new TestClient(this, id);
    this.clients.set(id, client);
    this.turn((now) => this.broker.input({ type: "accepted", connection: id, listener: LISTENER, remote: "client:4000" }, now));
    return client;
  }

  /** The leader that was dialled last answers the dial. */
  connectDialled(): ConnectionId {
    const dial = this.dialled.shift();
    if (dial === undefined) throw new Error("nobody was dialled");
    const connection = this.nextConnection++ as ConnectionId;
    this.turn((now) => this.outbox.complete({ type: "dialled", id: dial.id, connection }, now));
    return connection;
  }

  /** Time goes on, and every deadline on the way is kept. */
  pass(ms: number): void {
    const end = this.nowUs + ms * 1000;
    for (let at = this.broker.nextDeadlineUs; at !== undefined && at <= end; at = this.broker.nextDeadlineUs) {
      this.nowUs = Math.max(this.nowUs, at);
      this.turn((now) => this.broker.deadline(now));
    }
    this.nowUs = end;
    this.turn((now) => this.broker.deadline(now));
  }

  /** One turn, and those that its effects lead to. */
  turn(input: (now: Now) => void): void {
    input(this.now);
    for (let completions = this.endTurn(); completions.length > 0; completions = this.endTurn()) {
      for (const completion of completions) this.outbox.complete(completion, this.now);
    }
  }

  /** The disk goes on with what it held back. */
  releaseDisk(): void {
    const completions = this.disk.release();
    this.turn((now) => completions.forEach((completion) => this.outbox.complete(completion, now)));
  }

  private endTurn(): Completion[] {
    this.broker.endTurn(this.now);
    return this.outbox.drain().flatMap((effect) => this.perform(effect));
  }

  private perform(effect: Effect): Completion[] {
    switch (effect.type) {
      case "send":
        this.send(effect.connection, effect.parts);
        return [];
      case "close":
      case "set-reading":
        this.changeConnection(effect);
        return [];
      case "admit":
        return [];
      case "listen":
        return [{ type: "listening", id: effect.id, port: effect.port }];
      case "dial":
        this.dialled.push(effect);
        return [];
      case "trace":
        this.traces.push(effect.event);
        return [];
      case "exit":
        this.exits.push(effect.reason);
        return [];
      case "deadline":
        return [];
      default:
        return this.disk.perform(effect);
    }
  }

  private send(connection: ConnectionId, parts: readonly Part[]): void {
    const bytes = concatBytes(parts.map((part) => (isSlice(part) ? this.disk.bytesOf(part.path, part.position, part.length) : part)));
    this.sent.push({ connection, bytes });
    this.clients.get(connection)?.take(bytes.slice());
  }

  private changeConnection(effect: Extract<Effect, { type: "close" | "set-reading" }>): void {
    if (effect.type === "close") this.closed.push(effect.connection);
    const client = this.clients.get(effect.connection);
    if (client === undefined) return;
    if (effect.type === "set-reading") client.isReading = effect.isReading;
    else client.closedAs = effect.how;
  }
}

export type { NodeId };
