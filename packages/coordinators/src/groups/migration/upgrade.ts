import type { Uuid } from "@samsa/stdx";
import { type ClassicGroup, CONSUMER_PROTOCOL_TYPE } from "../classic/classic-group.ts";
import { type ClassicMember, metadataOf } from "../classic/classic-member.ts";
import type { MemberMetadata } from "../consumer/consumer-group-state.ts";
import { assignmentRecord, groupEpochRecord, memberRecord, targetEpochRecord, targetRecord } from "../consumer/consumer-records.ts";
import { GroupDraft } from "../consumer/group-draft.ts";
import { eachPartition, NOTHING_OWNED, type OwnedPartitions, partitionKey, type Partitions } from "../consumer/partitions.ts";
import { Refusal } from "../consumer/refusal.ts";
import { hashOf } from "../consumer/subscriptions.ts";
import { sortedNames } from "../consumer/topic-names.ts";
import type { TopicsView } from "../consumer/topics-view.ts";
import type { ConsumerGroupConfig } from "../group-config.ts";
import type { GroupRecord } from "../records/group-record.ts";
import { decodeAssignment, decodeSubscription, partitionsByName } from "./consumer-protocol.ts";

interface MigratedMember {
  readonly memberId: string;
  readonly metadata: MemberMetadata;
  /** By its generation. */
  readonly assigned: Partitions;
  /** As it said when it joined: it reads on where it joins cooperatively, and a generation that never came to an assignment leaves it none (KIP-429). */
  readonly owned: Partitions;
}

export interface UpgradeOptions {
  readonly config: ConsumerGroupConfig;
  readonly topics: TopicsView;
  /** What has to go before the consumer group begins. */
  readonly first: readonly GroupRecord[];
}

/** Of a member whose generation has not begun yet: a group has an epoch. */
const EPOCH_MIN = 1;

/**
 * A classic group as a consumer group, because a member comes with the new protocol (KIP-848): its generation is the group's epoch, and what its members
 * have is what they are to have. They go on with the classic protocol. A group without members just makes room.
 */
export function upgrade(group: ClassicGroup, { config, topics, first }: UpgradeOptions): GroupDraft | Refusal {
  const { groupId } = group;
  const draft = new GroupDraft(groupId, undefined, first);
  draft.replaceClassic();
  if (group.state === "Empty") return draft;
  const refusal = new Refusal("GROUP_ID_NOT_FOUND", `Group ${groupId} is not a consumer group.`);
  const isAllowed = config.migrationPolicy === "upgrade" || config.migrationPolicy === "bidirectional";
  if (!isAllowed || group.state === "Dead" || group.protocolType !== CONSUMER_PROTOCOL_TYPE || group.size > config.maxSize) return refusal;
  const members = Array.from(group.members, (member) => migrated(group, member, topics));
  const epoch = Math.max(group.generation, EPOCH_MIN);
  const known = members.filter((member) => member !== undefined);
  if (known.length < members.length) return refusal;
  const held = heldBy(known, epoch);
  for (const member of known) writeMember(draft, member, epoch, held.get(member.memberId) ?? NOTHING_OWNED);
  draft.write(groupEpochRecord(groupId, epoch, hashOf(draft.group, topics)), targetEpochRecord(groupId, epoch, group.stateTimestampMs));
  return draft;
}

/** Each partition of one member: clients assigned, and nobody has checked it. Who comes second has to join again. */
function heldBy(members: readonly MigratedMember[], epoch: number): ReadonlyMap<string, OwnedPartitions> {
  const taken = new Set<string>();
  const held = new Map<string, Map<Uuid, Map<number, number>>>();
  const take = (memberId: string, partitions: Partitions): void => {
    const own = held.get(memberId) ?? new Map<Uuid, Map<number, number>>();
    held.set(memberId, own);
    for (const [topicId, partition] of eachPartition(partitions)) {
      if (taken.has(partitionKey(topicId, partition))) continue;
      taken.add(partitionKey(topicId, partition));
      own.set(topicId, (own.get(topicId) ?? new Map<number, number>()).set(partition, epoch));
    }
  };
  for (const { memberId, assigned } of members) take(memberId, assigned);
  for (const { memberId, owned } of members) take(memberId, owned);
  return held;
}

function writeMember(draft: GroupDraft, { memberId, metadata }: MigratedMember, epoch: number, assigned: OwnedPartitions): void {
  const key = { groupId: draft.groupId, memberId };
  draft.write(memberRecord(key, metadata), targetRecord(key, asTarget(assigned)));
  const assignment = { memberEpoch: epoch, previousMemberEpoch: epoch, state: "STABLE", assigned, pendingRevocation: NOTHING_OWNED } as const;
  draft.write(assignmentRecord(key, assignment));
}

const asTarget = (owned: OwnedPartitions): Partitions => new Map(Array.from(owned, ([topicId, partitions]) => [topicId, new Set(partitions.keys())]));

function migrated(group: ClassicGroup, member: ClassicMember, topics: TopicsView): MigratedMember | undefined {
  const { memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs, protocols } = member;
  const [first] = protocols;
  const bytes = group.protocolName === null ? first?.metadata : metadataOf(member, group.protocolName);
  const subscription = bytes === undefined ? undefined : decodeSubscription(bytes);
  const assigned = decodeAssignment(member.assignment);
  if (subscription === undefined || assigned === undefined) return undefined;
  const metadata: MemberMetadata = {
    instanceId,
    rackId: subscription.rackId,
    clientId,
    clientHost,
    subscribedTopicNames: sortedNames(subscription.topics),
    subscribedTopicRegex: "",
    rebalanceTimeoutMs: rebalanceTimeoutMs < 1 ? sessionTimeoutMs : rebalanceTimeoutMs,
    serverAssignor: null,
    classicMemberMetadata: { sessionTimeoutMs, supportedProtocols: protocols },
  };
  return { memberId, metadata, assigned: partitionsByName(assigned, topics), owned: partitionsByName(subscription.owned, topics) };
}
