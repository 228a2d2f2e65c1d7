import { apis, newListOffsetsPartition, newListOffsetsRequest, newListOffsetsTopic } from "@samsa/protocol";
import type { JavaException } from "../java-exception.ts";
import type { Session } from "../session/session.ts";
import { askLeaders, groupByTopic, keyOf, type LeaderAnswer, type TopicPartition } from "./ask-leaders.ts";

/** Timestamps that stand for something else than a time. */
export const OffsetTime = {
  LATEST: -1,
  EARLIEST: -2,
  MAX_TIMESTAMP: -3,
  EARLIEST_LOCAL: -4,
  LATEST_TIERED: -5,
  EARLIEST_PENDING_UPLOAD: -6,
} as const;

/** The first version in which they mean it. */
const FIRST_VERSIONS: ReadonlyMap<number, number> = new Map([
  [OffsetTime.MAX_TIMESTAMP, 7],
  [OffsetTime.EARLIEST_LOCAL, 8],
  [OffsetTime.LATEST_TIERED, 9],
  [OffsetTime.EARLIEST_PENDING_UPLOAD, 11],
]);
const FIRST_VERSION = 1;
const CONSUMER_ID = -1;

export interface OffsetQuestion extends TopicPartition {
  /** Milliseconds since 1970, or one of `OffsetTime`. */
  readonly timestamp: number;
}

export interface FoundOffset {
  /** −1: there is no such offset. */
  readonly offset: number;
  readonly timestamp: number;
  /** −1: not known. */
  readonly leaderEpoch: number;
}

/** By `topic-partition`. */
export function listOffsets(session: Session, questions: readonly OffsetQuestion[]): Promise<ReadonlyMap<string, FoundOffset | JavaException>> {
  return askLeaders<OffsetQuestion, FoundOffset>(session, {
    callName: "listOffsets",
    questions,
    ask: async (group, { first, timeoutMs }) => {
      const { topics } = await session.request({
        callName: "listOffsets",
        api: apis.ListOffsets,
        minVersion: Math.max(...group.map(({ timestamp }) => FIRST_VERSIONS.get(timestamp) ?? FIRST_VERSION)),
        request: () => newListOffsetsRequest({ replicaId: CONSUMER_ID, topics: byTopic(group), timeoutMs: session.settings.apiTimeoutMs }),
        target: { type: "leader", topic: first.topic, partition: first.partition },
        timeoutMs,
      });
      const answers = new Map<string, LeaderAnswer<FoundOffset>>();
      for (const { name, partitions } of topics) {
        for (const { partitionIndex, errorCode, offset, timestamp, leaderEpoch } of partitions) {
          const key = keyOf({ topic: name, partition: partitionIndex });
          answers.set(key, errorCode === 0 ? { errorCode, answer: { offset, timestamp, leaderEpoch } } : { errorCode });
        }
      }
      return answers;
    },
  });
}

function byTopic(questions: readonly OffsetQuestion[]): ReturnType<typeof newListOffsetsTopic>[] {
  return [...groupByTopic(questions)].map(([name, group]) =>
    newListOffsetsTopic({ name, partitions: group.map(({ partition, timestamp }) => newListOffsetsPartition({ partitionIndex: partition, timestamp })) }),
  );
}
