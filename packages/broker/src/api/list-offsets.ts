import { type ErrorName, ErrorCode, type ListOffsetsRequest, type ListOffsetsResponse } from "@samsa/protocol";
import type { OffsetReader } from "@samsa/replication";
import { leaderEpoch, type Now, ZERO_UUID } from "@samsa/stdx";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";
import { findTopic } from "./topic-reference.ts";

type PartitionRequest = ListOffsetsRequest["topics"][number]["partitions"][number];
type PartitionResponse = ListOffsetsResponse["topics"][number]["partitions"][number];

const READ_COMMITTED = 1;
const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
const EARLIEST_PENDING_UPLOAD = -6;

/** Nothing is ever tiered here: the earliest local offset is the earliest, and of what lies in remote storage only the leader has a say. */
const LOOKED_UP_AS: ReadonlyMap<number, number> = new Map([
  [EARLIEST_LOCAL, EARLIEST],
  [LATEST_TIERED, EARLIEST],
  [EARLIEST_PENDING_UPLOAD, EARLIEST],
]);

/** The first version in which a special timestamp means something; other negative ones never do. */
const FIRST_VERSION_OF_TIMESTAMP: ReadonlyMap<number, number> = new Map([
  [LATEST, 1],
  [EARLIEST, 1],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
]);

/** In older responses the field must stay empty. */
const FIRST_VERSION_WITH_LEADER_EPOCH = 4;
/** Older clients take LEADER_NOT_AVAILABLE for what is to be tried again. */
const FIRST_VERSION_WITH_OFFSET_NOT_AVAILABLE = 5;

/** As what a client may call itself, apart from a replica: that one, and the debugging consumer, see what is not committed yet. */
const CONSUMER_ID = -1;
const DEBUGGING_CONSUMER_ID = -2;

/** ListOffsets 1–11, answered by the leader; a debugging consumer is answered by any replica. */
export function listOffsetsHandler(services: BrokerServices): ApiHandler<"ListOffsets"> {
  return {
    api: "ListOffsets",
    handle(request, context, now) {
      const hasLeaderEpoch = context.apiVersion >= FIRST_VERSION_WITH_LEADER_EPOCH;
      const reader = readerOf(request);
      const askedTwice = duplicatesOf(request);
      let pending = 1;
      const finish = (): void => {
        if (--pending === 0) context.respond({ throttleTimeMs: 0, topics });
      };
      const topics: ListOffsetsResponse["topics"] = request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((partition) => {
          const response: PartitionResponse = { partitionIndex: partition.partitionIndex, errorCode: 0, timestamp: -1, offset: -1, leaderEpoch: -1 };
          pending++;
          const answer = (result: Partial<PartitionResponse>): void => {
            Object.assign(response, result, hasLeaderEpoch ? {} : { leaderEpoch: -1 });
            finish();
          };
          if (askedTwice.has(keyOf(name, partition))) answer({ errorCode: ErrorCode.INVALID_REQUEST });
          else look(services, { name, partition, reader, apiVersion: context.apiVersion }, answer, now);
          return response;
        }),
      }));
      finish();
    },
  };
}

function readerOf({ replicaId, isolationLevel }: ListOffsetsRequest): OffsetReader {
  if (replicaId === CONSUMER_ID) return isolationLevel === READ_COMMITTED ? "committed" : "uncommitted";
  return replicaId === DEBUGGING_CONSUMER_ID ? "debugger" : "replica";
}

const keyOf = (name: string, { partitionIndex }: PartitionRequest): string => `${name}:${partitionIndex}`;

function duplicatesOf({ topics }: ListOffsetsRequest): ReadonlySet<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { name, partitions } of topics) {
    for (const partition of partitions) {
      const key = keyOf(name, partition);
      (seen.has(key) ? twice : seen).add(key);
    }
  }
  return twice;
}

interface Asked {
  readonly name: string;
  readonly partition: PartitionRequest;
  readonly reader: OffsetReader;
  readonly apiVersion: number;
}

function look(services: BrokerServices, { name, partition, reader, apiVersion }: Asked, answer: (result: Partial<PartitionResponse>) => void, now: Now): void {
  const fail = (error: ErrorName): void => answer({ errorCode: ErrorCode[error] });
  if (partition.timestamp < 0 && apiVersion < (FIRST_VERSION_OF_TIMESTAMP.get(partition.timestamp) ?? Infinity)) return fail("UNSUPPORTED_VERSION");
  const { topic } = findTopic(services, { name, topicId: ZERO_UUID }, false);
  if (topic?.partitions[partition.partitionIndex] === undefined) return fail("UNKNOWN_TOPIC_OR_PARTITION");
  const hosted = services.replicas.get(topic.topicId, partition.partitionIndex);
  if (hosted === undefined) return fail("NOT_LEADER_OR_FOLLOWER");
  const timestamp = LOOKED_UP_AS.get(partition.timestamp) ?? partition.timestamp;
  hosted.replica.listOffset(
    { timestamp, currentLeaderEpoch: leaderEpoch(partition.currentLeaderEpoch), reader },
    (result) => {
      if (result.type === "failed")
        fail(result.error === "OFFSET_NOT_AVAILABLE" && apiVersion < FIRST_VERSION_WITH_OFFSET_NOT_AVAILABLE ? "LEADER_NOT_AVAILABLE" : result.error);
      else if (partition.timestamp === LATEST_TIERED || partition.timestamp === EARLIEST_PENDING_UPLOAD) answer({ offset: -1 });
      else
        answer({ offset: result.offset, timestamp: timestamp === LATEST || timestamp === EARLIEST ? -1 : result.timestampMs, leaderEpoch: result.leaderEpoch });
    },
    now,
  );
}
