import {
  apis,
  type CreatableTopic,
  type CreatePartitionsTopic,
  type DescribeTopicPartitionsResponse,
  ErrorCode,
  type MetadataResponse,
  newCreatePartitionsRequest,
  newCreateTopicsRequest,
  newDeleteTopicsRequest,
  newDeleteTopicState,
  newDescribeTopicPartitionsRequest,
  newMetadataRequest,
  newMetadataRequestTopic,
  newTopicRequest,
} from "@samsa/protocol";
import { type Uuid, ZERO_UUID } from "@samsa/stdx";
import { brokerError } from "../java-exception.ts";
import type { Session } from "../session/session.ts";

export interface ListedTopic {
  readonly name: string;
  readonly topicId: Uuid;
  readonly isInternal: boolean;
  /** −1: nobody leads the partition. */
  readonly leaders: ReadonlyMap<number, number>;
}

export interface DescribedPartition {
  readonly partition: number;
  /** −1: nobody. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Null: who was asked does not say. */
  readonly elr: readonly number[] | null;
  readonly lastKnownElr: readonly number[] | null;
}

export interface DescribedTopic {
  readonly name: string;
  readonly topicId: Uuid;
  readonly partitions: readonly DescribedPartition[];
}

type MetadataTopic = MetadataResponse["topics"][number];
type PageTopic = DescribeTopicPartitionsResponse["topics"][number];

/** Every topic, by name. */
export async function listTopics(session: Session, callName = "listTopics"): Promise<readonly ListedTopic[]> {
  const { topics } = await session.request({
    callName,
    api: apis.Metadata,
    request: () => newMetadataRequest({ topics: null, allowAutoTopicCreation: false }),
    target: { type: "any" },
  });
  const listed = topics.flatMap(({ name, topicId, isInternal, partitions }) =>
    name === null ? [] : [{ name, topicId, isInternal, leaders: new Map(partitions.map(({ partitionIndex, leaderId }) => [partitionIndex, leaderId])) }],
  );
  return listed.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Throws the first topic's error. */
export async function describeTopics(session: Session, names: readonly string[], partitionsPerResponse: number): Promise<readonly DescribedTopic[]> {
  const topics = new Map<string, DescribedTopic>();
  let cursor: DescribeTopicPartitionsResponse["nextCursor"] = null;
  do {
    const page: DescribeTopicPartitionsResponse = await session.request({
      callName: "describeTopicPartitions",
      api: apis.DescribeTopicPartitions,
      request: () =>
        newDescribeTopicPartitionsRequest({
          topics: names.map((name) => newTopicRequest({ name })),
          responsePartitionLimit: partitionsPerResponse,
          cursor,
        }),
      target: { type: "any" },
    });
    for (const topic of page.topics) addPage(topics, topic);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return [...topics.values()];
}

function addPage(topics: Map<string, DescribedTopic>, { name, topicId, errorCode, partitions }: PageTopic): void {
  if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode);
  if (name === null) return;
  const added = partitions.map(({ partitionIndex, leaderId, replicaNodes, isrNodes, eligibleLeaderReplicas, lastKnownElr }) => ({
    partition: partitionIndex,
    leader: leaderId,
    replicas: replicaNodes,
    isr: isrNodes,
    elr: eligibleLeaderReplicas ?? [],
    lastKnownElr: lastKnownElr ?? [],
  }));
  topics.set(name, { name, topicId, partitions: [...(topics.get(name)?.partitions ?? []), ...added] });
}

/** The metadata, by which this is asked, have no ELR. */
export async function describeTopicById(session: Session, id: Uuid): Promise<DescribedTopic> {
  const { topics } = await session.request({
    callName: "describeTopicsByIds",
    api: apis.Metadata,
    minVersion: 12,
    request: () => newMetadataRequest({ topics: [newMetadataRequestTopic({ topicId: id, name: null })], allowAutoTopicCreation: false }),
    target: { type: "any" },
  });
  const topic = topics.find(({ topicId }) => topicId === id);
  if (topic === undefined || topic.errorCode !== ErrorCode.NONE) throw brokerError(topic?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_ID);
  return { name: topic.name ?? "", topicId: id, partitions: topic.partitions.map(partitionOf) };
}

const partitionOf = ({ partitionIndex, leaderId, replicaNodes, isrNodes }: MetadataTopic["partitions"][number]): DescribedPartition => ({
  partition: partitionIndex,
  leader: leaderId,
  replicas: replicaNodes,
  isr: isrNodes,
  elr: null,
  lastKnownElr: null,
});

/** Throws what the controller has against it. */
export async function createTopic(session: Session, topic: CreatableTopic): Promise<void> {
  const timeoutMs = session.settings.apiTimeoutMs;
  const { topics } = await session.request({
    callName: "createTopics",
    api: apis.CreateTopics,
    request: () => newCreateTopicsRequest({ topics: [topic], timeoutMs }),
    target: { type: "controller" },
    errorOf: (response) => response.topics[0]?.errorCode ?? ErrorCode.NONE,
  });
  throwFirst(topics);
}

/** Throws the first topic's error. */
export async function createPartitions(session: Session, topics: readonly CreatePartitionsTopic[]): Promise<void> {
  const timeoutMs = session.settings.apiTimeoutMs;
  const { results } = await session.request({
    callName: "createPartitions",
    api: apis.CreatePartitions,
    request: () => newCreatePartitionsRequest({ topics, timeoutMs }),
    target: { type: "controller" },
    errorOf: (response) => controllerErrorOf(response.results),
  });
  throwFirst(results);
}

/** Throws the first topic's error. */
export async function deleteTopics(session: Session, names: readonly string[]): Promise<void> {
  const timeoutMs = session.settings.apiTimeoutMs;
  const { responses } = await session.request({
    callName: "deleteTopics",
    api: apis.DeleteTopics,
    request: (version) =>
      newDeleteTopicsRequest(
        version >= 6 ? { topics: names.map((name) => newDeleteTopicState({ name, topicId: ZERO_UUID })), timeoutMs } : { topicNames: [...names], timeoutMs },
      ),
    target: { type: "controller" },
    errorOf: (response) => controllerErrorOf(response.responses),
  });
  throwFirst(responses);
}

interface TopicResult {
  readonly errorCode: number;
  readonly errorMessage?: string | null;
}

/** Of several topics some may be done: only what says that it was the wrong broker for all of them has the question asked again. */
const controllerErrorOf = (results: readonly TopicResult[]): number =>
  results.some(({ errorCode }) => errorCode === ErrorCode.NOT_CONTROLLER) ? ErrorCode.NOT_CONTROLLER : ErrorCode.NONE;

function throwFirst(results: readonly TopicResult[]): void {
  const failed = results.find(({ errorCode }) => errorCode !== ErrorCode.NONE);
  if (failed !== undefined) throw brokerError(failed.errorCode, failed.errorMessage ?? null);
}
