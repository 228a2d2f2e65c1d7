import { invariant } from "@samsa/stdx";
import { type ConsumerMember, targetOf } from "./consumer-group-state.ts";
import { assignmentRecord } from "./consumer-records.ts";
import type { GroupDraft } from "./group-draft.ts";
import { heldPartitions, type MemberAssignment, sameAssignment } from "./member-assignment.ts";
import { partitionKey, type Partitions } from "./partitions.ts";
import { reconcile } from "./reconcile.ts";
import { wantedTopicIds } from "./subscriptions.ts";
import type { TopicsView } from "./topics-view.ts";

export interface Advance {
  /** What the member says that it has; null: it says nothing of it. */
  readonly owned: Partitions | null;
  readonly isWantedNew: boolean;
  readonly topics: TopicsView;
}

/**
 * Brings a member one step nearer to its target, and writes it.
 *
 * Invariants: nobody else has what a member has (I-G1); a member's epoch goes up only, to its group's at most (I-G3).
 */
export function advance(draft: GroupDraft, { memberId, metadata, assignment }: ConsumerMember, { owned, isWantedNew, topics }: Advance): MemberAssignment {
  const { group, groupId } = draft;
  const { targetEpoch, owners } = group;
  if (assignment.state === "STABLE" && assignment.memberEpoch === targetEpoch && !isWantedNew) return assignment;
  const wanted = wantedTopicIds(group, metadata, topics);
  const after = reconcile({
    assignment,
    target: targetOf(group, memberId),
    targetEpoch,
    owned,
    isWantedNew,
    wants: (topicId) => wanted.has(topicId),
    isFree: (topicId, partition) => (owners.get(partitionKey(topicId, partition)) ?? memberId) === memberId,
  });
  if (sameAssignment(assignment, after)) return after;
  invariant(after.memberEpoch >= assignment.memberEpoch, "a member's epoch goes up only", { groupId, memberId, from: assignment.memberEpoch });
  invariant(after.memberEpoch <= group.epoch, "a member is in its group's epoch at most", { groupId, memberId, epoch: after.memberEpoch });
  for (const held of heldPartitions(after)) {
    const owner = owners.get(partitionKey(...held)) ?? memberId;
    invariant(owner === memberId, "nobody is given what another member has", { groupId, memberId, owner, partition: partitionKey(...held) });
  }
  draft.write(assignmentRecord({ groupId, memberId }, after));
  return after;
}
