import { type ErrorName, ErrorCode, type ListOffsetsRequest, type ListOffsetsResponse } from "@samsa/protocol";
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
/** Nothing is ever tiered here: the earliest local offset is the earliest, and nothing lies in remote storage. */
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
const EARLIEST_PENDING_UPLOAD = -6;

/** In older responses the field must stay empty. */
const FIRST_VERSION_WITH_LEADER_EPOCH = 4;

/** ListOffsets 1–11, answered by the leader. */
export function listOffsetsHandler(services: BrokerServices): ApiHandler<"ListOffsets"> {
  return {
    api: "ListOffsets",
    handle(request, context, now) {
      const hasLeaderEpoch = context.apiVersion >= FIRST_VERSION_WITH_LEADER_EPOCH;
      const isReadCommitted = request.isolationLevel === READ_COMMITTED;
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
          look(services, { name, partition, isReadCommitted }, answer, now);
          return response;
        }),
      }));
      finish();
    },
  };
}

interface Asked {
  readonly name: string;
  readonly partition: PartitionRequest;
  readonly isReadCommitted: boolean;
}

function look(services: BrokerServices, { name, partition, isReadCommitted }: Asked, answer: (result: Partial<PartitionResponse>) => void, now: Now): void {
  const fail = (error: ErrorName): void => answer({ errorCode: ErrorCode[error] });
  const { topic } = findTopic(services, { name, topicId: ZERO_UUID }, false);
  if (topic?.partitions[partition.partitionIndex] === undefined) return fail("UNKNOWN_TOPIC_OR_PARTITION");
  const hosted = services.replicas.get(topic.topicId, partition.partitionIndex);
  if (hosted === undefined) return fail("NOT_LEADER_OR_FOLLOWER");
  const timestamp = partition.timestamp === EARLIEST_LOCAL || partition.timestamp === EARLIEST_PENDING_UPLOAD ? EARLIEST : partition.timestamp;
  if (timestamp === LATEST_TIERED) return answer({ offset: -1 });
  if (timestamp < MAX_TIMESTAMP) return fail("UNSUPPORTED_VERSION");
  hosted.replica.listOffset(
    timestamp,
    leaderEpoch(partition.currentLeaderEpoch),
    isReadCommitted,
    (result) => {
      if (result.type === "failed") fail(result.error);
      else answer({ offset: result.offset, timestamp: timestamp === LATEST || timestamp === EARLIEST ? -1 : result.timestampMs, leaderEpoch: result.leaderEpoch });
    },
    now,
  );
}
