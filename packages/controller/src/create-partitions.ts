import type { MetadataImage, MetadataRecord, TopicImage } from "@samsa/metadata";
import type { NodeId, Prng } from "@samsa/stdx";
import type { ControllerRequest, TopicGrown, TopicToGrow } from "./api.ts";
import { assignmentFault, unevenFault } from "./assignment.ts";
import { BatchRoom } from "./batch-room.ts";
import type { ControllerLimits } from "./config.ts";
import { answer, type Decision } from "./decision.ts";
import { errorReply } from "./error-reply.ts";
import { newPartition, placementFault } from "./new-partitions.ts";
import { placeReplicas } from "./placement.ts";
import { fault, isFault, type TopicFault } from "./topic-fault.ts";

type CreatePartitions = Extract<ControllerRequest, { type: "create-partitions" }>;

interface Surroundings {
  readonly image: MetadataImage;
  readonly limits: ControllerLimits;
  readonly prng: Prng;
}

/** Each topic stands for itself; those that can grow are one batch. Asked again after a first try that was carried out, a topic has that many already. */
export function createPartitions(at: Surroundings, request: CreatePartitions): Decision {
  const { type, topics, validateOnly } = request;
  if (topics.length > at.limits.maxTopicsPerRequest) return answer(errorReply(type, "INVALID_REQUEST"));
  const room = new BatchRoom(at.image, at.limits);
  const counts = new Map<string, number>();
  for (const { name } of topics) counts.set(name, (counts.get(name) ?? 0) + 1);
  const records: MetadataRecord[] = [];
  const answers = topics.map((asked): TopicGrown => {
    const isTwice = (counts.get(asked.name) ?? 0) > 1;
    const added = isTwice ? fault("INVALID_REQUEST", "Duplicate topic name.") : grow(at, room, asked);
    if (isFault(added)) return { name: asked.name, ...added };
    records.push(...added);
    return { name: asked.name, error: "NONE", message: null };
  });
  return { records: validateOnly ? [] : records, because: "partitions added", reply: { type, error: "NONE", topics: answers } };
}

function grow(at: Surroundings, room: BatchRoom, asked: TopicToGrow): readonly MetadataRecord[] | TopicFault {
  const topic = at.image.topicByName(asked.name);
  if (topic === undefined) return fault("UNKNOWN_TOPIC_OR_PARTITION", null);
  const added =
    countFault(topic, asked) ?? room.lacksPartitions(asked.partitionCount - topic.partitions.length, "INVALID_REQUEST") ?? chooseReplicas(at, topic, asked);
  if (isFault(added)) return added;
  const lacking = room.lacksReplicas(added);
  if (lacking !== undefined) return lacking;
  const first = topic.partitions.length;
  const records = added.map((replicas, index) => newPartition(at.image, { topicId: topic.topicId, partition: first + index, replicas }));
  return room.take(records, added) ?? records;
}

function countFault({ partitions }: TopicImage, { name, partitionCount, assignments }: TopicToGrow): TopicFault | undefined {
  const { length } = partitions;
  if (partitionCount === length) return fault("INVALID_PARTITIONS", `Topic already has ${length} partition(s).`);
  if (!(partitionCount > length))
    return fault("INVALID_PARTITIONS", `The topic ${name} currently has ${length} partition(s); ${partitionCount} would not be an increase.`);
  const additional = partitionCount - length;
  if (assignments === null || assignments.length === additional) return undefined;
  return fault(
    "INVALID_REPLICA_ASSIGNMENT",
    `Attempted to add ${additional} additional partition(s), but only ${assignments.length} assignment(s) were specified.`,
  );
}

function chooseReplicas({ image, prng }: Surroundings, topic: TopicImage, asked: TopicToGrow): readonly (readonly NodeId[])[] | TopicFault {
  const replicationFactor = topic.partitions[0]?.replicas.length ?? 1;
  const existing = topic.partitions.map(({ replicas }) => replicas);
  if (asked.assignments !== null)
    return assignedFault(image, { assignments: asked.assignments, replicationFactor, first: existing.length }) ?? asked.assignments;
  const lacking = placementFault(image, replicationFactor);
  if (lacking !== undefined) return lacking;
  const partitionCount = asked.partitionCount - existing.length;
  return placeReplicas({ brokers: [...image.brokers.values()], partitionCount, replicationFactor, existing }, prng);
}

function assignedFault(
  image: MetadataImage,
  asked: { readonly assignments: readonly (readonly NodeId[])[]; readonly replicationFactor: number; readonly first: number },
): TopicFault | undefined {
  const { assignments, replicationFactor, first } = asked;
  for (const [index, replicas] of assignments.entries()) {
    const wrong = assignmentFault(image, { partition: first + index, replicas });
    if (wrong !== undefined) return fault("INVALID_REPLICA_ASSIGNMENT", wrong);
  }
  return unevenFault(assignments, replicationFactor);
}
