import type { PartitionImage, TopicImage } from "@samsa/metadata";
import { ErrorCode, type MetadataRequest, type MetadataResponse } from "@samsa/protocol";
import { NO_NODE, type NodeId, type Now, type Uuid, ZERO_UUID } from "@samsa/stdx";
import { CLUSTER_OPERATIONS, OPERATIONS_NOT_ASKED, TOPIC_OPERATIONS } from "../authorized-operations.ts";
import type { BrokerServices } from "../broker-services.ts";
import { brokerNodes, controllerIdOf, isLive, isReachable, offlineReplicas } from "../cluster-view.ts";
import type { ApiHandler } from "../request-context.ts";
import { isInternalTopic, isValidTopicName } from "../topic-name.ts";

type TopicResponse = MetadataResponse["topics"][number];
type PartitionResponse = TopicResponse["partitions"][number];

/** Requests can carry topic ids from 10 on; they mean something from 12 on. */
const FIRST_VERSION_WITH_IDS_ON_THE_WIRE = 10;
const FIRST_VERSION_WITH_TOPIC_IDS = 12;
const FIRST_VERSION_WITH_LISTENER_ERROR = 6;

/** To whom a topic is described. */
interface Reader {
  readonly apiVersion: number;
  readonly listener: string;
  readonly mayCreate: boolean;
  /** Also where a topic is not there; not where an id is. */
  readonly topicOperations: number;
}

/** Metadata 0–13. A topic that is not there may be created on the way; the answer then says that it is unknown still. */
export function metadataHandler(services: BrokerServices): ApiHandler<"Metadata"> {
  return {
    api: "Metadata",
    handle(request, context, now) {
      const isAll = request.topics === null || (context.apiVersion === 0 && request.topics.length === 0);
      const mayCreate = request.allowAutoTopicCreation && services.config.isAutoCreateTopicsEnabled;
      const topicOperations = request.includeTopicAuthorizedOperations ? TOPIC_OPERATIONS : OPERATIONS_NOT_ASKED;
      const reader: Reader = { apiVersion: context.apiVersion, listener: context.listener, mayCreate, topicOperations };
      const topics = isAll
        ? [...services.image.topics()].map((topic) => describeTopic(services, topic, reader))
        : askedFor(services, request.topics ?? [], reader, now);
      context.respond({
        throttleTimeMs: 0,
        brokers: liveBrokers(services, context.listener),
        clusterId: services.config.clusterId,
        controllerId: controllerIdOf(services),
        topics,
        clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : OPERATIONS_NOT_ASKED,
        errorCode: 0,
      });
    },
  };
}

const liveBrokers = ({ image }: BrokerServices, listener: string): MetadataResponse["brokers"] =>
  brokerNodes(image, listener)
    .filter(({ isFenced }) => !isFenced)
    .map(({ brokerId, host, port, rack }) => ({ nodeId: brokerId, host, port, rack }));

type Asked = NonNullable<MetadataRequest["topics"]>;

/** Each topic once, however often it was asked for: a short request must not make an answer of gigabytes. */
function askedFor(services: BrokerServices, topics: Asked, reader: Reader, now: Now): TopicResponse[] {
  const { apiVersion } = reader;
  const canNameByIdOnly = apiVersion >= FIRST_VERSION_WITH_IDS_ON_THE_WIRE && apiVersion < FIRST_VERSION_WITH_TOPIC_IDS;
  // As Kafka, which refuses the whole request then.
  if (canNameByIdOnly && topics.some(({ name, topicId }) => name === null || topicId !== ZERO_UUID)) {
    return topics.map(({ name, topicId }) => missing({ name: name ?? "", topicId }, "INVALID_REQUEST", OPERATIONS_NOT_ASKED));
  }
  const distinct = new Map(topics.map((asked) => [isById(asked) ? `/${asked.topicId}` : asked.name, asked]));
  return [...distinct.values()].map((asked) => lookUp(services, asked, reader, now));
}

/** An id goes before a name: Kafka's own clients send an empty name beside the id, not null. */
const isById = ({ topicId, name }: Asked[number]): boolean => topicId !== ZERO_UUID || name === null;

function lookUp(services: BrokerServices, asked: Asked[number], reader: Reader, now: Now): TopicResponse {
  const { name, topicId } = asked;
  if (name === null || isById(asked)) {
    const topic = services.image.topicById(topicId);
    return topic === undefined
      ? missing({ name: null, topicId }, topicId === ZERO_UUID ? "INVALID_REQUEST" : "UNKNOWN_TOPIC_ID", OPERATIONS_NOT_ASKED)
      : describeTopic(services, topic, reader);
  }
  const topic = services.image.topicByName(name);
  if (topic !== undefined) return describeTopic(services, topic, reader);
  if (!isValidTopicName(name)) return missing({ name, topicId: ZERO_UUID }, "INVALID_TOPIC_EXCEPTION", reader.topicOperations);
  if (reader.mayCreate) services.topicCreation.createAutomatically(name, now);
  return missing({ name, topicId: ZERO_UUID }, "UNKNOWN_TOPIC_OR_PARTITION", reader.topicOperations);
}

type LookUpError = "INVALID_REQUEST" | "UNKNOWN_TOPIC_ID" | "INVALID_TOPIC_EXCEPTION" | "UNKNOWN_TOPIC_OR_PARTITION";

function missing({ name, topicId }: { name: string | null; topicId: Uuid }, error: LookUpError, topicAuthorizedOperations: number): TopicResponse {
  return { errorCode: ErrorCode[error], name, topicId, isInternal: name !== null && isInternalTopic(name), partitions: [], topicAuthorizedOperations };
}

function describeTopic(services: BrokerServices, { name, topicId, partitions }: TopicImage, reader: Reader): TopicResponse {
  return {
    errorCode: 0,
    name,
    topicId,
    isInternal: isInternalTopic(name),
    partitions: partitions.map((partition) => describePartition(services, partition, reader)),
    topicAuthorizedOperations: reader.topicOperations,
  };
}

function describePartition({ image }: BrokerServices, partition: PartitionImage, reader: Reader): PartitionResponse {
  const { leader, leaderEpoch, replicas, isr } = partition;
  const canReach = (id: NodeId): boolean => isReachable(image, id, reader.listener);
  const isLed = leader >= 0 && canReach(leader);
  // The first version names only brokers that can be reached, and says so where that are not all.
  const shown = reader.apiVersion === 0 ? { replicas: replicas.filter(canReach), isr: isr.filter(canReach) } : { replicas, isr };
  const isWhole = shown.replicas.length === replicas.length && shown.isr.length === isr.length;
  return {
    errorCode: isLed
      ? isWhole
        ? 0
        : ErrorCode.REPLICA_NOT_AVAILABLE
      : ErrorCode[isLive(image.brokers.get(leader)) ? noListener(reader) : "LEADER_NOT_AVAILABLE"],
    partitionIndex: partition.partition,
    leaderId: isLed ? leader : NO_NODE,
    leaderEpoch,
    replicaNodes: [...shown.replicas],
    isrNodes: [...shown.isr],
    offlineReplicas: offlineReplicas(image, partition, reader.listener),
  };
}

const noListener = ({ apiVersion }: Reader): "LISTENER_NOT_FOUND" | "LEADER_NOT_AVAILABLE" =>
  apiVersion >= FIRST_VERSION_WITH_LISTENER_ERROR ? "LISTENER_NOT_FOUND" : "LEADER_NOT_AVAILABLE";
