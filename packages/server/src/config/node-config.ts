import type { BrokerConfig, ListenerConfig, LogDirConfig } from "@samsa/broker";
import { type NodeId, nodeId } from "@samsa/stdx";
import { type ControlAddress, type ControlListener, parseQuorumVoters } from "../control-address.ts";
import { refusalOf, warningOf } from "./foreign-keys.ts";
import { groupConfig } from "./group-config.ts";
import { type LogDirs, readLogDirs } from "./log-dirs.ts";
import { CONFIG_KEYS, KEYS_BY_NAME } from "./keys.ts";
import { type ConfigProblem, Values } from "./values.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** A node's configuration, checked: whoever holds one need not check again. */
export interface NodeConfig {
  readonly nodeId: NodeId;
  /** Its first log directory, which has the metadata log. */
  readonly logDir: string;
  readonly furtherLogDirs: readonly string[];
  readonly secretFile: string | undefined;
  readonly isBroker: boolean;
  readonly isController: boolean;
  /** The leader replaces a voter that lost its disk. */
  readonly isVoterReplacementEnabled: boolean;
  readonly voters: readonly ControlAddress[];
  /** Where other nodes reach this one. */
  readonly controlListener: ControlListener;
  readonly broker: Omit<BrokerConfig, "clusterId">;
  readonly electionTimeoutMs: number;
  readonly quorumHeartbeatIntervalMs: number;
  readonly quorumLimits: {
    readonly maxEntriesPerAppend: number;
    readonly snapshotAfterBytes: number;
    readonly retainedEntries: number;
    readonly maxBytesPerChunk: number;
  };
  readonly brokerHeartbeatIntervalMs: number;
  readonly brokerSessionTimeoutMs: number;
  readonly isFencingByRefusedDial: boolean;
  readonly isUncleanElectionEnabled: boolean;
  readonly isDeleteTopicEnabled: boolean;
  /** undefined: leaders are not moved back by themselves. */
  readonly leaderBalanceIntervalMs: number | undefined;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: NodeConfig; readonly warnings: readonly ConfigProblem[] }
  | { readonly ok: false; readonly errors: readonly ConfigProblem[]; readonly warnings: readonly ConfigProblem[] };

/** Reads Kafka's `server.properties` keys. A key that nothing goes by is a warning, or an error if it promises something; a bad value is an error. */
export function readNodeConfig(given: ReadonlyMap<string, string>): ConfigResult {
  const errors: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  for (const [key, value] of given) {
    if (KEYS_BY_NAME.has(key) || key === OLD_NODE_ID) continue;
    const [refusal, warning] = [refusalOf(key, value), warningOf(key, KEYS_BY_NAME.keys())];
    if (refusal !== undefined) errors.push({ key, problem: refusal });
    else if (warning !== undefined) warnings.push({ key, problem: warning });
  }
  const properties = withNodeId(given, errors);
  const values = new Values(properties, errors);
  for (const key of CONFIG_KEYS) values.check(key);
  const config = errors.length === 0 ? assemble(values, errors) : undefined;
  return config === undefined || errors.length > 0 ? { ok: false, errors, warnings } : { ok: true, config, warnings };
}

/** The older name of `node.id`. */
const OLD_NODE_ID = "broker.id";

function withNodeId(given: ReadonlyMap<string, string>, errors: ConfigProblem[]): ReadonlyMap<string, string> {
  const [nodeId, brokerId] = [given.get("node.id"), given.get(OLD_NODE_ID)];
  if (brokerId === undefined) return given;
  if (nodeId !== undefined && nodeId !== brokerId)
    errors.push({ key: OLD_NODE_ID, problem: `is ${JSON.stringify(brokerId)}, but node.id, its newer name, is ${JSON.stringify(nodeId)}` });
  return new Map([...given, ["node.id", nodeId ?? brokerId]]);
}

interface Listener {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** `NAME://host:port,…`; an empty host is every interface. */
export function parseListeners(text: string): readonly Listener[] | undefined {
  const listeners: Listener[] = [];
  for (const entry of text.split(",")) {
    const match = /^\s*([A-Za-z0-9_]+):\/\/(\[[0-9a-fA-F:]+\]|[^:/]*):(\d{1,5})\s*$/.exec(entry);
    const [, name, host, port] = match ?? [];
    if (name === undefined || host === undefined || port === undefined || Number(port) > 65_535) return undefined;
    listeners.push({ name, host: host === "" ? "0.0.0.0" : host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) });
  }
  return listeners;
}

