import type { MetadataImage, MetadataRecord } from "@samsa/metadata";
import { leaderEpoch, NO_NODE, type NodeId, partitionEpoch, type Prng, type Uuid, ZERO_UUID } from "@samsa/stdx";
import type { ControllerRequest, TopicCreated, TopicToCreate } from "./api.ts";
import { readAssignments } from "./assignment.ts";
import { batchBytesMax, type ClusterSize, sizeOf } from "./batch-limits.ts";
import type { ControllerConfig, ControllerLimits } from "./config.ts";
import { answer, type Decision } from "./decision.ts";
import { errorReply } from "./error-reply.ts";
import { isUnfenced } from "./partition-change.ts";
import { placeReplicas } from "./placement.ts";
import { topicConfigError } from "./topic-configs.ts";
import { fault, isFault, type TopicFault } from "./topic-fault.ts";
import { drawTopicId } from "./topic-id.ts";
import { collisionKey, mayCollide, topicNameError } from "./topic-name.ts";

type CreateTopics = Extract<ControllerRequest, { type: "create-topics" }>;

interface Surroundings {
  readonly image: MetadataImage;
  readonly config: ControllerConfig;
  readonly limits: ControllerLimits;
  readonly prng: Prng;
}

/** Each topic stands for itself; those that can be created are one batch. */
export function createTopics(at: Surroundings, request: CreateTopics): Decision {
  if (request.topics.length > at.limits.maxTopicsPerRequest) return answer(errorReply(request.type, "INVALID_REQUEST"));
  const creation = new Creation(at, request.topics);
  const topics = request.topics.map((topic) => creation.add(topic));
  const records = request.validateOnly ? [] : creation.records;
  const shown = request.validateOnly ? topics.map((topic) => ({ ...topic, topicId: ZERO_UUID })) : topics;
  return { records, because: "created", reply: { type: request.type, error: "NONE", topics: shown } };
}

/** One request's topics in the making: later ones must not collide with earlier ones, and share the bounds with them. */
class Creation {
  readonly records: MetadataRecord[] = [];
  private readonly at: Surroundings;
  private readonly askedTwice: ReadonlySet<string>;
  private readonly collisions: Map<string, string>;
  private partitionCount = 0;
  private batchBytes = batchBytesMax([]);
  /** Of the cluster with these topics; counted where it matters first. */
  private size: ClusterSize | undefined;

  constructor(at: Surroundings, topics: readonly TopicToCreate[]) {
    this.at = at;
    this.askedTwice = duplicateNames(topics);
    this.collisions = topics.some((topic) => mayCollide(topic.name)) ? collisionKeys(at.image) : new Map();
  }

  add(topic: TopicToCreate): TopicCreated {
    const wrong = this.nameFault(topic.name) ?? configFault(topic.configs);
    if (wrong !== undefined) return refused(topic, wrong);
    const replicas = this.chooseReplicas(topic);
    if (isFault(replicas)) return refused(topic, replicas);
    if (this.partitionCount + replicas.length > this.at.limits.maxPartitionsPerBatch) {
      return refused(topic, fault("INVALID_REQUEST", "Excessively large number of partitions per request."));
    }
    const written = this.write(topic, replicas);
    if (isFault(written)) return refused(topic, written);
    this.partitionCount += replicas.length;
    if (mayCollide(topic.name)) this.collisions.set(collisionKey(topic.name), topic.name);
    const replicationFactor = replicas[0]?.length ?? 0;
    return { name: topic.name, error: "NONE", message: null, topicId: written.topicId, partitionCount: replicas.length, replicationFactor };
  }

  private nameFault(name: string): TopicFault | undefined {
    if (this.askedTwice.has(name)) return fault("INVALID_REQUEST", "Duplicate topic name.");
    const wrong = topicNameError(name);
    if (wrong !== undefined) return fault("INVALID_TOPIC_EXCEPTION", wrong);
    if (this.at.image.topicByName(name) !== undefined) return fault("TOPIC_ALREADY_EXISTS", `Topic '${name}' already exists.`);
    const other = mayCollide(name) ? this.collisions.get(collisionKey(name)) : undefined;
    return other === undefined ? undefined : fault("INVALID_TOPIC_EXCEPTION", `Topic '${name}' collides with existing topic: ${other}`);
  }

  private chooseReplicas(topic: TopicToCreate): readonly (readonly NodeId[])[] | TopicFault {
    const { image, config, limits, prng } = this.at;
    if (topic.assignments.length > 0) return readAssignments(image, topic);
    const partitionCount = topic.partitionCount === -1 ? config.numPartitions : topic.partitionCount;
    const replicationFactor = topic.replicationFactor === -1 ? config.defaultReplicationFactor : topic.replicationFactor;
    if (!(partitionCount > 0)) return fault("INVALID_PARTITIONS", "Number of partitions was set to an invalid non-positive value.");
    if (!(replicationFactor > 0)) return fault("INVALID_REPLICATION_FACTOR", "Replication factor was set to an invalid non-positive value.");
    if (this.partitionCount + partitionCount > limits.maxPartitionsPerBatch) {
      return fault("INVALID_REQUEST", "Excessively large number of partitions per request.");
    }
    const brokers = [...image.brokers.values()].filter((broker) => !broker.isFenced);
    if (replicationFactor > brokers.length) return tooFewBrokers(replicationFactor, brokers.length);
    return placeReplicas({ brokers, partitionCount, replicationFactor }, prng);
  }

