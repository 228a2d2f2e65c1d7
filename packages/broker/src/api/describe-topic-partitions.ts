import type { PartitionImage, TopicImage } from "@samsa/metadata";
import {
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
  type DescribeTopicPartitionsResponsePartition,
  type DescribeTopicPartitionsResponseTopic,
  ErrorCode,
  newDescribeTopicPartitionsResponse,
  newDescribeTopicPartitionsResponseTopic,
} from "@samsa/protocol";
import { NO_NODE } from "@samsa/stdx";
import { TOPIC_OPERATIONS } from "../authorized-operations.ts";
import type { BrokerServices } from "../broker-services.ts";
import { isReachable, offlineReplicas } from "../cluster-view.ts";
import type { ApiHandler } from "../request-context.ts";
import { isInternalTopic, isValidTopicName } from "../topic-name.ts";

/** DescribeTopicPartitions 0: topics in the order of their names, from the cursor on, as many partitions as a page holds (KIP-966). */
export function describeTopicPartitionsHandler(services: BrokerServices): ApiHandler<"DescribeTopicPartitions"> {
  return {
    api: "DescribeTopicPartitions",
    handle(request, context) {
      const names = namesFrom(services, request);
      const isValid =
        request.cursor === null || (request.cursor.partitionIndex >= 0 && (request.topics.length === 0 || names.includes(request.cursor.topicName)));
      context.respond(isValid ? pageOf(services, request, names, context.listener) : refused(request));
    },
  };
}

/** Each once, in Kafka's order. With a cursor those before it have been told of already. */
function namesFrom({ image }: BrokerServices, { topics, cursor }: DescribeTopicPartitionsRequest): string[] {
  const asked = topics.length === 0 ? [...image.topics()] : topics;
  const names = new Set(asked.map(({ name }) => name).filter((name) => cursor === null || name >= cursor.topicName));
  return [...names].sort((a, b) => (a < b ? -1 : 1));
}

function refused({ topics }: DescribeTopicPartitionsRequest): DescribeTopicPartitionsResponse {
  return newDescribeTopicPartitionsResponse({
    topics: topics.map(({ name }) => newDescribeTopicPartitionsResponseTopic({ errorCode: ErrorCode.INVALID_REQUEST, name })),
  });
}

function pageOf(
  services: BrokerServices,
  request: DescribeTopicPartitionsRequest,
  names: readonly string[],
  listener: string,
): DescribeTopicPartitionsResponse {
  const { cursor } = request;
  const isAll = request.topics.length === 0;
  const topics: DescribeTopicPartitionsResponseTopic[] = [];
  let room = Math.max(1, Math.min(request.responsePartitionLimit, services.config.maxRequestPartitionSizeLimit));
  for (const name of names) {
    if (room === 0) return { throttleTimeMs: 0, topics, nextCursor: { topicName: name, partitionIndex: 0 } };
    const topic = services.image.topicByName(name);
    if (topic === undefined) {
      if (!isAll) topics.push(missing(name));
      continue;
    }
    const start = name === cursor?.topicName ? cursor.partitionIndex : 0;
    const end = Math.min(topic.partitions.length, start + room);
    const partitions = topic.partitions.slice(start, end).map((partition) => describePartition(services, partition, listener));
    topics.push(describeTopic(topic, partitions));
    room -= partitions.length;
    if (end < topic.partitions.length) return { throttleTimeMs: 0, topics, nextCursor: { topicName: name, partitionIndex: end } };
  }
  return { throttleTimeMs: 0, topics, nextCursor: null };
}

function missing(name: string): DescribeTopicPartitionsResponseTopic {
  return newDescribeTopicPartitionsResponseTopic({
    errorCode: isValidTopicName(name) ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION,
    name,
    isInternal: isInternalTopic(name),
    topicAuthorizedOperations: TOPIC_OPERATIONS,
  });
}

const describeTopic = (
  { name, topicId }: TopicImage,
  partitions: readonly DescribeTopicPartitionsResponsePartition[],
): DescribeTopicPartitionsResponseTopic => ({
  errorCode: 0,
  name,
  topicId,
  isInternal: isInternalTopic(name),
  partitions,
  topicAuthorizedOperations: TOPIC_OPERATIONS,
});

/** Without an error of its own even where nobody leads: the leader is −1 then. */
function describePartition({ image }: BrokerServices, partition: PartitionImage, listener: string): DescribeTopicPartitionsResponsePartition {
  const { leader, leaderEpoch, replicas, isr, elr, lastKnownLeader } = partition;
  return {
    errorCode: 0,
    partitionIndex: partition.partition,
    leaderId: leader >= 0 && isReachable(image, leader, listener) ? leader : NO_NODE,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: isr,
    eligibleLeaderReplicas: elr,
    // Of a partition without a leader, whose ISR and ELR are empty: whoever led last.
    lastKnownElr: isr.length === 0 && elr.length === 0 && lastKnownLeader >= 0 ? [lastKnownLeader] : [],
    offlineReplicas: offlineReplicas(image, partition, listener),
  };
}
