import { type ConsumerGroupDescribeResponse, ErrorCode, type ErrorName, newConsumerGroupDescribeResponseDescribedGroup } from "@samsa/protocol";
import type { ListedGroup } from "../describe-group.ts";
import { shortMessage } from "../said-again.ts";
import { type ConsumerGroupState, type ConsumerMember, isReconciled, membersOf, targetOf } from "./consumer-group-state.ts";
import { type OwnedPartitions, type Partitions, topicPartitionsOf } from "./partitions.ts";
import { assignorNameOf } from "./target-assignment.ts";
import type { TopicsView } from "./topics-view.ts";

export type DescribedConsumerGroup = ConsumerGroupDescribeResponse["groups"][number];
type DescribedMember = DescribedConsumerGroup["members"][number];

/** As Kafka's tools print them; a group that is deleted is not there. */
export type ConsumerGroupStateName = "Empty" | "Assigning" | "Reconciling" | "Stable";

/** Kafka's numbers for the protocol that a member uses. */
const MEMBER_TYPE = { classic: 0, consumer: 1 } as const;

export function stateNameOf(group: ConsumerGroupState): ConsumerGroupStateName {
  if (group.members.size === 0) return "Empty";
  if (group.epoch > group.targetEpoch) return "Assigning";
  for (const { assignment } of membersOf(group)) if (!isReconciled(group, assignment)) return "Reconciling";
  return "Stable";
}

export const describeConsumerGroup = (group: ConsumerGroupState, topics: TopicsView, assignors: readonly string[]): DescribedConsumerGroup =>
  newConsumerGroupDescribeResponseDescribedGroup({
    groupId: group.groupId,
    groupState: stateNameOf(group),
    groupEpoch: group.epoch,
    assignmentEpoch: group.targetEpoch,
    assignorName: assignorNameOf(group, assignors),
    members: Array.from(membersOf(group), (member) => describeMember(group, member, topics)),
  });

/** Of the ids and numbers of one topic, and of all that is said of a member beside its names and partitions. */
const TOPIC_BYTES = 24;
const MEMBER_BYTES = 100;

/** About how many bytes a group's description takes: members share the names that they want, and each says them. */
export function descriptionSize(group: ConsumerGroupState, topics: TopicsView): number {
  const sizeOfNames = new Map<readonly string[], number>();
  const sizeOf = (partitions: Partitions | OwnedPartitions): number => {
    let size = 0;
    for (const [topicId, indexes] of partitions) size += TOPIC_BYTES + (topics.topicById(topicId)?.name.length ?? 0) + 4 * indexes.size;
    return size;
  };
  let sum = 0;
  for (const { memberId, metadata, assignment } of membersOf(group)) {
    const { subscribedTopicNames: names } = metadata;
    const said = sizeOfNames.get(names) ?? names.reduce((total, { length }) => total + length + 2, 0);
    sizeOfNames.set(names, said);
    const texts = [memberId, metadata.instanceId, metadata.rackId, metadata.clientId, metadata.clientHost, metadata.subscribedTopicRegex];
    for (const text of texts) sum += text?.length ?? 0;
    sum += MEMBER_BYTES + said + sizeOf(assignment.assigned) + sizeOf(targetOf(group, memberId));
  }
  return sum;
}

export const consumerGroupNotDescribed = (groupId: string, error: ErrorName, errorMessage: string | null = null): DescribedConsumerGroup =>
  newConsumerGroupDescribeResponseDescribedGroup({ groupId, errorCode: ErrorCode[error], errorMessage: shortMessage(errorMessage) });

export const listConsumerGroup = (group: ConsumerGroupState): ListedGroup => ({
  groupId: group.groupId,
  protocolType: "consumer",
  groupState: stateNameOf(group),
  groupType: "consumer",
});

function describeMember(group: ConsumerGroupState, { memberId, metadata, assignment }: ConsumerMember, topics: TopicsView): DescribedMember {
  return {
    memberId,
    instanceId: metadata.instanceId,
    rackId: metadata.rackId,
    memberEpoch: assignment.memberEpoch,
    clientId: metadata.clientId,
    clientHost: metadata.clientHost,
    subscribedTopicNames: metadata.subscribedTopicNames,
    subscribedTopicRegex: metadata.subscribedTopicRegex,
    assignment: { topicPartitions: named(assignment.assigned, topics) },
    targetAssignment: { topicPartitions: named(targetOf(group, memberId), topics) },
    memberType: metadata.classicMemberMetadata === null ? MEMBER_TYPE.consumer : MEMBER_TYPE.classic,
  };
}

/** Without topics that are not there any more. */
const named = (partitions: Partitions | OwnedPartitions, topics: TopicsView): DescribedMember["assignment"]["topicPartitions"] =>
  topicPartitionsOf(partitions).flatMap((listed) => {
    const topic = topics.topicById(listed.topicId);
    return topic === undefined ? [] : [{ ...listed, topicName: topic.name }];
  });
