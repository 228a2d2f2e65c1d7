import {
  type ErrorName,
  type HeartbeatRequest,
  type JoinGroupRequest,
  type LeaveGroupRequest,
  newJoinGroupResponse,
  newSyncGroupResponse,
  type SyncGroupRequest,
} from "@samsa/protocol";
import type { Now, Prng } from "@samsa/stdx";
import { errorOfWrite } from "../../runtime/write-error.ts";
import { joinFailed, syncFailed } from "../classic/classic-answers.ts";
import { CONSUMER_PROTOCOL_TYPE } from "../classic/classic-group.ts";
import type { Join } from "../classic/join.ts";
import type { Sync } from "../classic/sync.ts";
import { advance } from "../consumer/advance.ts";
import { type ConsumerGroupState, type ConsumerMember, memberOf, membersOf, targetOf } from "../consumer/consumer-group-state.ts";
import type { ConsumerGroups } from "../consumer/consumer-groups.ts";
import { GroupDraft } from "../consumer/group-draft.ts";
import { JOIN_EPOCH, NEW_ASSIGNMENT, STATIC_LEAVE_EPOCH } from "../consumer/member-assignment.ts";
import { NEW_METADATA } from "../consumer/member-metadata.ts";
import { replaceMember, staticMemberOf } from "../consumer/member-of-request.ts";
import { eachPartition, hasPartition, partitionKey } from "../consumer/partitions.ts";
import { Refusal } from "../consumer/refusal.ts";
import { subscribe } from "../consumer/subscribe.ts";
import { hashOf, wantedTopicIds } from "../consumer/subscriptions.ts";
import { sortedNames } from "../consumer/topic-names.ts";
import type { TopicsView } from "../consumer/topics-view.ts";
import { newMemberId } from "../member-id.ts";
import { commonProtocol, namesOf, protocolNames } from "./common-protocol.ts";
import { type ConsumerSubscription, decodeSubscription, encodeAssignment, partitionsByName } from "./consumer-protocol.ts";

export interface ClassicMembersOptions {
  readonly consumers: ConsumerGroups;
  /** As it is with everything that was decided. */
  readonly group: (groupId: string) => ConsumerGroupState | undefined;
  readonly topics: () => TopicsView;
  readonly prng: Prng;
}

/** By one decision: what has to be written of them fits into a batch. */
const LEAVING_AT_A_TIME_MAX = 200;
/** From here on a member without an id must come twice (KIP-394). */
const FIRST_VERSION_WITH_KNOWN_MEMBERS = 4;

/**
 * Members of a consumer group that still use the classic protocol (KIP-848's migration). Their generation is their epoch: a heartbeat tells them to join
 * again when there is something to give up or to get, joining takes them a step on, and SyncGroup tells them what they have. None of them leads.
 */
export class ClassicMembers {
  private readonly options: ClassicMembersOptions;

  constructor(options: ClassicMembersOptions) {
    this.options = options;
  }

  join(group: ConsumerGroupState, { request, client, answer }: Join, now: Now): void {
    const { consumers, prng, topics } = this.options;
    const { groupInstanceId, protocolType, protocols } = request;
    const memberId = request.memberId === "" ? newMemberId(groupInstanceId ?? client.clientId, prng) : request.memberId;
    const subscription = decodeSubscription(protocols[0]?.metadata ?? new Uint8Array(0));
    if (consumers.isFull(group, memberId, groupInstanceId)) return answer(joinFailed("GROUP_MAX_SIZE_REACHED", request.memberId));
    if (protocolType !== CONSUMER_PROTOCOL_TYPE || subscription === undefined || !supports(group, request))
      return answer(joinFailed("INCONSISTENT_GROUP_PROTOCOL", request.memberId));
    if (request.memberId === "" && groupInstanceId === null && client.apiVersion >= FIRST_VERSION_WITH_KNOWN_MEMBERS)
      return answer(joinFailed("MEMBER_ID_REQUIRED", memberId));
    const draft = new GroupDraft(group.groupId, group);
    const member = memberOfJoin(draft, { ...request, memberId }, request.memberId === "");
    if (member instanceof Refusal) return answer(joinFailed(member.error, memberId));
    const metadata = metadataOfJoin(member, request, { client, subscription });
    const subscribed = subscribe(draft, member, metadata, consumers.patterns);
    if (subscribed instanceof Refusal) return answer(joinFailed(subscribed.error, memberId));
    consumers.retarget(draft, subscribed.isResolved, now);
    const owned = partitionsByName(subscription.owned, topics());
    const assignment = advance(draft, { ...member, metadata }, { owned, isWantedNew: subscribed.isWantedNew, topics: topics() });
    consumers.maybeDowngrade(draft, now);
    const joined = newJoinGroupResponse({
      memberId,
      generationId: assignment.memberEpoch,
      protocolType: CONSUMER_PROTOCOL_TYPE,
      protocolName: protocols[0]?.name ?? null,
    });
    const isWritten = consumers.write(draft, (error) => answer(error === undefined ? joined : joinFailed(errorOfWrite(error), memberId)), now);
    if (isWritten && draft.becomes === undefined) consumers.members.joined(group.groupId, { memberId, metadata }, now);
  }

