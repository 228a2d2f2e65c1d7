import { DEFAULT_EPOCH_END_OFFSET, DEFAULT_SNAPSHOT_ID, type ErrorName, ErrorCode, type FetchResponse, type RecordsInput } from "@samsa/protocol";
import { NO_LEADER } from "../leader-hint.ts";

export type FetchAnswer = FetchResponse<RecordsInput>;
type TopicAnswer = FetchAnswer["responses"][number];
export type PartitionAnswer = TopicAnswer["partitions"][number];
export type Filled<T> = { -readonly [Field in keyof T]: T[Field] };

export const NO_RECORDS: readonly never[] = [];

/**
 * One literal that is filled in: a fetch is asked again at each append, and copies of answers were most of what a broker allocated.
 * What is absent is the codec's own default, which it knows without looking into it.
 */
export function emptyPartition(partitionIndex: number, error: ErrorName): Filled<PartitionAnswer> {
  return {
    partitionIndex,
    errorCode: ErrorCode[error],
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    divergingEpoch: DEFAULT_EPOCH_END_OFFSET,
    currentLeader: NO_LEADER,
    snapshotId: DEFAULT_SNAPSHOT_ID,
    abortedTransactions: null,
    preferredReadReplica: -1,
    records: NO_RECORDS,
  };
}

/** Neighbours of one topic together; as in Kafka a topic may come twice, for the order says who was served. */
export function groupByTopic(
  answers: readonly { readonly asked: { readonly topic: string; readonly topicId: TopicAnswer["topicId"] }; readonly answer: PartitionAnswer }[],
): TopicAnswer[] {
  const groups: { topic: string; topicId: TopicAnswer["topicId"]; partitions: PartitionAnswer[] }[] = [];
  for (const { asked, answer } of answers) {
    const last = groups.at(-1);
    if (last?.topicId === asked.topicId && last.topic === asked.topic) last.partitions.push(answer);
    else groups.push({ topic: asked.topic, topicId: asked.topicId, partitions: [answer] });
  }
  return groups;
}