function assemble(values: Values, errors: ConfigProblem[]): NodeConfig | undefined {
  const id = nodeId(values.integer("node.id"));
  const controllerNames = values
    .required("controller.listener.names")
    .split(",")
    .map((name) => name.trim());
  const all = parseListeners(values.required("listeners"));
  if (all === undefined) values.fail("listeners", "must be a list of NAME://host:port");
  if (all !== undefined && new Set(all.map(({ name }) => name)).size < all.length) values.fail("listeners", "names a listener twice");
  const roles = rolesOf(values);
  const listeners = advertise(values, all?.filter((one) => !controllerNames.includes(one.name)) ?? []);
  checkListeners(values, roles, listeners);
  const interBrokerListener = values.optional("inter.broker.listener.name") ?? listeners[0]?.name ?? "";
  if (roles.isBroker && !listeners.some((one) => one.name === interBrokerListener))
    values.fail("inter.broker.listener.name", `is ${JSON.stringify(interBrokerListener)}, which is not among the listeners`);
  checkSecurity(values, listeners);
  const controllerListener = all?.find((one) => controllerNames.includes(one.name));
  const voters = votersOf(values, { id, ...roles }, controllerListener);
  const logDirs = logDirsOf(values);
  if (errors.length > 0 || voters === undefined || logDirs === undefined) return undefined;
  return {
    nodeId: id,
    logDir: logDirs.first,
    furtherLogDirs: logDirs.further,
    secretFile: values.optional("samsa.cluster.secret.file"),
    ...roles,
    isVoterReplacementEnabled: values.boolean("controller.quorum.auto.join.enable"),
    voters,
    controlListener: controlListenerOf(
      voters.find((voter) => voter.nodeId === id),
      controllerListener,
      listeners[0],
    ),
    broker: brokerConfig(values, { id, listeners, interBrokerListener, logDirs: logDirs.ofPartitions }),
    electionTimeoutMs: values.integer("controller.quorum.election.timeout.ms"),
    quorumHeartbeatIntervalMs: Math.max(1, Math.floor(values.integer("controller.quorum.election.timeout.ms") / 3)),
    quorumLimits: {
      maxEntriesPerAppend: values.integer("samsa.quorum.append.max.entries"),
      snapshotAfterBytes: values.integer("metadata.log.max.record.bytes.between.snapshots"),
      retainedEntries: values.integer("samsa.quorum.retained.entries"),
      maxBytesPerChunk: values.integer("samsa.quorum.snapshot.chunk.bytes"),
    },
    brokerHeartbeatIntervalMs: values.integer("broker.heartbeat.interval.ms"),
    brokerSessionTimeoutMs: values.integer("broker.session.timeout.ms"),
    isFencingByRefusedDial: values.boolean("samsa.fencing.by.refused.dial"),
    isUncleanElectionEnabled: values.boolean("unclean.leader.election.enable"),
    isDeleteTopicEnabled: values.boolean("delete.topic.enable"),
    leaderBalanceIntervalMs: values.boolean("auto.leader.rebalance.enable") ? values.integer("leader.imbalance.check.interval.seconds") * 1000 : undefined,
  };
}

function logDirsOf(values: Values): LogDirs | undefined {
  const read = readLogDirs({
    logDirs: values.optional("log.dirs"),
    logDir: values.required("log.dir"),
    metadataLogDir: values.optional("metadata.log.dir"),
  });
  if (!("problem" in read)) return read;
  values.fail(read.key, read.problem);
  return undefined;
}

/** What is not advertised under another address is advertised as it is bound; every interface at once can't be dialled. */
function advertise(values: Values, listeners: readonly Listener[]): readonly ListenerConfig[] {
  const text = values.optional("advertised.listeners");
  const advertised = text === undefined ? [] : parseListeners(text);
  if (advertised === undefined) values.fail("advertised.listeners", "must be a list of NAME://host:port");
  const unknown = advertised?.find((one) => !listeners.some(({ name }) => name === one.name));
  if (unknown !== undefined) values.fail("advertised.listeners", `names ${unknown.name}, which is not among the listeners`);
  return listeners.map((listener) => {
    const { host, port } = advertised?.find(({ name }) => name === listener.name) ?? listener;
    return { ...listener, advertised: { host: host === "0.0.0.0" ? "127.0.0.1" : host, port } };
  });
}

/** Only PLAINTEXT is spoken: a listener that asks for more must not be opened with less. */
function checkSecurity(values: Values, listeners: readonly ListenerConfig[]): void {
  const protocols = new Map(
    (values.optional("listener.security.protocol.map") ?? "")
      .split(",")
      .map((entry): [string, string] => [entry.split(":")[0]?.trim() ?? "", entry.split(":")[1]?.trim() ?? ""]),
  );
  for (const { name } of listeners) {
    const protocol = protocols.get(name) ?? name;
    if (protocol !== "PLAINTEXT")
      values.fail(
        "listener.security.protocol.map",
        protocols.has(name) ? `asks for ${protocol} on ${name}; only PLAINTEXT is supported` : `must say that ${name} is PLAINTEXT`,
      );
  }
}

