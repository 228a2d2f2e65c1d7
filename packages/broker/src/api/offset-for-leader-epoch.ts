import {
  type ErrorName,
  ErrorCode,
  newOffsetForLeaderPartitionResult,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderPartitionResult,
} from "@samsa/protocol";
import { leaderEpoch, ZERO_UUID } from "@samsa/stdx";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";
import { findTopic } from "./topic-reference.ts";

type PartitionRequest = OffsetForLeaderEpochRequest["topics"][number]["partitions"][number];

/** OffsetForLeaderEpoch 2–4, answered by the leader, for consumers and for whatever replica proved itself as such. */
export function offsetForLeaderEpochHandler(services: BrokerServices): ApiHandler<"OffsetForLeaderEpoch"> {
  return {
    api: "OffsetForLeaderEpoch",
    handle(request, context) {
      // As Kafka answers whoever lacks CLUSTER_ACTION; below 0 are consumers.
      const isStranger = request.replicaId >= 0 && context.peer !== request.replicaId;
      const topics = request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((asked) => (isStranger ? failed(asked, "TOPIC_AUTHORIZATION_FAILED") : endOf(services, topic, asked))),
      }));
      context.respond({ throttleTimeMs: 0, topics });
    },
  };
}

const failed = ({ partition }: PartitionRequest, error: ErrorName): OffsetForLeaderPartitionResult =>
  newOffsetForLeaderPartitionResult({ errorCode: ErrorCode[error], partition });

function endOf(services: BrokerServices, name: string, asked: PartitionRequest): OffsetForLeaderPartitionResult {
  const { topic } = findTopic(services, { name, topicId: ZERO_UUID }, false);
  if (topic?.partitions[asked.partition] === undefined) return failed(asked, "UNKNOWN_TOPIC_OR_PARTITION");
  const hosted = services.replicas.get(topic.topicId, asked.partition);
  if (hosted === undefined) return failed(asked, "NOT_LEADER_OR_FOLLOWER");
  const end = hosted.replica.epochEnd(leaderEpoch(asked.leaderEpoch), leaderEpoch(asked.currentLeaderEpoch));
  if (end.type === "failed") return failed(asked, end.error);
  return { errorCode: 0, partition: asked.partition, leaderEpoch: end.leaderEpoch, endOffset: end.endOffset };
}
