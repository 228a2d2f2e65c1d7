import type { Uuid } from "@samsa/stdx";
import type { MemberAssignment, MemberState } from "./member-assignment.ts";
import { eachPartition, hasPartition, NOTHING_OWNED, type OwnedPartitions, type Partitions } from "./partitions.ts";

export interface Reconciliation {
  readonly assignment: MemberAssignment;
  readonly target: Partitions;
  readonly targetEpoch: number;
  /** What the member says that it has; null: it says nothing of it. */
  readonly owned: Partitions | null;
  /** Topics that it wants now; others are taken from it even where its target has them still. */
  readonly wants: (topicId: Uuid) => boolean;
  readonly isWantedNew: boolean;
  /** Whether no other member has it. */
  readonly isFree: (topicId: Uuid, partition: number) => boolean;
}

/**
 * The next step of a member towards its target (KIP-848). Pure.
 *
 * | state | goes on when |
 * |---|---|
 * | STABLE | there is a newer target |
 * | UNREVOKED_PARTITIONS | it says what it has, and nothing of what it has to give up is in it |
 * | UNRELEASED_PARTITIONS | always: others may have released what it waits for |
 *
 * What it has to give up comes first, in its old epoch; only then it gets to the target's epoch and what is free of the target (G01).
 */
export function reconcile(input: Reconciliation): MemberAssignment {
  const { assignment, targetEpoch, isWantedNew } = input;
  switch (assignment.state) {
    case "STABLE":
      if (assignment.memberEpoch !== targetEpoch) return next(input, assignment.memberEpoch);
      return isWantedNew ? withoutUnwanted(input) : assignment;
    case "UNREVOKED_PARTITIONS":
      if (hasSome(input.owned, assignment.pendingRevocation)) return isWantedNew ? withoutUnwanted(input) : assignment;
      return next(input, Math.min(assignment.memberEpoch + 1, targetEpoch));
    case "UNRELEASED_PARTITIONS":
      return next(input, assignment.memberEpoch);
  }
}

/** `epochMeanwhile`: as long as it has to give up partitions. */
function next(input: Reconciliation, epochMeanwhile: number): MemberAssignment {
  const { assignment, target, targetEpoch, wants, isFree } = input;
  const kept = filtered(assignment.assigned, (topicId, partition) => wants(topicId) && hasPartition(target, topicId, partition));
  const lost = filtered(assignment.assigned, (topicId, partition) => !hasPartition(kept, topicId, partition));
  if (lost.size > 0 && hasSome(input.owned, lost))
    return moved(assignment, { state: "UNREVOKED_PARTITIONS", memberEpoch: epochMeanwhile, assigned: kept, pendingRevocation: lost });
  let state: MemberState = "STABLE";
  const assigned = new Map(Array.from(kept, ([topicId, partitions]) => [topicId, new Map(partitions)]));
  for (const [topicId, partition] of eachPartition(target)) {
    if (!wants(topicId) || hasPartition(kept, topicId, partition)) continue;
    if (!isFree(topicId, partition)) {
      state = "UNRELEASED_PARTITIONS";
      continue;
    }
    const own = assigned.get(topicId) ?? new Map<number, number>();
    assigned.set(topicId, own.set(partition, targetEpoch));
  }
  return moved(assignment, { state, memberEpoch: targetEpoch, assigned, pendingRevocation: NOTHING_OWNED });
}

/** There is no newer target yet, and what the member does not want any more it gives up now. */
function withoutUnwanted({ assignment, owned, wants }: Reconciliation): MemberAssignment {
  const assigned = filtered(assignment.assigned, wants);
  const unwanted = filtered(assignment.assigned, (topicId) => !wants(topicId));
  if (unwanted.size === 0) return assignment;
  if (!hasSome(owned, unwanted)) return { ...assignment, assigned };
  const pendingRevocation = new Map(assignment.pendingRevocation);
  for (const [topicId, partitions] of unwanted) pendingRevocation.set(topicId, new Map([...(pendingRevocation.get(topicId) ?? []), ...partitions]));
  return { ...assignment, state: "UNREVOKED_PARTITIONS", assigned, pendingRevocation };
}

/** The epoch before is the one that the member still has where the answer with the next one was lost. */
const moved = (before: MemberAssignment, after: Omit<MemberAssignment, "previousMemberEpoch">): MemberAssignment => ({
  ...after,
  previousMemberEpoch: after.memberEpoch === before.memberEpoch ? before.previousMemberEpoch : before.memberEpoch,
});

/** Who does not say what it has may have anything. */
function hasSome(owned: Partitions | null, of: OwnedPartitions): boolean {
  if (owned === null) return true;
  for (const [topicId, partition] of eachPartition(owned)) if (hasPartition(of, topicId, partition)) return true;
  return false;
}

function filtered(owned: OwnedPartitions, isIn: (topicId: Uuid, partition: number) => boolean): OwnedPartitions {
  const left = new Map<Uuid, ReadonlyMap<number, number>>();
  for (const [topicId, partitions] of owned) {
    const own = new Map([...partitions].filter(([partition]) => isIn(topicId, partition)));
    if (own.size > 0) left.set(topicId, own);
  }
  return left;
}
