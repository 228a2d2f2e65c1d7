import { apis, newDeleteRecordsPartition, newDeleteRecordsRequest, newDeleteRecordsTopic } from "@samsa/protocol";
import type { JavaException } from "../java-exception.ts";
import type { Session } from "../session/session.ts";
import { askLeaders, groupByTopic, keyOf, type LeaderAnswer, type TopicPartition } from "./ask-leaders.ts";

export interface Deletion extends TopicPartition {
  /** −1: all that is committed. */
  readonly beforeOffset: number;
}

/** By `topic-partition`: where the log begins now. */
export function deleteRecords(session: Session, deletions: readonly Deletion[]): Promise<ReadonlyMap<string, number | JavaException>> {
  return askLeaders<Deletion, number>(session, {
    callName: "deleteRecords",
    questions: deletions,
    ask: async (group, { first, timeoutMs }) => {
      const waitMs = session.settings.apiTimeoutMs;
      const topics = [...groupByTopic(group)].map(([name, each]) =>
        newDeleteRecordsTopic({
          name,
          partitions: each.map(({ partition, beforeOffset }) => newDeleteRecordsPartition({ partitionIndex: partition, offset: beforeOffset })),
        }),
      );
      const response = await session.request({
        callName: "deleteRecords",
        api: apis.DeleteRecords,
        request: () => newDeleteRecordsRequest({ topics, timeoutMs: waitMs }),
        target: { type: "leader", topic: first.topic, partition: first.partition },
        timeoutMs,
      });
      const answers = new Map<string, LeaderAnswer<number>>();
      for (const { name, partitions } of response.topics) {
        for (const { partitionIndex, errorCode, lowWatermark } of partitions)
          answers.set(keyOf({ topic: name, partition: partitionIndex }), errorCode === 0 ? { errorCode, answer: lowWatermark } : { errorCode });
      }
      return answers;
    },
  });
}