  sync(group: ConsumerGroupState, { request, answer }: Sync, now: Now): void {
    const { consumers, topics } = this.options;
    const member = classicMemberOf(group, request.memberId, request.groupInstanceId);
    if (typeof member === "string") return answer(syncFailed(member));
    const refusal = syncRefusal(member, request);
    if (refusal !== undefined) return answer(syncFailed(refusal));
    if (mustJoinAgain(group, member, topics(), consumers.epochToBeIn(group, now)) && member.assignment.state !== "UNREVOKED_PARTITIONS") {
      consumers.members.mustJoin(group.groupId, member, now);
      return answer(syncFailed("REBALANCE_IN_PROGRESS"));
    }
    consumers.members.synced(group.groupId, member, now);
    const synced = newSyncGroupResponse({
      protocolType: CONSUMER_PROTOCOL_TYPE,
      protocolName: protocolNameOf(member),
      assignment: encodeAssignment(member.assignment.assigned, topics()),
    });
    const unchanged = new GroupDraft(group.groupId, group);
    consumers.write(unchanged, (error) => answer(error === undefined ? synced : syncFailed(errorOfWrite(error))), now);
  }

  heartbeat(group: ConsumerGroupState, { memberId, groupInstanceId, generationId }: HeartbeatRequest, now: Now): ErrorName {
    const { consumers, topics } = this.options;
    const { members } = consumers;
    const member = classicMemberOf(group, memberId, groupInstanceId);
    if (typeof member === "string") return member;
    if (generationId !== member.assignment.memberEpoch) return "ILLEGAL_GENERATION";
    members.heardOf(group.groupId, member, now);
    if (!mustJoinAgain(group, member, topics(), consumers.epochToBeIn(group, now))) return "NONE";
    members.mustJoin(group.groupId, member, now);
    return "REBALANCE_IN_PROGRESS";
  }

  /** By an operator members of either protocol leave so. */
  leave(group: ConsumerGroupState, leaving: LeaveGroupRequest["members"], answer: (outcomes: readonly ErrorName[]) => void, now: Now): void {
    const removed = new Set<string>();
    const outcomes = leaving.map(({ memberId, groupInstanceId }): ErrorName => {
      const id = memberId === "" && groupInstanceId !== null ? (group.staticMembers.get(groupInstanceId) ?? "") : memberId;
      const member = memberByIds(group, id, groupInstanceId);
      if (typeof member === "string") return member;
      if (removed.has(member.memberId)) return "UNKNOWN_MEMBER_ID";
      removed.add(member.memberId);
      return "NONE";
    });
    this.remove(group.groupId, [...removed], (error) => answer(outcomes.map((outcome) => (outcome === "NONE" ? error : outcome))), now);
  }

  /** So many at a time as fit into one batch, and an answer when the last of them are out. */
  private remove(groupId: string, memberIds: readonly string[], answer: (error: ErrorName) => void, now: Now): void {
    const { consumers, group, topics } = this.options;
    if (memberIds.length === 0) return answer("NONE");
    for (let from = 0; from < memberIds.length; from += LEAVING_AT_A_TIME_MAX) {
      const some = memberIds.slice(from, from + LEAVING_AT_A_TIME_MAX);
      const draft = new GroupDraft(groupId, group(groupId));
      const isLast = from + some.length === memberIds.length;
      if (isLast) consumers.fence(draft, some, now);
      else {
        for (const memberId of some) draft.removeMember(memberId);
        draft.bumpEpoch(hashOf(draft.group, topics()));
      }
      let refused: ErrorName | undefined;
      const isWritten = consumers.write(draft, (error) => (isLast ? answer(error === undefined ? "NONE" : errorOfWrite(error)) : (refused ??= error)), now);
      if (!isWritten && !isLast) return answer(errorOfWrite(refused ?? "COORDINATOR_NOT_AVAILABLE"));
    }
  }
}

/** Whether the member has a protocol in common with all others that use the classic one. What it said itself before, under another id perhaps, is no other's. */
function supports(group: ConsumerGroupState, { memberId, groupInstanceId, protocols }: JoinGroupRequest): boolean {
  const replacedId = memberId === "" && groupInstanceId !== null ? group.staticMembers.get(groupInstanceId) : undefined;
  const others = [...membersOf(group)].filter((member) => member.memberId !== memberId && member.memberId !== replacedId);
  return commonProtocol(namesOf(protocols), protocolNames(others)) !== undefined;
}

