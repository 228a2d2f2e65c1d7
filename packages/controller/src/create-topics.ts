import type { MetadataImage, MetadataRecord } from "@samsa/metadata";
import { type NodeId, type Prng, type Uuid, ZERO_UUID } from "@samsa/stdx";
import type { ControllerRequest, TopicCreated, TopicToCreate } from "./api.ts";
import { readAssignments } from "./assignment.ts";
import { BatchRoom } from "./batch-room.ts";
import type { ControllerConfig, ControllerLimits } from "./config.ts";
import { answer, type Decision } from "./decision.ts";
import { errorReply } from "./error-reply.ts";
import { newPartition, placementFault } from "./new-partitions.ts";
import { placeReplicas } from "./placement.ts";
import { topicConfigError, topicConfigsConflict } from "./topic-configs.ts";
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
  private readonly room: BatchRoom;

  constructor(at: Surroundings, topics: readonly TopicToCreate[]) {
    this.at = at;
    this.room = new BatchRoom(at.image, at.limits);
    this.askedTwice = duplicateNames(topics);
    this.collisions = topics.some((topic) => mayCollide(topic.name)) ? collisionKeys(at.image) : new Map();
  }

  add(topic: TopicToCreate): TopicCreated {
    const wrong = this.nameFault(topic.name) ?? configFault(this.at.image, topic.configs);
    if (wrong !== undefined) return refused(topic, wrong);
    const replicas = this.chooseReplicas(topic);
    if (isFault(replicas)) return refused(topic, replicas);
    const lacking = this.room.lacksPartitions(replicas.length, "POLICY_VIOLATION") ?? this.room.lacksReplicas(replicas);
    if (lacking !== undefined) return refused(topic, lacking);
    const written = this.write(topic, replicas);
    if (isFault(written)) return refused(topic, written);
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
    const { image, config, prng } = this.at;
    if (topic.assignments.length > 0) return readAssignments(image, topic);
    const partitionCount = topic.partitionCount === -1 ? config.numPartitions : topic.partitionCount;
    const replicationFactor = topic.replicationFactor === -1 ? config.defaultReplicationFactor : topic.replicationFactor;
    if (!(partitionCount > 0)) return fault("INVALID_PARTITIONS", "Number of partitions was set to an invalid non-positive value.");
    if (!(replicationFactor > 0)) return fault("INVALID_REPLICATION_FACTOR", "Replication factor must be larger than 0, or -1 to use the default value.");
    const lacking = this.room.lacksPartitions(partitionCount, "POLICY_VIOLATION") ?? placementFault(image, replicationFactor);
    return lacking ?? placeReplicas({ brokers: [...image.brokers.values()], partitionCount, replicationFactor }, prng);
  }

  /** Writes the topic's records, unless there is no room for them. */
  private write(topic: TopicToCreate, replicasByPartition: readonly (readonly NodeId[])[]): { readonly topicId: Uuid } | TopicFault {
    const { image, prng } = this.at;
    const topicId = drawTopicId(prng, (id) => image.topicById(id) !== undefined);
    const records = topicRecords(image, { topic, topicId, replicasByPartition });
    const lacking = this.room.take(records, replicasByPartition);
    if (lacking !== undefined) return lacking;
    this.records.push(...records);
    return { topicId };
  }
}

function topicRecords(
  image: MetadataImage,
  made: { readonly topic: TopicToCreate; readonly topicId: Uuid; readonly replicasByPartition: readonly (readonly NodeId[])[] },
): readonly MetadataRecord[] {
  const { topic, topicId, replicasByPartition } = made;
  const records: MetadataRecord[] = [{ type: "topic", name: topic.name, topicId }];
  for (const [key, value] of topic.configs) records.push({ type: "config", resourceType: "topic", resourceName: topic.name, key, value });
  for (const [partition, replicas] of replicasByPartition.entries()) records.push(newPartition(image, { topicId, partition, replicas }));
  return records;
}

function configFault(image: MetadataImage, configs: ReadonlyMap<string, string | null>): TopicFault | undefined {
  for (const [name, value] of configs) {
    const message = value === null ? `Null value not supported for topic configs: ${name}` : topicConfigError(name, value);
    if (message !== undefined) return fault("INVALID_CONFIG", message);
  }
  const conflict = topicConfigsConflict(configs, image.brokerConfig("default"));
  return conflict === undefined ? undefined : fault("INVALID_CONFIG", conflict);
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