interface Roles {
  readonly isBroker: boolean;
  readonly isController: boolean;
}

function rolesOf(values: Values): Roles {
  const roles = values.required("process.roles").split(",");
  return { isBroker: roles.includes("broker"), isController: roles.includes("controller") };
}

function checkListeners(values: Values, { isBroker }: Roles, listeners: readonly ListenerConfig[]): void {
  if (values.errors.some(({ key }) => key === "listeners")) return;
  if (isBroker && listeners.length === 0) values.fail("listeners", "has no listener for clients: all of them are controller listeners");
  if (!isBroker && listeners.length > 0 && values.isGiven("listeners"))
    values.fail("listeners", `names ${listeners[0]?.name}, but a node that is only a controller serves no clients: name controller listeners only`);
}

/** A voter listens where the others look for it; another node where its configuration says, or on any free port beside its clients' listener. */
function controlListenerOf(voter: ControlAddress | undefined, own: Listener | undefined, client: ListenerConfig | undefined): ControlListener {
  if (voter !== undefined) return { host: voter.host, advertisedHost: voter.host, port: voter.port };
  const host = own?.host ?? client?.host ?? "127.0.0.1";
  return { host, advertisedHost: host === "0.0.0.0" ? (client?.advertised.host ?? host) : host, port: own?.port ?? 0 };
}

/** Without `controller.quorum.voters` a node is a cluster of its own, on its controller listener or on any free port. */
function votersOf(values: Values, own: Roles & { readonly id: NodeId }, controllerListener: Listener | undefined): readonly ControlAddress[] | undefined {
  const { id: self, isController, isBroker } = own;
  const text = values.optional("controller.quorum.voters");
  if (text === undefined && !(isBroker && isController)) {
    values.fail("controller.quorum.voters", "must be set: a node with one role needs others for the other one");
    return undefined;
  }
  if (text === undefined) return [{ nodeId: self, host: controllerListener?.host ?? "127.0.0.1", port: controllerListener?.port ?? 0 }];
  const voters = parseQuorumVoters(text);
  if (voters === undefined) values.fail("controller.quorum.voters", `is ${JSON.stringify(text)}; it must be a list of id@host:port with ids that differ`);
  else if (isController && !voters.some((voter) => voter.nodeId === self))
    values.fail("controller.quorum.voters", `does not name this node (node.id=${self}), which is a controller`);
  else if (!isController && voters.some((voter) => voter.nodeId === self))
    values.fail("controller.quorum.voters", `names this node (node.id=${self}), which is no controller by process.roles`);
  return voters;
}

/** `address:number,…`; an address of IPv6 has colons of its own. */
function overridesOf(values: Values, key: string): ReadonlyMap<string, number> {
  const overrides = new Map<string, number>();
  for (const entry of values
    .required(key)
    .split(",")
    .filter((text) => text.trim() !== "")) {
    const [, address, count] = /^\s*(\S+):(\d+)\s*$/.exec(entry) ?? [];
    if (address === undefined || count === undefined) values.fail(key, `has ${JSON.stringify(entry)}; it must be a list of address:number`);
    else overrides.set(address, Number(count));
  }
  return overrides;
}

/** The finest unit that is given goes before the others; a negative one is no limit. */
function retentionMsOf(values: Values): number {
  const minutes = values.optional("log.retention.minutes");
  const coarse = minutes === undefined ? values.integer("log.retention.hours") * HOUR_MS : Number(minutes) * MINUTE_MS;
  const retentionMs = values.integerOr("log.retention.ms", coarse);
  return retentionMs < 0 ? -1 : retentionMs;
}

