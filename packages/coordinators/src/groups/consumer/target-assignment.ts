import { invariant, type Now, type Uuid } from "@samsa/stdx";
import { ASSIGNORS } from "./assignors/assignors.ts";
import type { Assigned, Assignor, AssignorInput } from "./assignors/assignor.ts";
import { type ConsumerGroupState, type MemberMetadata, membersOf, targetOf } from "./consumer-group-state.ts";
import { targetEpochRecord, targetRecord } from "./consumer-records.ts";
import type { GroupDraft } from "./group-draft.ts";
import { eachPartition, NO_PARTITIONS, partitionKey, samePartitions } from "./partitions.ts";
import { regexOf } from "./subscription-counts.ts";
import { wantedTopicIds } from "./subscriptions.ts";
import type { TopicsView } from "./topics-view.ts";

/**
 * The assignor that most members ask for; without any, the first of `group.consumer.assignors`. One that is not configured any more was asked for when it
 * was, and what another broker wrote into the log may not be known here at all: that counts for nothing.
 */
export function assignorNameOf({ members }: ConsumerGroupState, configured: readonly string[]): string {
  const votes = new Map<string, number>();
  for (const { serverAssignor } of members.values())
    if (serverAssignor !== null && ASSIGNORS.has(serverAssignor)) votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1);
  const [best] = [...votes].sort(([name, one], [otherName, other]) => other - one || (name < otherName ? -1 : 1));
  return best?.[0] ?? configured[0] ?? "uniform";
}

/** Gives every member what it is to have in the group's epoch. Written are only the targets that are others now. */
export function assignTargets(draft: GroupDraft, topics: TopicsView, configured: readonly string[], { wallMs }: Now): void {
  const { group, groupId } = draft;
  const input = inputOf(group, topics);
  const assigned = assignorOf(group, configured).assign(input);
  checkLegal(group, input, assigned);
  for (const { memberId } of input.members) {
    const target = assigned.get(memberId) ?? NO_PARTITIONS;
    if (group.targets.get(memberId) === undefined || !samePartitions(target, targetOf(group, memberId)))
      draft.write(targetRecord({ groupId, memberId }, target));
  }
  draft.write(targetEpochRecord(groupId, group.epoch, wallMs));
}

function assignorOf(group: ConsumerGroupState, configured: readonly string[]): Assignor {
  const assignor = ASSIGNORS.get(assignorNameOf(group, configured));
  invariant(assignor !== undefined, "an assignor is configured that there is", { group: group.groupId });
  return assignor;
}

function inputOf(group: ConsumerGroupState, topics: TopicsView): AssignorInput {
  const partitionCounts = new Map<Uuid, number>();
  const wanted = new WantedTopics(group, topics);
  const members = Array.from(membersOf(group), ({ memberId, metadata }) => {
    const topicIds = wanted.of(metadata);
    return { memberId, instanceId: metadata.instanceId, topicIds, target: targetOf(group, memberId) };
  });
  for (const topicIds of new Set(members.map((member) => member.topicIds)))
    for (const topicId of topicIds) partitionCounts.set(topicId, topics.topicById(topicId)?.partitions.length ?? 0);
  return { members, partitionCounts };
}

/** One set for all members that say the same: there may be many of both, members and topics. */
class WantedTopics {
  private readonly group: ConsumerGroupState;
  private readonly topics: TopicsView;
  private readonly known = new Map<readonly string[], Map<string | undefined, ReadonlySet<Uuid>>>();
  private readonly knownByContent = new Map<string, Map<string | undefined, ReadonlySet<Uuid>>>();

  constructor(group: ConsumerGroupState, topics: TopicsView) {
    this.group = group;
    this.topics = topics;
  }

  of(metadata: MemberMetadata): ReadonlySet<Uuid> {
    const regex = regexOf(metadata);
    const ofNames = this.known.get(metadata.subscribedTopicNames) ?? this.byContent(metadata.subscribedTopicNames);
    this.known.set(metadata.subscribedTopicNames, ofNames);
    const topicIds = ofNames.get(regex) ?? wantedTopicIds(this.group, metadata, this.topics);
    ofNames.set(regex, topicIds);
    return topicIds;
  }

  /** Equal lists of different members are mostly one list, but where there are different ones as well. */
  private byContent(names: readonly string[]): Map<string | undefined, ReadonlySet<Uuid>> {
    const content = JSON.stringify(names);
    const known = this.knownByContent.get(content) ?? new Map<string | undefined, ReadonlySet<Uuid>>();
    this.knownByContent.set(content, known);
    return known;
  }
}

/** I-G2: partitions that there are, to members that want them, each to one. */
function checkLegal({ groupId }: ConsumerGroupState, { members, partitionCounts }: AssignorInput, assigned: Assigned): void {
  const taken = new Set<string>();
  for (const { memberId, topicIds } of members) {
    for (const [topicId, partition] of eachPartition(assigned.get(memberId) ?? NO_PARTITIONS)) {
      const key = partitionKey(topicId, partition);
      const isThere = partition >= 0 && partition < (partitionCounts.get(topicId) ?? 0);
      const isLegal = topicIds.has(topicId) && isThere && !taken.has(key);
      invariant(isLegal, "a target has partitions that its member wants, that there are, and that nobody else is to have", { groupId, memberId, key });
      taken.add(key);
    }
  }
}
