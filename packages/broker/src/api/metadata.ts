import type { BrokerRegistration, PartitionImage, TopicImage } from "@samsa/metadata";
import { ErrorCode, type MetadataResponse } from "@samsa/protocol";
import { NO_NODE, type Now, type Uuid, ZERO_UUID } from "@samsa/stdx";
import type { BrokerServices } from "../broker-services.ts";
import { endpointOf } from "../endpoints.ts";
import type { ApiHandler } from "../request-context.ts";
import { isValidTopicName } from "../topic-name.ts";

type TopicResponse = MetadataResponse["topics"][number];
type PartitionResponse = TopicResponse["partitions"][number];

/** Bit field of authorised operations where nobody asked for it, or there is no authoriser. */
const OPERATIONS_NOT_ASKED = -2_147_483_648;

/** Metadata 0–13. A topic that is not there may be created on the way; the answer then says that it is unknown still. */
export function metadataHandler(services: BrokerServices): ApiHandler<"Metadata"> {
  return {
    api: "Metadata",
    handle(request, context, now) {
      const isAll = request.topics === null || (context.apiVersion === 0 && request.topics.length === 0);
      const mayCreate = request.allowAutoTopicCreation && services.config.isAutoCreateTopicsEnabled;
      const topics = isAll ? [...services.image.topics()].map((topic) => describeTopic(services, topic)) : (request.topics ?? []).map((asked) => lookUp(services, asked, mayCreate, now));
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

function lookUp(services: BrokerServices, asked: { readonly topicId: Uuid; readonly name: string | null }, mayCreate: boolean, now: Now): TopicResponse {
  const { name, topicId } = asked;
  if (name === null) {
    const topic = services.image.topicById(topicId);
    return topic === undefined ? missing(null, topicId, topicId === ZERO_UUID ? "INVALID_REQUEST" : "UNKNOWN_TOPIC_ID") : describeTopic(services, topic);
  }
  const topic = services.image.topicByName(name);
  if (topic !== undefined) return describeTopic(services, topic);
  if (!isValidTopicName(name)) return missing(name, ZERO_UUID, "INVALID_TOPIC_EXCEPTION");
  if (mayCreate) services.topicCreation.createAutomatically(name, now);
  return missing(name, ZERO_UUID, "UNKNOWN_TOPIC_OR_PARTITION");
}

function missing(name: string | null, topicId: Uuid, error: "INVALID_REQUEST" | "UNKNOWN_TOPIC_ID" | "INVALID_TOPIC_EXCEPTION" | "UNKNOWN_TOPIC_OR_PARTITION"): TopicResponse {
  return { errorCode: ErrorCode[error], name, topicId, isInternal: false, partitions: [], topicAuthorizedOperations: OPERATIONS_NOT_ASKED };
}

function describeTopic(services: BrokerServices, topic: TopicImage): TopicResponse {
  const partitions = topic.partitions.map((partition) => describePartition(services, partition));
  return { errorCode: 0, name: topic.name, topicId: topic.topicId, isInternal: false, partitions, topicAuthorizedOperations: OPERATIONS_NOT_ASKED };
}

function describePartition({ image }: BrokerServices, partition: PartitionImage): PartitionResponse {
  const { leader, leaderEpoch, replicas, isr } = partition;
  const hasLeader = leader >= 0 && isLive(image.brokers.get(leader));
  return {
    errorCode: hasLeader ? 0 : ErrorCode.LEADER_NOT_AVAILABLE,
    partitionIndex: partition.partition,
    leaderId: hasLeader ? leader : NO_NODE,
    leaderEpoch,
    replicaNodes: [...replicas],
    isrNodes: [...isr],
    offlineReplicas: replicas.filter((id) => !isLive(image.brokers.get(id))),
  };
}
