import { keyOf, type TopicPartition } from "../admin/ask-leaders.ts";
import { listOffsets } from "../admin/offsets.ts";
import { type DescribedTopic, describeTopics } from "../admin/topics.ts";
import { JavaException } from "../java-exception.ts";
import type { Session } from "../session/session.ts";
import { uncheckedAnswerOf } from "./futures.ts";

const PARTITIONS_PER_RESPONSE = 2000;

/** Of a partition that has no offset for the time that was asked for. */
export const UNKNOWN_OFFSET = -1;

/** By `topic-partition`, for milliseconds since 1970 or one of `OffsetTime`. */
export function offsetsAt(session: Session, partitions: readonly TopicPartition[], timestamp: number): Promise<ReadonlyMap<string, number>> {
  return uncheckedAnswerOf(askForOffsets(session, partitions, timestamp));
}

async function askForOffsets(session: Session, partitions: readonly TopicPartition[], timestamp: number): Promise<ReadonlyMap<string, number>> {
  const questions = partitions.map(({ topic, partition }) => ({ topic, partition, timestamp }));
  const found = await listOffsets(session, questions);
  const offsets = [...found].map(([key, answer]) => {
    if (answer instanceof JavaException) throw answer;
    return [key, answer.offset] as const;
  });
  return new Map(offsets);
}

/** Those of them that nobody leads. Throws where a topic is not there. */
export async function leaderlessOf(session: Session, partitions: readonly TopicPartition[]): Promise<readonly TopicPartition[]> {
  const topics = await uncheckedAnswerOf(topicsOf(session, partitions));
  const leaderless = new Set(
    topics.flatMap((topic) => topic.partitions.filter(({ leader }) => leader < 0).map(({ partition }) => keyOf({ topic: topic.name, partition }))),
  );
  return partitions.filter((each) => leaderless.has(keyOf(each)));
}

/** Throws where one of them is not there, or nobody leads it. */
export async function checkPartitions(session: Session, partitions: readonly TopicPartition[]): Promise<void> {
  const topics = await uncheckedAnswerOf(topicsOf(session, partitions));
  const there = new Set(topics.flatMap((topic) => topic.partitions.map(({ partition }) => keyOf({ topic: topic.name, partition }))));
  const missing = partitions.filter((each) => !there.has(keyOf(each)));
  if (missing.length > 0) throw refusal("UnknownTopicOrPartitionException", missing, "do not exist");
  const leaderless = await leaderlessOf(session, partitions);
  if (leaderless.length > 0) throw refusal("LeaderNotAvailableException", leaderless, "have no leader");
}

const topicsOf = (session: Session, partitions: readonly TopicPartition[]): Promise<readonly DescribedTopic[]> =>
  namedTopics(session, [...new Set(partitions.map(({ topic }) => topic))]);

/** Throws where one of them is not there. */
export async function namedTopics(session: Session, names: readonly string[]): Promise<readonly DescribedTopic[]> {
  // Nothing would stand for all topics.
  return names.length === 0 ? [] : describeTopics(session, names, PARTITIONS_PER_RESPONSE);
}

const refusal = (simpleClass: string, partitions: readonly TopicPartition[], what: string): JavaException =>
  new JavaException(`org.apache.kafka.common.errors.${simpleClass}`, `The partitions "${partitions.map(keyOf).join(",")}" ${what}`);