/** Undefined rather than refused: with the classic protocol a static member takes its place back whether or not the old one has left. */
function memberOfJoin(draft: GroupDraft, { memberId, groupInstanceId }: JoinGroupRequest, isNew: boolean): ConsumerMember | Refusal {
  const known = draft.member(memberId) ?? { memberId, metadata: NEW_METADATA, assignment: NEW_ASSIGNMENT };
  if (groupInstanceId === null) return known;
  if (!isNew) {
    const member = staticMemberOf(draft, memberId, groupInstanceId);
    // It was away, and left its epoch with that: a generation is none of those numbers.
    const wasAway = !(member instanceof Refusal) && member.assignment.memberEpoch === STATIC_LEAVE_EPOCH;
    return wasAway ? replaceMember(draft, member, memberId, JOIN_EPOCH) : member;
  }
  const ownerId = draft.group.staticMembers.get(groupInstanceId);
  const owner = ownerId === undefined ? undefined : draft.member(ownerId);
  return owner === undefined ? known : replaceMember(draft, owner, memberId, JOIN_EPOCH);
}

function metadataOfJoin(
  { metadata: before }: ConsumerMember,
  { groupInstanceId, rebalanceTimeoutMs, sessionTimeoutMs, protocols }: JoinGroupRequest,
  { client, subscription }: { readonly client: Join["client"]; readonly subscription: ConsumerSubscription },
): ConsumerMember["metadata"] {
  return {
    instanceId: groupInstanceId ?? before.instanceId,
    rackId: subscription.rackId ?? before.rackId,
    clientId: client.clientId,
    clientHost: client.clientHost,
    subscribedTopicNames: sortedNames(subscription.topics),
    subscribedTopicRegex: "",
    rebalanceTimeoutMs: rebalanceTimeoutMs < 1 ? sessionTimeoutMs : rebalanceTimeoutMs,
    serverAssignor: before.serverAssignor,
    // Of their own: a request is many times as large.
    classicMemberMetadata: { sessionTimeoutMs, supportedProtocols: protocols.map(({ name, metadata }) => ({ name, metadata: metadata.slice() })) },
  };
}

function memberByIds(group: ConsumerGroupState, memberId: string, instanceId: string | null): ConsumerMember | ErrorName {
  const owner = instanceId === null ? memberId : group.staticMembers.get(instanceId);
  if (owner === undefined) return "UNKNOWN_MEMBER_ID";
  if (owner !== memberId) return "FENCED_INSTANCE_ID";
  return memberOf(group, memberId) ?? "UNKNOWN_MEMBER_ID";
}

function classicMemberOf(group: ConsumerGroupState, memberId: string, instanceId: string | null): ConsumerMember | ErrorName {
  const member = memberByIds(group, memberId, instanceId);
  return typeof member === "string" || member.metadata.classicMemberMetadata !== null ? member : "UNKNOWN_MEMBER_ID";
}

const protocolNameOf = ({ metadata }: ConsumerMember): string | null => metadata.classicMemberMetadata?.supportedProtocols[0]?.name ?? null;

function syncRefusal(member: ConsumerMember, { generationId, protocolType, protocolName }: SyncGroupRequest): ErrorName | undefined {
  if (generationId !== member.assignment.memberEpoch) return "ILLEGAL_GENERATION";
  const isOther = (protocolType !== null && protocolType !== CONSUMER_PROTOCOL_TYPE) || (protocolName !== null && protocolName !== protocolNameOf(member));
  return isOther ? "INCONSISTENT_GROUP_PROTOCOL" : undefined;
}

/**
 * There are targets of a later epoch, or are if it joins; it has to give up partitions, or something that it waits for is free now, if it waits for anything.
 * As long as targets wait for more members to come there is nothing to join again for.
 */
function mustJoinAgain(group: ConsumerGroupState, { memberId, metadata, assignment }: ConsumerMember, topics: TopicsView, epoch: number): boolean {
  if (assignment.memberEpoch < epoch || assignment.state === "UNREVOKED_PARTITIONS") return true;
  if (assignment.state === "STABLE") return false;
  const wanted = wantedTopicIds(group, metadata, topics);
  let isWaiting = false;
  for (const [topicId, partition] of eachPartition(targetOf(group, memberId))) {
    if (!wanted.has(topicId) || hasPartition(assignment.assigned, topicId, partition)) continue;
    if (group.owners.get(partitionKey(topicId, partition)) === undefined) return true;
    isWaiting = true;
  }
  return !isWaiting;
}
