import * as v from "valibot";
import { type ControllerReply, type ControllerRequest, DEFAULT_CONTROLLER_LIMITS, type QuorumStatus } from "@samsa/controller";
import type { OperatorFault } from "@samsa/world";
import type { RaftMessage } from "raft-ts";
import { parseRaftMessage } from "raft-ts";
import type { NodeReport, ReportLimits } from "../operator/node-report.ts";
import { pack, unpackForeign } from "./codec.ts";

/** What nodes say to each other on a proved connection. `token` pairs an answer with its question. */
export type PeerMessage =
  | { readonly type: "raft"; readonly message: RaftMessage }
  | { readonly type: "ask"; readonly token: number; readonly request: ControllerRequest }
  | { readonly type: "answer"; readonly token: number; readonly reply: ControllerReply }
  /** From the operator, to a node started with `--enable-faults`. */
  | { readonly type: "inject"; readonly token: number; readonly fault: OperatorFault }
  | { readonly type: "injected"; readonly token: number; readonly error: string | null }
  | { readonly type: "describe-quorum"; readonly token: number }
  | { readonly type: "quorum-described"; readonly token: number; readonly status: QuorumStatus }
  | ({ readonly type: "describe-node"; readonly token: number } & ReportLimits)
  | { readonly type: "node-described"; readonly token: number; readonly report: NodeReport };

/** Counts in one message: partitions in an AlterPartition, topics in a CreateTopics. */
const MAX_ITEMS = 10_000;

/** Described in one answer. */
const MAX_GROUPS = 100;

/** What the real network carries as one message. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

const integer = v.pipe(v.number(), v.safeInteger());
const text = v.pipe(v.string(), v.maxLength(1024));
const level = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(32_767));
const uuidText = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/));
const list = <T extends v.GenericSchema>(item: T) => v.pipe(v.array(item), v.maxLength(MAX_ITEMS));
const address = v.object({ host: text, port: integer });
const isrMember = v.object({ brokerId: integer, brokerEpoch: integer });

/** Of every partition of the cluster: asked for all, an election answers for all. */
const allPartitions = <T extends v.GenericSchema>(item: T) => v.pipe(v.array(item), v.maxLength(DEFAULT_CONTROLLER_LIMITS.maxPartitions));
const configResource = { resourceType: v.picklist(["topic", "broker", "group"]), resourceName: v.string() };
const configOperation = v.picklist(["set", "delete", "append", "subtract"]);
const outcome = { error: text, message: v.nullable(v.string()) };

const requestSchema = v.variant("type", [
  v.object({
    type: v.literal("register-broker"),
    brokerId: integer,
    incarnationId: text,
    endpoints: list(v.object({ listener: text, host: text, port: integer })),
    controlEndpoint: address,
    rack: v.nullable(text),
    pageCacheSurvived: v.boolean(),
    directoryId: uuidText,
    logDirs: v.optional(list(uuidText)),
    hasOfflineDirs: v.optional(v.boolean()),
    features: list(v.object({ name: text, minLevel: level, maxLevel: level })),
  }),
  v.object({
    type: v.literal("broker-heartbeat"),
    brokerId: integer,
    brokerEpoch: integer,
    appliedIndex: integer,
    wantsShutdown: v.boolean(),
    offlineDirs: v.optional(list(uuidText)),
  }),
  v.object({
    type: v.literal("assign-replicas-to-dirs"),
    brokerId: integer,
    brokerEpoch: integer,
    replicas: list(v.object({ topicId: uuidText, partition: integer, directoryId: uuidText })),
  }),
  v.object({
    type: v.literal("create-topics"),
    topics: list(
      v.object({
        name: v.string(),
        partitionCount: integer,
        replicationFactor: integer,
        assignments: list(v.object({ partition: integer, replicas: list(integer) })),
        configs: list(v.tuple([v.string(), v.nullable(v.string())])),
      }),
    ),
    validateOnly: v.boolean(),
  }),
  v.object({
    type: v.literal("alter-partition"),
    brokerId: integer,
    brokerEpoch: integer,
    partitions: list(v.object({ topicId: text, partition: integer, leaderEpoch: integer, partitionEpoch: integer, newIsr: list(isrMember) })),
  }),
  v.object({ type: v.literal("allocate-producer-ids"), brokerId: integer, brokerEpoch: integer }),
  v.object({ type: v.literal("delete-topics"), topics: list(v.object({ name: v.nullable(v.string()), topicId: uuidText })) }),
  v.object({
    type: v.literal("create-partitions"),
    topics: list(v.object({ name: v.string(), partitionCount: integer, assignments: v.nullable(list(list(integer))) })),
    validateOnly: v.boolean(),
  }),
  v.object({
    type: v.literal("incremental-alter-configs"),
    resources: list(v.object({ ...configResource, changes: list(v.object({ name: v.string(), operation: configOperation, value: v.nullable(v.string()) })) })),
    validateOnly: v.boolean(),
  }),
  v.object({
    type: v.literal("alter-configs"),
    resources: list(v.object({ ...configResource, configs: list(v.object({ name: v.string(), value: v.nullable(v.string()) })) })),
    validateOnly: v.boolean(),
  }),
  v.object({
    type: v.literal("elect-leaders"),
    electionType: v.picklist(["preferred", "unclean"]),
    partitions: v.nullable(list(v.object({ topic: v.string(), partition: integer }))),
  }),
  v.object({
    type: v.literal("update-features"),
    updates: list(v.object({ name: v.string(), level: integer, upgradeType: v.picklist(["upgrade", "safe-downgrade", "unsafe-downgrade"]) })),
    validateOnly: v.boolean(),
  }),
  v.object({ type: v.literal("describe-quorum") }),
]);

