import type { ErrorName, OffsetCommitRequest } from "@samsa/protocol";
import type { CommitRefusalOf } from "../offsets/commit-offsets.ts";
import type { FetchedGroup } from "../offsets/fetch-offsets.ts";
import { type ConsumerGroupState, memberOf } from "./consumer-group-state.ts";
import { heldSince, type MemberAssignment } from "./member-assignment.ts";
import type { TopicsView } from "./topics-view.ts";

/** From here on the field for a generation may be a member's epoch. */
const FIRST_VERSION_WITH_MEMBER_EPOCHS = 9;

/** What may be committed: everything, nothing because of the error, or some partitions. */
export type CommitPermission = ErrorName | undefined | CommitRefusalOf;

/**
 * Whose offsets a consumer group takes (I-G4): of a member in its epoch; of one that is in an epoch of before, for partitions that it has had since then
 * (KIP-1251), since nobody else can have read on meanwhile; of anybody as long as there are no members.
 */
export function consumerCommitPermission(group: ConsumerGroupState, request: OffsetCommitRequest, apiVersion: number, topics: TopicsView): CommitPermission {
  const { memberId, generationIdOrMemberEpoch: epoch } = request;
  if (epoch < 0 && group.members.size === 0) return undefined;
  const member = memberOf(group, memberId);
  if (member === undefined) return "UNKNOWN_MEMBER_ID";
  const { assignment, metadata } = member;
  if (metadata.classicMemberMetadata !== null) return epoch === assignment.memberEpoch ? undefined : "ILLEGAL_GENERATION";
  if (apiVersion < FIRST_VERSION_WITH_MEMBER_EPOCHS) return "UNSUPPORTED_VERSION";
  if (epoch < 0 || epoch > assignment.memberEpoch) return "STALE_MEMBER_EPOCH";
  if (epoch === assignment.memberEpoch) return undefined;
  return (topic, partition) => (hasHadSince(assignment, epoch, topics.topicByName(topic)?.topicId, partition) ? undefined : "STALE_MEMBER_EPOCH");
}

/** Why the offsets are not told; undefined: they are. Who says nothing of a member is an operator. */
export function consumerFetchRefusal(group: ConsumerGroupState, { memberId, memberEpoch }: FetchedGroup): ErrorName | undefined {
  if (memberId === null && memberEpoch < 0) return undefined;
  const member = memberOf(group, memberId ?? "");
  if (member === undefined) return "UNKNOWN_MEMBER_ID";
  if (memberEpoch === member.assignment.memberEpoch) return undefined;
  return member.metadata.classicMemberMetadata === null ? "STALE_MEMBER_EPOCH" : "ILLEGAL_GENERATION";
}

function hasHadSince(assignment: MemberAssignment, epoch: number, topicId: Parameters<typeof heldSince>[1] | undefined, partition: number): boolean {
  const since = topicId === undefined ? undefined : heldSince(assignment, topicId, partition);
  return since !== undefined && since <= epoch;
}
