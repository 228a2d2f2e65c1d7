import type { MetadataImage, MetadataRecord } from "@samsa/metadata";
import { ZERO_UUID } from "@samsa/stdx";
import type { ControllerRequest, TopicDeleted, TopicToDelete } from "./api.ts";
import { answer, type Decision } from "./decision.ts";
import { errorReply } from "./error-reply.ts";
import { fault, isFault, type TopicFault } from "./topic-fault.ts";

type DeleteTopics = Extract<ControllerRequest, { type: "delete-topics" }>;

/** Each topic stands for itself; those that can be deleted are one batch. Asked again after a first try that was carried out, they are unknown. */
export function deleteTopics(
  image: MetadataImage,
  request: DeleteTopics,
  { isDeleteTopicEnabled, maxTopicsPerRequest }: { readonly isDeleteTopicEnabled: boolean; readonly maxTopicsPerRequest: number },
): Decision {
  if (!isDeleteTopicEnabled) return answer(errorReply(request.type, "TOPIC_DELETION_DISABLED"));
  if (request.topics.length > maxTopicsPerRequest) return answer(errorReply(request.type, "INVALID_REQUEST"));
  const records: MetadataRecord[] = [];
  const asked = countNames(request.topics, image);
  const topics = request.topics.map((topic): TopicDeleted => {
    const found = wordingFault(topic, asked) ?? find(image, topic);
    if (isFault(found)) return { ...topic, ...found };
    records.push({ type: "remove-topic", topicId: found.topicId });
    return { ...found, error: "NONE", message: null };
  });
  return { records, because: "topic deleted", reply: { type: request.type, error: "NONE", topics } };
}

interface Asked {
  readonly names: ReadonlyMap<string, number>;
  readonly ids: ReadonlyMap<string, number>;
  /** Names of the topics that were asked for by id. */
  readonly namesOfIds: ReadonlySet<string>;
}

function countNames(topics: readonly TopicToDelete[], image: MetadataImage): Asked {
  const names = new Map<string, number>();
  const ids = new Map<string, number>();
  const namesOfIds = new Set<string>();
  for (const { name, topicId } of topics) {
    if (name !== null && topicId !== ZERO_UUID) continue;
    if (name !== null) names.set(name, (names.get(name) ?? 0) + 1);
    else {
      ids.set(topicId, (ids.get(topicId) ?? 0) + 1);
      const known = image.topicById(topicId);
      if (known !== undefined) namesOfIds.add(known.name);
    }
  }
  return { names, ids, namesOfIds };
}

function wordingFault({ name, topicId }: TopicToDelete, asked: Asked): TopicFault | undefined {
  if (name === null && topicId === ZERO_UUID) return fault("INVALID_REQUEST", "Neither topic name nor id were specified.");
  if (name !== null && topicId !== ZERO_UUID) return fault("INVALID_REQUEST", "You may not specify both topic name and topic id.");
  if (name === null) return (asked.ids.get(topicId) ?? 0) > 1 ? fault("INVALID_REQUEST", "Duplicate topic id.") : undefined;
  if ((asked.names.get(name) ?? 0) > 1) return fault("INVALID_REQUEST", "Duplicate topic name.");
  return asked.namesOfIds.has(name) ? fault("INVALID_REQUEST", "The provided topic name maps to an ID that was already supplied.") : undefined;
}

function find(image: MetadataImage, { name, topicId }: TopicToDelete): { readonly name: string; readonly topicId: TopicToDelete["topicId"] } | TopicFault {
  const topic = name === null ? image.topicById(topicId) : image.topicByName(name);
  if (topic !== undefined) return { name: topic.name, topicId: topic.topicId };
  return { error: name === null ? "UNKNOWN_TOPIC_ID" : "UNKNOWN_TOPIC_OR_PARTITION", message: null };
}
