import type { BrokerRegistration, PartitionImage, TopicImage } from "@samsa/metadata";
import { ErrorCode, type MetadataRequest, type MetadataResponse } from "@samsa/protocol";
import { NO_NODE, type NodeId, type Now, type Uuid, ZERO_UUID } from "@samsa/stdx";
import type { BrokerServices } from "../broker-services.ts";
import { endpointOf } from "../endpoints.ts";
import type { ApiHandler } from "../request-context.ts";
import { isValidTopicName } from "../topic-name.ts";

type TopicResponse = MetadataResponse["topics"][number];
type PartitionResponse = TopicResponse["partitions"][number];

/** Bit field of authorised operations where nobody asked for it, or there is no authoriser. */
const OPERATIONS_NOT_ASKED = -2_147_483_648;

/** Requests can carry topic ids from 10 on; they mean something from 12 on. */
const FIRST_VERSION_WITH_IDS_ON_THE_WIRE = 10;
const FIRST_VERSION_WITH_TOPIC_IDS = 12;
const FIRST_VERSION_WITH_LISTENER_ERROR = 6;

/** To whom a topic is described. */
interface Reader {
  readonly apiVersion: number;
  readonly listener: string;
  readonly mayCreate: boolean;
}

/** Metadata 0–13. A topic that is not there may be created on the way; the answer then says that it is unknown still. */
export function metadataHandler(services: BrokerServices): ApiHandler<"Metadata"> {
  return {
    api: "Metadata",
    handle(request, context, now) {
      const isAll = request.topics === null || (context.apiVersion === 0 && request.topics.length === 0);
      const mayCreate = request.allowAutoTopicCreation && services.config.isAutoCreateTopicsEnabled;
      const reader: Reader = { apiVersion: context.apiVersion, listener: context.listener, mayCreate };
      const topics = isAll
        ? [...services.image.topics()].map((topic) => describeTopic(services, topic, reader))
        : askedFor(services, request.topics ?? [], reader, now);
      context.respond({
        throttleTimeMs: 0,
        brokers: liveBrokers(services, context.listener),
        clusterId: services.config.clusterId,
        controllerId: controllerId(services),
        topics,
        clusterAuthorizedOperations: OPERATIONS_NOT_ASKED,
        errorCode: 0,
      });
    },
  };
}

function liveBrokers({ image }: BrokerServices, listener: string): MetadataResponse["brokers"] {
  const brokers: MetadataResponse["brokers"][number][] = [];
  for (const broker of image.brokers.values()) {
    const endpoint = endpointOf(broker, listener);
    if (!broker.isFenced && endpoint !== undefined) brokers.push({ nodeId: broker.brokerId, host: endpoint.host, port: endpoint.port, rack: broker.rack });
  }
  return brokers.sort((a, b) => a.nodeId - b.nodeId);
}

/** Any live broker takes admin requests and passes them on; the active controller's own saves a step. */
function controllerId({ image, activeController, config }: BrokerServices): number {
  return isLive(image.brokers.get(activeController)) ? activeController : isLive(image.brokers.get(config.nodeId)) ? config.nodeId : NO_NODE;
}

const isLive = (broker: BrokerRegistration | undefined): boolean => broker !== undefined && !broker.isFenced;

type Asked = NonNullable<MetadataRequest["topics"]>;

/** Each topic once, however often it was asked for: a short request must not make an answer of gigabytes. */
function askedFor(services: BrokerServices, topics: Asked, reader: Reader, now: Now): TopicResponse[] {
  const { apiVersion } = reader;
  const canNameByIdOnly = apiVersion >= FIRST_VERSION_WITH_IDS_ON_THE_WIRE && apiVersion < FIRST_VERSION_WITH_TOPIC_IDS;
  // As Kafka, which refuses the whole request then.
  if (canNameByIdOnly && topics.some(({ name, topicId }) => name === null || topicId !== ZERO_UUID)) {
    return topics.map(({ name, topicId }) => missing(name ?? "", topicId, "INVALID_REQUEST"));
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
      ? missing(null, topicId, topicId === ZERO_UUID ? "INVALID_REQUEST" : "UNKNOWN_TOPIC_ID")
      : describeTopic(services, topic, reader);
  }
  const topic = services.image.topicByName(name);
  if (topic !== undefined) return describeTopic(services, topic, reader);
  if (!isValidTopicName(name)) return missing(name, ZERO_UUID, "INVALID_TOPIC_EXCEPTION");
  if (reader.mayCreate) services.topicCreation.createAutomatically(name, now);
  return missing(name, ZERO_UUID, "UNKNOWN_TOPIC_OR_PARTITION");
}

function missing(
  name: string | null,
  topicId: Uuid,
  error: "INVALID_REQUEST" | "UNKNOWN_TOPIC_ID" | "INVALID_TOPIC_EXCEPTION" | "UNKNOWN_TOPIC_OR_PARTITION",
): TopicResponse {
  return { errorCode: ErrorCode[error], name, topicId, isInternal: false, partitions: [], topicAuthorizedOperations: OPERATIONS_NOT_ASKED };
}

function describeTopic(services: BrokerServices, topic: TopicImage, reader: Reader): TopicResponse {
  const partitions = topic.partitions.map((partition) => describePartition(services, partition, reader));
  return { errorCode: 0, name: topic.name, topicId: topic.topicId, isInternal: false, partitions, topicAuthorizedOperations: OPERATIONS_NOT_ASKED };
}

function describePartition({ image }: BrokerServices, partition: PartitionImage, reader: Reader): PartitionResponse {
  const { leader, leaderEpoch, replicas, isr } = partition;
  const isReachable = (id: NodeId): boolean => isLive(image.brokers.get(id)) && endpointOf(image.brokers.get(id), reader.listener) !== undefined;
  const isLed = leader >= 0 && isReachable(leader);
  // The first version names only brokers that can be reached, and says so where that are not all.
  const shown = reader.apiVersion === 0 ? { replicas: replicas.filter(isReachable), isr: isr.filter(isReachable) } : { replicas, isr };
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
    offlineReplicas: replicas.filter((id) => !isReachable(id)),
  };
}

const noListener = ({ apiVersion }: Reader): "LISTENER_NOT_FOUND" | "LEADER_NOT_AVAILABLE" =>
  apiVersion >= FIRST_VERSION_WITH_LISTENER_ERROR ? "LISTENER_NOT_FOUND" : "LEADER_NOT_AVAILABLE";