const replicaStatusSchema = v.object({
  id: integer,
  directoryId: text,
  address: text,
  status: v.picklist(["leader", "follower", "observer"]),
  endIndex: integer,
  lag: integer,
  lastFetchAgoMs: integer,
  lastCaughtUpAgoMs: integer,
});
const quorumStatusSchema = v.object({
  clusterId: text,
  leader: integer,
  leaderEpoch: integer,
  isLeader: v.boolean(),
  highWatermark: integer,
  snapshotIndex: integer,
  voters: list(replicaStatusSchema),
  observers: list(replicaStatusSchema),
});

const replySchema = v.variant("type", [
  v.object({ type: v.literal("register-broker"), error: text, brokerEpoch: integer }),
  v.object({ type: v.literal("broker-heartbeat"), error: text, isFenced: v.boolean(), shouldShutDown: v.boolean() }),
  v.object({ type: v.literal("assign-replicas-to-dirs"), error: text }),
  v.object({
    type: v.literal("create-topics"),
    error: text,
    topics: list(
      v.object({ name: v.string(), error: text, message: v.nullable(v.string()), topicId: text, partitionCount: integer, replicationFactor: integer }),
    ),
  }),
  v.object({
    type: v.literal("alter-partition"),
    error: text,
    partitions: list(
      v.object({ topicId: text, partition: integer, error: text, leader: integer, leaderEpoch: integer, partitionEpoch: integer, isr: list(integer) }),
    ),
  }),
  v.object({ type: v.literal("allocate-producer-ids"), error: text, firstProducerId: integer, count: integer }),
  v.object({ type: v.literal("delete-topics"), error: text, topics: list(v.object({ name: v.nullable(v.string()), topicId: text, ...outcome })) }),
  v.object({ type: v.literal("create-partitions"), error: text, topics: list(v.object({ name: v.string(), ...outcome })) }),
  v.object({ type: v.literal("incremental-alter-configs"), error: text, resources: list(v.object({ ...configResource, ...outcome })) }),
  v.object({ type: v.literal("alter-configs"), error: text, resources: list(v.object({ ...configResource, ...outcome })) }),
  v.object({ type: v.literal("elect-leaders"), error: text, partitions: allPartitions(v.object({ topic: v.string(), partition: integer, ...outcome })) }),
  v.object({ type: v.literal("update-features"), error: text, features: list(v.object({ name: v.string(), ...outcome })) }),
  v.object({ type: v.literal("describe-quorum"), error: text, status: v.nullable(quorumStatusSchema) }),
]);

