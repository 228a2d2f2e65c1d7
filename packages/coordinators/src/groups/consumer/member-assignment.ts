import type { ConsumerGroupCurrentMemberAssignmentValue } from "@samsa/protocol/group-records";
import type { Uuid } from "@samsa/stdx";
import { eachPartition, hasPartition, NOTHING_OWNED, type OwnedPartitions, samePartitions, topicPartitionsOf } from "./partitions.ts";

/**
 * How far a member is on its way to its target:
 *
 * | state | what it means |
 * |---|---|
 * | STABLE | it has all of its target, as of its epoch |
 * | UNREVOKED_PARTITIONS | it has to give up partitions before it gets to the next epoch |
 * | UNRELEASED_PARTITIONS | it is in the target's epoch, and partitions of its target are not released by others yet |
 */
export type MemberState = "STABLE" | "UNREVOKED_PARTITIONS" | "UNRELEASED_PARTITIONS";

/** What a member has of its group's partitions, and in which epoch it is. */
export interface MemberAssignment {
  /** `STATIC_LEAVE_EPOCH` for a static member that will come back. */
  readonly memberEpoch: number;
  /** An answer with the epoch after it may have been lost. */
  readonly previousMemberEpoch: number;
  readonly state: MemberState;
  readonly assigned: OwnedPartitions;
  /** Its own still, until it says that it has given them up. */
  readonly pendingRevocation: OwnedPartitions;
}

/** Of a request: a member joins, or joins again. */
export const JOIN_EPOCH = 0;
/** Of a request: a member leaves for good. */
export const LEAVE_EPOCH = -1;
/** Of a request: a static member leaves and will come back; its partitions are kept for its session's time. */
export const STATIC_LEAVE_EPOCH = -2;

export const NEW_ASSIGNMENT: MemberAssignment = {
  memberEpoch: JOIN_EPOCH,
  previousMemberEpoch: -1,
  state: "STABLE",
  assigned: NOTHING_OWNED,
  pendingRevocation: NOTHING_OWNED,
};

type AssignmentValue = ConsumerGroupCurrentMemberAssignmentValue;
type OwnedList = AssignmentValue["assignedPartitions"];

/** Kafka's numbers. */
const STATE_NUMBERS: Readonly<Record<MemberState, number>> = { STABLE: 0, UNREVOKED_PARTITIONS: 1, UNRELEASED_PARTITIONS: 2 };
const STATES = Object.keys(STATE_NUMBERS) as readonly MemberState[];

/** A state of a later version is taken for one that is on its way: the next heartbeat decides anew. */
const stateOf = (number: number): MemberState => STATES.find((state) => STATE_NUMBERS[state] === number) ?? "UNRELEASED_PARTITIONS";

export const memberAssignmentOf = (value: AssignmentValue): MemberAssignment => ({
  memberEpoch: value.memberEpoch,
  previousMemberEpoch: value.previousMemberEpoch,
  state: stateOf(value.state),
  assigned: ownedOf(value.assignedPartitions, value.memberEpoch),
  pendingRevocation: ownedOf(value.partitionsPendingRevocation, value.memberEpoch),
});

export const memberAssignmentValue = (assignment: MemberAssignment): AssignmentValue => ({
  memberEpoch: assignment.memberEpoch,
  previousMemberEpoch: assignment.previousMemberEpoch,
  state: STATE_NUMBERS[assignment.state],
  assignedPartitions: ownedList(assignment.assigned),
  partitionsPendingRevocation: ownedList(assignment.pendingRevocation),
});

export const sameAssignment = (one: MemberAssignment, other: MemberAssignment): boolean =>
  one.memberEpoch === other.memberEpoch &&
  one.previousMemberEpoch === other.previousMemberEpoch &&
  one.state === other.state &&
  sameOwned(one.assigned, other.assigned) &&
  sameOwned(one.pendingRevocation, other.pendingRevocation);

/** Everything that nobody else may be given. */
export function* heldPartitions({ assigned, pendingRevocation }: MemberAssignment): Generator<readonly [topicId: Uuid, partition: number]> {
  yield* eachPartition(assigned);
  for (const held of eachPartition(pendingRevocation)) if (!hasPartition(assigned, ...held)) yield held;
}

/** Since which assignment epoch the member has had the partition; undefined: it hasn't. */
export const heldSince = ({ assigned, pendingRevocation }: MemberAssignment, topicId: Uuid, partition: number): number | undefined =>
  assigned.get(topicId)?.get(partition) ?? pendingRevocation.get(topicId)?.get(partition);

/** Written before there were epochs of partitions: they are as old as the member's epoch, for all that is known. */
function ownedOf(listed: OwnedList, memberEpoch: number): OwnedPartitions {
  const owned = new Map<Uuid, Map<number, number>>();
  for (const { topicId, partitions, assignmentEpochs } of listed)
    if (partitions.length > 0) owned.set(topicId, new Map(partitions.map((partition, at) => [partition, assignmentEpochs?.[at] ?? memberEpoch])));
  return owned;
}

const ownedList = (owned: OwnedPartitions): OwnedList =>
  topicPartitionsOf(owned).map(({ topicId, partitions }) => ({
    topicId,
    partitions,
    assignmentEpochs: partitions.map((partition) => owned.get(topicId)?.get(partition) ?? JOIN_EPOCH),
  }));

function sameOwned(one: OwnedPartitions, other: OwnedPartitions): boolean {
  if (!samePartitions(one, other)) return false;
  for (const [topicId, partition] of eachPartition(one)) if (one.get(topicId)?.get(partition) !== other.get(topicId)?.get(partition)) return false;
  return true;
}