  /** Writes the topic's records, unless they break a bound of the cluster or of the batch. */
  private write(topic: TopicToCreate, replicasByPartition: readonly (readonly NodeId[])[]): { readonly topicId: Uuid } | TopicFault {
    const { image, limits, prng } = this.at;
    this.size ??= sizeOf(image);
    const size = sizeWith(this.size, replicasByPartition);
    if (size.partitions > limits.maxPartitions || size.replicas > limits.maxReplicas) return clusterFull(size, limits);
    const topicId = drawTopicId(prng, (id) => image.topicById(id) !== undefined);
    const records = topicRecords(image, { topic, topicId, replicasByPartition });
    const batchBytes = this.batchBytes + batchBytesMax(records);
    if (batchBytes > limits.maxBatchBytes) return batchTooLarge(batchBytes, limits);
    this.size = size;
    this.batchBytes = batchBytes;
    this.records.push(...records);
    return { topicId };
  }
}

function sizeWith({ partitions, replicas }: ClusterSize, replicasByPartition: readonly (readonly NodeId[])[]): ClusterSize {
  const added = replicasByPartition.reduce((sum, { length }) => sum + length, 0);
  return { partitions: partitions + replicasByPartition.length, replicas: replicas + added };
}

function topicRecords(
  image: MetadataImage,
  made: { readonly topic: TopicToCreate; readonly topicId: Uuid; readonly replicasByPartition: readonly (readonly NodeId[])[] },
): readonly MetadataRecord[] {
  const { topic, topicId, replicasByPartition } = made;
  const records: MetadataRecord[] = [{ type: "topic", name: topic.name, topicId }];
  for (const [key, value] of topic.configs) records.push({ type: "config", resourceType: "topic", resourceName: topic.name, key, value });
  for (const [partition, replicas] of replicasByPartition.entries()) {
    // A fenced broker may be assigned by hand, but does not begin in the ISR (KAFKA-13083).
    const isr = replicas.filter((id) => isUnfenced(image, id));
    const state = { leader: isr[0] ?? NO_NODE, leaderEpoch: leaderEpoch(0), partitionEpoch: partitionEpoch(0), isr, elr: [], lastKnownLeader: NO_NODE };
    records.push({ type: "partition", topicId, partition, replicas, addingReplicas: [], removingReplicas: [], ...state });
  }
  return records;
}

const clusterFull = ({ partitions, replicas }: ClusterSize, { maxPartitions, maxReplicas }: ControllerLimits): TopicFault =>
  fault(
    "POLICY_VIOLATION",
    `The cluster would have ${partitions} partitions and ${replicas} replicas of them; its limits are ${maxPartitions} partitions and ${maxReplicas} ` +
      `replicas, so that the failure of a broker fits into one batch of metadata. Ask for fewer partitions or a lower replication factor, or ` +
      `create the topic in another cluster.`,
  );

const batchTooLarge = (batchBytes: number, { maxBatchBytes }: ControllerLimits): TopicFault =>
  fault(
    "POLICY_VIOLATION",
    `Unable to perform excessively large batch operation: with this topic the request would take up to ${batchBytes} bytes of metadata, the limit is ` +
      `${maxBatchBytes}. Create fewer topics, or topics with fewer partitions and configs, in one request.`,
  );

const tooFewBrokers = (replicationFactor: number, brokerCount: number): TopicFault =>
  fault(
    "INVALID_REPLICATION_FACTOR",
    `Unable to replicate the partition ${replicationFactor} time(s): The target replication factor of ${replicationFactor} cannot be reached because only ` +
      `${brokerCount} broker(s) are registered or some brokers have all their log directories cordoned.`,
  );

function configFault(configs: ReadonlyMap<string, string | null>): TopicFault | undefined {
  for (const [name, value] of configs) {
    const message = value === null ? `Null value not supported for topic configs: ${name}` : topicConfigError(name, value);
    if (message !== undefined) return fault("INVALID_CONFIG", message);
  }
  return undefined;
}

const refused = ({ name }: TopicToCreate, { error, message }: TopicFault): TopicCreated => ({
  name,
  error,
  message,
  topicId: ZERO_UUID,
  partitionCount: -1,
  replicationFactor: -1,
});

function duplicateNames(topics: readonly TopicToCreate[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { name } of topics) (seen.has(name) ? twice : seen).add(name);
  return twice;
}

function collisionKeys(image: MetadataImage): Map<string, string> {
  const keys = new Map<string, string>();
  for (const { name } of image.topics()) if (mayCollide(name)) keys.set(collisionKey(name), name);
  return keys;
}
