import { commitFailed } from "@samsa/coordinators";
import { ErrorCode, type ErrorName, type OffsetCommitRequest, type OffsetCommitResponse } from "@samsa/protocol";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";
import { findTopic } from "./topic-reference.ts";

type Topic = OffsetCommitRequest["topics"][number];
type AnsweredTopic = OffsetCommitResponse["topics"][number];

const FIRST_VERSION_WITH_TOPIC_IDS = 10;

/** OffsetCommit 2–10: answered when the offsets are committed in the group's log. Partitions that are not there are refused one by one. */
export function offsetCommitHandler(services: BrokerServices): ApiHandler<"OffsetCommit"> {
  return {
    api: "OffsetCommit",
    handle(request, context, now) {
      const { apiVersion } = context;
      const coordinator = services.groups.of(request.groupId);
      if (request.groupId === "") return context.respond(commitFailed(request, "INVALID_GROUP_ID"));
      if (typeof coordinator === "string") return context.respond(commitFailed(request, coordinator));
      const known = request.topics.map((topic) => partsOf(services, topic, apiVersion >= FIRST_VERSION_WITH_TOPIC_IDS));
      const topics = known.flatMap(({ committed }) => (committed === undefined ? [] : [committed]));
      const answer = (response: OffsetCommitResponse): void => context.respond({ ...response, topics: merged(known, response.topics) });
      if (topics.length === 0 && request.topics.length > 0) return answer({ throttleTimeMs: 0, topics: [] });
      coordinator.offsetCommit({ ...request, topics }, apiVersion, answer, now);
    },
  };
}

interface Parts {
  readonly asked: Topic;
  /** With name and id, and only the partitions that are there; undefined without any. */
  readonly committed: Topic | undefined;
  readonly refused: ReadonlyMap<number, ErrorName>;
}

function partsOf(services: BrokerServices, asked: Topic, isById: boolean): Parts {
  const found = findTopic(services, asked, isById);
  const refused = new Map<number, ErrorName>();
  const partitions = asked.partitions.filter(({ partitionIndex }) => {
    const error = found.topic === undefined ? found.error : found.topic.partitions[partitionIndex] === undefined ? "UNKNOWN_TOPIC_OR_PARTITION" : undefined;
    if (error !== undefined) refused.set(partitionIndex, error);
    return error === undefined;
  });
  const isThere = found.topic !== undefined && partitions.length > 0;
  return { asked, committed: isThere ? { name: found.topic.name, topicId: found.topic.topicId, partitions } : undefined, refused };
}

/** What was refused here, and what the coordinator says of the others, in the order of the request. */
function merged(parts: readonly Parts[], answered: readonly AnsweredTopic[]): AnsweredTopic[] {
  let topicsTaken = 0;
  return parts.map(({ asked, committed, refused }) => {
    const own = committed === undefined ? undefined : answered[topicsTaken++];
    let partitionsTaken = 0;
    return {
      name: asked.name,
      topicId: asked.topicId,
      partitions: asked.partitions.map(({ partitionIndex }) => {
        const error = refused.get(partitionIndex);
        const errorCode = error === undefined ? (own?.partitions[partitionsTaken++]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR) : ErrorCode[error];
        return { partitionIndex, errorCode };
      }),
    };
  });
}
