import type { ConsumerEvent, GroupEvent, TopicPartition } from "@samsa/client";
import { ErrorCode, errorName, isRetriable } from "@samsa/protocol";
import { brokerErrorNamed, clientError, JavaException } from "../java-exception.ts";
import type { Session } from "../session/session.ts";

/** The first record of a partition that was given out and not used. */
export interface Unused extends TopicPartition {
  readonly offset: number;
}

/** Records as they come, with what else a consumer is told. */
export interface Reading {
  /** What has happened, as soon as there is something; nothing after this time. */
  next(timeoutMs: number): Promise<readonly GroupEvent[]>;
  /** Reads no more. What was not used is somebody else's. */
  close(unused: readonly Unused[]): Promise<void>;
}

type FatalEvent = Extract<ConsumerEvent, { readonly type: "error" }>;

/** Why reading can't go on, as Java's consumer throws it; undefined: it can. */
export function failureOf(event: GroupEvent): JavaException | undefined {
  if (event.type === "group-failed") return brokerErrorNamed(event.error);
  if (event.type === "topic-error") return topicFailure(event.topic, event.error);
  return event.type === "error" && event.isFatal ? partitionFailure(event) : undefined;
}

/** Why the topic can't be read, ever; undefined: it can, or may be some time. */
export function failureOfTopic(session: Session, topic: string): JavaException | undefined {
  const errorCode = session.client.metadata.topic(topic)?.errorCode ?? ErrorCode.NONE;
  return errorCode === ErrorCode.NONE || isRetriable(errorCode) ? undefined : topicFailure(topic, errorName(errorCode));
}

function topicFailure(topic: string, error: string): JavaException {
  if (error === "INVALID_TOPIC_EXCEPTION") return clientError("InvalidTopicException", `Invalid topics: [${topic}]`);
  if (error === "TOPIC_AUTHORIZATION_FAILED") return clientError("TopicAuthorizationException", `Not authorized to access topics: [${topic}]`);
  return brokerErrorNamed(error);
}

function partitionFailure({ topic, partition, error }: FatalEvent): JavaException {
  const consumers = "org.apache.kafka.clients.consumer";
  const place = `${topic}-${partition}`;
  if (error === "NO_OFFSET_FOR_PARTITION")
    return new JavaException(`${consumers}.NoOffsetForPartitionException`, `Undefined offset with no reset policy for partitions: [${place}]`);
  if (error === "OFFSET_OUT_OF_RANGE")
    return new JavaException(`${consumers}.OffsetOutOfRangeException`, `Fetch position is out of range for partition ${place}, and there is no reset policy`);
  return brokerErrorNamed(error);
}