const plantSchema = v.object({
  type: v.literal("plant"),
  victim: v.object({ type: v.literal("node"), id: integer }),
  plant: v.picklist(["drop-acked", "duplicate", "reorder"]),
  topic: text,
  afterBatches: integer,
});
const faultSchema = v.variant("type", [
  plantSchema,
  v.object({ type: v.literal("slow-network"), victim: v.object({ type: v.literal("node"), id: integer }), byMs: integer, forMs: integer }),
  v.object({ type: v.literal("disk-full"), victim: v.object({ type: v.literal("node"), id: integer }), forMs: integer }),
  v.object({ type: v.literal("log-dir-failure"), victim: v.object({ type: v.literal("node"), id: integer }), logDir: integer, forMs: integer }),
  v.object({ type: v.literal("slow-disk"), victim: v.object({ type: v.literal("node"), id: integer }), byMs: integer, forMs: integer }),
  v.object({
    type: v.literal("disk-error"),
    victim: v.object({ type: v.literal("node"), id: integer }),
    operation: v.picklist(["append", "sync", "read", "truncate"]),
    path: text,
    error: v.picklist(["EIO", "ENOSPC"]),
    count: integer,
  }),
  v.object({ type: v.literal("reset"), losesBytes: v.boolean() }),
  v.object({ type: v.literal("cut"), endpoints: list(text), stops: v.optional(v.picklist(["outgoing", "incoming"])) }),
  v.object({ type: v.literal("heal") }),
]);

const count = v.pipe(integer, v.minValue(0));
const ofPartition = { topic: v.string(), partition: count };
const nodeReportSchema = v.object({
  nodeId: integer,
  controller: integer,
  controllerEpoch: integer,
  metadataIndex: count,
  brokers: list(v.object({ id: integer, isFenced: v.boolean(), leads: count, replicas: count, inSync: count })),
  topicCount: count,
  partitionCount: count,
  leaderlessCount: count,
  underReplicatedCount: count,
  partitions: list(v.object({ ...ofPartition, leader: integer, leaderEpoch: integer, replicas: list(integer), isr: list(integer) })),
  ownReplicas: list(v.object({ ...ofPartition, logStartOffset: integer, logEndOffset: integer, highWatermark: integer })),
  groups: v.nullable(
    list(
      v.object({
        groupId: v.string(),
        state: text,
        type: text,
        memberCount: count,
        offsets: list(v.object({ ...ofPartition, offset: integer })),
        offsetCount: count,
      }),
    ),
  ),
});

const messageSchema = v.variant("type", [
  v.object({ type: v.literal("raft"), message: v.unknown() }),
  v.object({ type: v.literal("ask"), token: integer, request: requestSchema }),
  v.object({ type: v.literal("answer"), token: integer, reply: replySchema }),
  v.object({ type: v.literal("inject"), token: integer, fault: faultSchema }),
  v.object({ type: v.literal("injected"), token: integer, error: v.nullable(v.string()) }),
  v.object({ type: v.literal("describe-quorum"), token: integer }),
  v.object({ type: v.literal("quorum-described"), token: integer, status: quorumStatusSchema }),
  v.object({
    type: v.literal("describe-node"),
    token: integer,
    topic: v.nullable(v.string()),
    partitionsMax: v.pipe(count, v.maxValue(MAX_ITEMS)),
    groupsMax: v.pipe(count, v.maxValue(MAX_GROUPS)),
  }),
  v.object({ type: v.literal("node-described"), token: integer, report: nodeReportSchema }),
]);

export function encodePeerMessage(message: PeerMessage): Uint8Array {
  if (message.type !== "ask" || message.request.type !== "create-topics") return pack(message);
  const topics = message.request.topics.map((topic) => ({ ...topic, configs: [...topic.configs] }));
  return pack({ ...message, request: { ...message.request, topics } });
}

/** Undefined for anything that is not a message of ours, whole and in shape. */
export function decodePeerMessage(bytes: Uint8Array): PeerMessage | undefined {
  const parsed = v.safeParse(messageSchema, unpackForeign(bytes, MAX_MESSAGE_BYTES));
  if (!parsed.success) return undefined;
  const { output } = parsed;
  if (output.type === "raft") {
    const message = parseRaftMessage(output.message);
    return message === undefined ? undefined : { type: "raft", message };
  }
  if (output.type !== "ask" || output.request.type !== "create-topics") return output as PeerMessage;
  const topics = output.request.topics.map((topic) => ({ ...topic, configs: new Map(topic.configs) }));
  return { ...output, request: { ...output.request, topics } } as unknown as PeerMessage;
}
