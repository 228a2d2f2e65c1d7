import type { ConsumerGroupMemberMetadataValue, ConsumerGroupRegularExpressionValue } from "@samsa/protocol/group-records";
import { PersistentMap } from "@samsa/stdx";
import type { GroupRecord, GroupRecordName } from "../records/group-record.ts";
import { heldPartitions, type MemberAssignment, memberAssignmentOf, NEW_ASSIGNMENT } from "./member-assignment.ts";
import { NO_PARTITIONS, partitionKey, type Partitions, partitionsOf } from "./partitions.ts";
import { memberCounted, regexCounted, type SubscriptionCounts } from "./subscription-counts.ts";
import { sameNames } from "./topic-names.ts";

/** What a member has told of itself, and wants. */
export type MemberMetadata = ConsumerGroupMemberMetadataValue;
/** The topics of a regular expression, as of a time. */
export type ResolvedRegex = ConsumerGroupRegularExpressionValue;

/**
 * A consumer group (KIP-848) as its log has it: the replay of its records. Immutable.
 *
 * The log is compacted, so that the records of a group and its members may come in any order between keys: each kind has its own map.
 */
export interface ConsumerGroupState extends SubscriptionCounts {
  readonly groupId: string;
  /** Bumped whenever its members change, or what they want, or what there is of it. 0: there is no such group, only what is left of one. */
  readonly epoch: number;
  /** Of the topics that its members want, in this epoch. */
  readonly metadataHash: bigint;
  /** A record of Kafka before 4.1 is there, in whose place the hash has come: it is to go. */
  readonly hasPartitionMetadata: boolean;
  readonly members: PersistentMap<MemberMetadata>;
  /** By `group.instance.id`: which member it is. */
  readonly staticMembers: PersistentMap<string>;
  /** The epoch that the targets were made for. */
  readonly targetEpoch: number;
  readonly targetTimestampMs: number;
  /** By member: what it is to have. */
  readonly targets: PersistentMap<Partitions>;
  /** By member: what it has. */
  readonly assignments: PersistentMap<MemberAssignment>;
  /** By `partitionKey`: the member that has the partition, or has not said yet that it gave it up. */
  readonly owners: PersistentMap<string>;
  readonly regexes: PersistentMap<ResolvedRegex>;
}

/** A member that is in the group. */
export interface ConsumerMember {
  readonly memberId: string;
  readonly metadata: MemberMetadata;
  readonly assignment: MemberAssignment;
}

const NO_GROUP: Omit<ConsumerGroupState, "groupId"> = {
  epoch: 0,
  metadataHash: 0n,
  hasPartitionMetadata: false,
  members: PersistentMap.empty(),
  staticMembers: PersistentMap.empty(),
  targetEpoch: 0,
  targetTimestampMs: -1,
  targets: PersistentMap.empty(),
  assignments: PersistentMap.empty(),
  owners: PersistentMap.empty(),
  regexes: PersistentMap.empty(),
  regexMembers: PersistentMap.empty(),
  topicSubscribers: PersistentMap.empty(),
};

export const newConsumerGroup = (groupId: string): ConsumerGroupState => ({ groupId, ...NO_GROUP });

export function memberOf(group: ConsumerGroupState, memberId: string): ConsumerMember | undefined {
  const metadata = group.members.get(memberId);
  return metadata === undefined ? undefined : { memberId, metadata, assignment: group.assignments.get(memberId) ?? NEW_ASSIGNMENT };
}

export function* membersOf(group: ConsumerGroupState): Generator<ConsumerMember> {
  for (const [memberId, metadata] of group.members.entries()) yield { memberId, metadata, assignment: group.assignments.get(memberId) ?? NEW_ASSIGNMENT };
}

export const targetOf = ({ targets }: ConsumerGroupState, memberId: string): Partitions => targets.get(memberId) ?? NO_PARTITIONS;

/** Whether a member has all that it is to have. */
export const isReconciled = ({ targetEpoch }: ConsumerGroupState, { state, memberEpoch }: MemberAssignment): boolean =>
  state === "STABLE" && memberEpoch === targetEpoch;

/** Nothing of it is in the log any more. */
export const isForgotten = ({ epoch, targetEpoch, hasPartitionMetadata, members, targets, assignments, regexes }: ConsumerGroupState): boolean =>
  epoch === 0 && targetEpoch === 0 && !hasPartitionMetadata && [members, targets, assignments, regexes].every(({ size }) => size === 0);

/** The records of consumer groups. */
export type ConsumerGroupRecord = Extract<GroupRecord, { readonly name: ConsumerGroupRecordName }>;
type ConsumerGroupRecordName = Extract<GroupRecordName, `ConsumerGroup${string}`>;