function brokerConfig(
  values: Values,
  own: { readonly id: NodeId; readonly listeners: readonly ListenerConfig[]; readonly interBrokerListener: string; readonly logDirs: readonly LogDirConfig[] },
): Omit<BrokerConfig, "clusterId"> {
  return {
    nodeId: own.id,
    listeners: own.listeners,
    interBrokerListener: own.interBrokerListener,
    logDirs: own.logDirs,
    rack: values.optional("broker.rack") ?? null,
    replicaSelectorClass: values.optional("replica.selector.class"),
    numPartitions: values.integer("num.partitions"),
    defaultReplicationFactor: values.integer("default.replication.factor"),
    minInsyncReplicas: values.integer("min.insync.replicas"),
    isAutoCreateTopicsEnabled: values.boolean("auto.create.topics.enable"),
    replicaLagTimeMaxMs: values.integer("replica.lag.time.max.ms"),
    replicaFetchWaitMaxMs: values.integer("replica.fetch.wait.max.ms"),
    replicaFetchMaxBytes: values.integer("replica.fetch.max.bytes"),
    replicaFetchResponseMaxBytes: values.integer("replica.fetch.response.max.bytes"),
    replicaFetchBackoffMs: values.integer("replica.fetch.backoff.ms"),
    maxRequestPartitionSizeLimit: values.integer("max.request.partition.size.limit"),
    numReplicaFetchers: values.integer("num.replica.fetchers"),
    maxIncrementalFetchSessionCacheSlots: values.integer("max.incremental.fetch.session.cache.slots"),
    fetchMaxBytes: values.integer("fetch.max.bytes"),
    messageMaxBytes: values.integer("message.max.bytes"),
    compressionType: values.required("compression.type"),
    compressionGzipLevel: Number(values.required("compression.gzip.level")),
    compressionLz4Level: values.integer("compression.lz4.level"),
    compressionZstdLevel: values.integer("compression.zstd.level"),
    logSegmentBytes: values.integer("log.segment.bytes"),
    logRollMs: values.integerOr("log.roll.ms", values.integer("log.roll.hours") * HOUR_MS),
    logRollJitterMs: values.integerOr("log.roll.jitter.ms", values.integer("log.roll.jitter.hours") * HOUR_MS),
    logIndexIntervalBytes: values.integer("log.index.interval.bytes"),
    logIndexSizeMaxBytes: values.integer("log.index.size.max.bytes"),
    producerIdExpirationMs: values.integer("producer.id.expiration.ms"),
    logFlushOffsetCheckpointIntervalMs: values.integer("log.flush.offset.checkpoint.interval.ms"),
    logFlushStartOffsetCheckpointIntervalMs: values.integer("log.flush.start.offset.checkpoint.interval.ms"),
    logRetentionMs: retentionMsOf(values),
    logRetentionBytes: values.integer("log.retention.bytes"),
    logRetentionCheckIntervalMs: values.integer("log.retention.check.interval.ms"),
    logCleanupPolicy: values.required("log.cleanup.policy"),
    logCleaner: logCleanerConfig(values),
    logSegmentDeleteDelayMs: values.integer("log.segment.delete.delay.ms"),
    replicaHighWatermarkCheckpointIntervalMs: values.integer("replica.high.watermark.checkpoint.interval.ms"),
    logFlushIntervalMessages: values.integer("log.flush.interval.messages"),
    logFlushIntervalMs: values.integer("log.flush.interval.ms"),
    logMessageTimestampBeforeMaxMs: values.integer("log.message.timestamp.before.max.ms"),
    logMessageTimestampAfterMaxMs: values.integer("log.message.timestamp.after.max.ms"),
    socketRequestMaxBytes: values.integer("socket.request.max.bytes"),
    queuedMaxRequestBytes: values.integer("queued.max.request.bytes"),
    maxConnections: values.integer("max.connections"),
    maxConnectionsPerIp: values.integer("max.connections.per.ip"),
    maxConnectionsPerIpOverrides: overridesOf(values, "max.connections.per.ip.overrides"),
    connectionsMaxIdleMs: values.integer("connections.max.idle.ms"),
    groups: groupConfig(values),
    offsetsTopic: offsetsTopicConfig(values),
    properties: values.given,
  };
}

function logCleanerConfig(values: Values): BrokerConfig["logCleaner"] {
  return {
    isEnabled: values.boolean("log.cleaner.enable"),
    backoffMs: values.integer("log.cleaner.backoff.ms"),
    dedupeBufferSize: values.integer("log.cleaner.dedupe.buffer.size"),
    ioBufferLoadFactor: values.number("log.cleaner.io.buffer.load.factor"),
    ioMaxBytesPerSecond: values.number("log.cleaner.io.max.bytes.per.second"),
    minCleanableRatio: values.number("log.cleaner.min.cleanable.ratio"),
    deleteRetentionMs: values.integer("log.cleaner.delete.retention.ms"),
    minCompactionLagMs: values.integer("log.cleaner.min.compaction.lag.ms"),
    maxCompactionLagMs: values.integer("log.cleaner.max.compaction.lag.ms"),
  };
}

function offsetsTopicConfig(values: Values): BrokerConfig["offsetsTopic"] {
  return {
    partitionCount: values.integer("offsets.topic.num.partitions"),
    replicationFactor: values.integer("offsets.topic.replication.factor"),
    segmentBytes: values.integer("offsets.topic.segment.bytes"),
  };
}
