import { type DeleteRecordsRequest, type ErrorName, ErrorCode } from "@samsa/protocol";
import { micros, type Now, ZERO_UUID } from "@samsa/stdx";
import type { BrokerServices } from "../broker-services.ts";
import type { AwaitedDeletion } from "../purgatory/delete-records-purgatory.ts";
import { isOnlyCompacted } from "../replicas/topic-config.ts";
import type { ApiHandler } from "../request-context.ts";
import { isInternalTopic } from "../topic-name.ts";
import { findTopic } from "./topic-reference.ts";

type PartitionRequest = DeleteRecordsRequest["topics"][number]["partitions"][number];
type PartitionResult = Record<"partitionIndex" | "lowWatermark" | "errorCode", number>;

const NO_LOW_WATERMARK = -1;

/**
 * DeleteRecords 0–2: each partition's leader moves its log's start, and the answer leaves when the logs of all replicas on live brokers start
 * there, or the time is over. What was deleted stays so whatever the answer.
 */
export function deleteRecordsHandler(services: BrokerServices): ApiHandler<"DeleteRecords"> {
  return {
    api: "DeleteRecords",
    handle({ topics: asked, timeoutMs }, context, now) {
      const { deleteRecordsPurgatory } = services;
      const waits: AwaitedDeletion[] = [];
      const topics = asked.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((partition) => deleteFrom(services, { name, partition, waits }, now)),
      }));
      const finish = (): void => context.respond({ throttleTimeMs: 0, topics });
      const deadlineUs = micros(now.monotonicUs + Math.max(0, timeoutMs) * 1000);
      const parked = deleteRecordsPurgatory.park(waits, deadlineUs, finish, now);
      if (parked !== undefined) context.onGone(() => deleteRecordsPurgatory.remove(parked));
    },
  };
}

interface Asked {
  readonly name: string;
  readonly partition: PartitionRequest;
  readonly waits: AwaitedDeletion[];
}

function deleteFrom(services: BrokerServices, { name, partition, waits }: Asked, now: Now): PartitionResult {
  const { partitionIndex, offset } = partition;
  const failed = (error: ErrorName): PartitionResult => ({ partitionIndex, lowWatermark: NO_LOW_WATERMARK, errorCode: ErrorCode[error] });
  const { topic } = findTopic(services, { name, topicId: ZERO_UUID }, false);
  if (topic?.partitions[partitionIndex] === undefined) return failed("UNKNOWN_TOPIC_OR_PARTITION");
  if (isInternalTopic(name)) return failed("INVALID_TOPIC_EXCEPTION");
  const hosted = services.replicas.get(topic.topicId, partitionIndex);
  if (hosted === undefined) return failed("NOT_LEADER_OR_FOLLOWER");
  const { replica } = hosted;
  if (replica.role === "leader" && isOnlyCompacted(services.config, services.image, name)) return failed("POLICY_VIOLATION");
  // Nothing is deleted of which nobody could wait for the outcome.
  if (services.deleteRecordsPurgatory.isFull) return failed("REQUEST_TIMED_OUT");
  const deletion = replica.deleteRecords(offset, now);
  if (deletion.type === "failed") return failed(deletion.error);
  const result: PartitionResult = { partitionIndex, lowWatermark: replica.lowWatermark, errorCode: ErrorCode.NONE };
  const settle = (outcome: "done" | ErrorName): void => {
    const isLeader = outcome === "done" || outcome === "REQUEST_TIMED_OUT";
    result.lowWatermark = isLeader ? replica.lowWatermark : NO_LOW_WATERMARK;
    result.errorCode = outcome === "done" ? ErrorCode.NONE : ErrorCode[outcome];
    const { startOffset: beforeOffset, leaderEpoch } = deletion;
    if (outcome === "done") services.recordsDeleted({ topic: name, partition: partitionIndex, beforeOffset, leaderEpoch });
  };
  waits.push({ replica, deletion, settle });
  return result;
}