export const isConsumerGroupRecord = (record: GroupRecord): record is ConsumerGroupRecord => record.name.startsWith("ConsumerGroup");

/** Pure; the group after one of its records. */
export function replayConsumerGroup(group: ConsumerGroupState, record: ConsumerGroupRecord): ConsumerGroupState {
  switch (record.name) {
    case "ConsumerGroupMetadata":
      return { ...group, epoch: record.value?.epoch ?? 0, metadataHash: record.value?.metadataHash ?? 0n };
    case "ConsumerGroupPartitionMetadata":
      return { ...group, hasPartitionMetadata: record.value !== null };
    case "ConsumerGroupMemberMetadata":
      return withMetadata(group, record.key.memberId, record.value === null ? undefined : detached(record.value));
    case "ConsumerGroupTargetAssignmentMetadata":
      return { ...group, targetEpoch: record.value?.assignmentEpoch ?? 0, targetTimestampMs: record.value?.assignmentTimestamp ?? -1 };
    case "ConsumerGroupTargetAssignmentMember": {
      const target = record.value === null ? undefined : partitionsOf(record.value.topicPartitions);
      return { ...group, targets: put(group.targets, record.key.memberId, target) };
    }
    case "ConsumerGroupCurrentMemberAssignment":
      return withAssignment(group, record.key.memberId, record.value === null ? undefined : memberAssignmentOf(record.value));
    case "ConsumerGroupRegularExpression":
      return withRegex(group, record.key.regularExpression, record.value ?? undefined);
  }
}

function withMetadata(group: ConsumerGroupState, memberId: string, said: MemberMetadata | undefined): ConsumerGroupState {
  const instances = new Map<string, string | undefined>();
  const before = group.members.get(memberId);
  const instanceBefore = before?.instanceId ?? undefined;
  const metadata = said === undefined ? undefined : withSharedNames(group, said);
  if (instanceBefore !== undefined && group.staticMembers.get(instanceBefore) === memberId) instances.set(instanceBefore, undefined);
  if (metadata !== undefined && metadata.instanceId !== null) instances.set(metadata.instanceId, memberId);
  return {
    ...group,
    ...memberCounted(group, group.regexes, before, metadata),
    members: put(group.members, memberId, metadata),
    staticMembers: group.staticMembers.with(instances),
  };
}

/** Members mostly want the same: one list for all of them. */
function withSharedNames({ members }: ConsumerGroupState, metadata: MemberMetadata): MemberMetadata {
  const { value: any } = members.values().next();
  if (any === undefined || !sameNames(any.subscribedTopicNames, metadata.subscribedTopicNames)) return metadata;
  return { ...metadata, subscribedTopicNames: any.subscribedTopicNames };
}

function withRegex(group: ConsumerGroupState, regex: string, resolved: ResolvedRegex | undefined): ConsumerGroupState {
  const before = group.regexes.get(regex)?.topics ?? [];
  return { ...group, ...regexCounted(group, regex, before, resolved?.topics ?? []), regexes: put(group.regexes, regex, resolved) };
}

/** What lies in a frame, or in a read of the log, would keep all of it. */
function detached(metadata: MemberMetadata): MemberMetadata {
  const { classicMemberMetadata } = metadata;
  if (classicMemberMetadata === null) return metadata;
  const supportedProtocols = classicMemberMetadata.supportedProtocols.map(({ name, metadata: bytes }) => ({ name, metadata: bytes.slice() }));
  return { ...metadata, classicMemberMetadata: { ...classicMemberMetadata, supportedProtocols } };
}

/**
 * Who had a partition, and has it no more, has released it. By member and not by epoch, and what is given up before what is taken: a partition may go
 * from what a member has to revoke back to what it has (KAFKA-16147).
 */
function withAssignment(group: ConsumerGroupState, memberId: string, assignment: MemberAssignment | undefined): ConsumerGroupState {
  const owners = new Map<string, string | undefined>();
  const before = group.assignments.get(memberId);
  if (before !== undefined)
    for (const held of heldPartitions(before)) if (group.owners.get(partitionKey(...held)) === memberId) owners.set(partitionKey(...held), undefined);
  if (assignment !== undefined) for (const held of heldPartitions(assignment)) owners.set(partitionKey(...held), memberId);
  return { ...group, assignments: put(group.assignments, memberId, assignment), owners: group.owners.with(owners) };
}

const put = <V>(map: PersistentMap<V>, key: string, value: V | undefined): PersistentMap<V> => map.with(new Map([[key, value]]));
