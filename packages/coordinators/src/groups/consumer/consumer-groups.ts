import type { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, ErrorName } from "@samsa/protocol";
import { type Now, type Prng, uuidFromBytes } from "@samsa/stdx";
import type { Settled } from "../../runtime/coordinator-shard.ts";
import type { Timers } from "../../runtime/timers.ts";
import { errorOfWrite } from "../../runtime/write-error.ts";
import type { ClientIdentity } from "../client-identity.ts";
import type { ConsumerGroupConfig } from "../group-config.ts";
import type { GroupRecord } from "../records/group-record.ts";
import { advance } from "./advance.ts";
import { type ConsumerGroupState, membersOf } from "./consumer-group-state.ts";
import { groupEpochRecord } from "./consumer-records.ts";
import { GroupDraft } from "./group-draft.ts";
import { type GroupSettings, settingsOf } from "./group-settings.ts";
import { heartbeatAnswer, heartbeatFailed } from "./heartbeat-answers.ts";
import { leaveByHeartbeat } from "./leave-by-heartbeat.ts";
import { JOIN_EPOCH } from "./member-assignment.ts";
import { metadataAfter } from "./member-metadata.ts";
import { memberOfRequest } from "./member-of-request.ts";
import { MemberTimers } from "./member-timers.ts";
import { partitionsOf, samePartitions } from "./partitions.ts";
import { Refusal } from "./refusal.ts";
import { GroupRegexes } from "./regex/group-regexes.ts";
import { TopicPatterns } from "./regex/topic-pattern.ts";
import { subscribe } from "./subscribe.ts";
import { regexOf } from "./subscription-counts.ts";
import { hashOf, regexesOf } from "./subscriptions.ts";
import { assignTargets } from "./target-assignment.ts";
import { isTooLarge, writeDraft } from "./write-draft.ts";
import type { TopicsView } from "./topics-view.ts";
import type { Downgraded } from "../migration/downgrade.ts";
import { heartbeatFault, isFullRequest, isLeaving } from "./validate-heartbeat.ts";

export interface ConsumerGroupsOptions {
  readonly config: ConsumerGroupConfig;
  readonly timers: Timers;
  readonly prng: Prng;
  readonly topics: () => TopicsView;
  /** As it is with everything that was decided. */
  readonly group: (groupId: string) => ConsumerGroupState | undefined;
  readonly write: (records: readonly GroupRecord[], settled: Settled, now: Now) => void;
  readonly isClassic: (groupId: string) => boolean;
  /** Tombstones of what is left of a group that is not there: a new one must not be mixed up with it. */
  readonly tombstonesOfPieces: (groupId: string) => readonly GroupRecord[];
  /** What becomes of a classic group when a member comes with the consumer protocol, or why it has to stay; undefined where there is none. */
  readonly takeOver: (groupId: string) => GroupDraft | Refusal | undefined;
  /** As a classic group, where a group has become one. */
  readonly downgrade: (group: ConsumerGroupState, now: Now) => Downgraded | undefined;
  /** It is one now. */
  readonly downgraded: (group: Downgraded["group"], now: Now) => void;
}

/** A ConsumerGroupHeartbeat that has come, and whom its answer goes to. */
export interface ConsumerHeartbeat {
  readonly request: ConsumerGroupHeartbeatRequest;
  readonly client: ClientIdentity;
  readonly answer: (response: ConsumerGroupHeartbeatResponse) => void;
}

/** A decision, and what the member is told once it is in the log. */
interface Decided {
  readonly draft: GroupDraft;
  readonly response: ConsumerGroupHeartbeatResponse;
  /** Who lives: nobody, where a member leaves. */
  readonly heardOf: string | undefined;
}

/**
 * Consumer groups (KIP-848) of one partition of `__consumer_offsets`: members are told by the answers to their heartbeats what they are to have, and say
 * with their heartbeats what they have.
 *
 *     what members want changes ──▶ group epoch + 1 ──▶ targets of that epoch ──▶ each member gives up, then gets: member epoch
 *
 * Every decision is made on the state with all that was written, and answered when it is committed. Timers and what was looked at are in memory.
 */
export class ConsumerGroups {
  private readonly options: ConsumerGroupsOptions;
  readonly members: MemberTimers;
  readonly patterns = new TopicPatterns();
  private readonly regexes: GroupRegexes;
  /** Groups whose epoch's hash is of the topics as they are. */
  private readonly lookedAt = new Set<string>();

  constructor(options: ConsumerGroupsOptions) {
    this.options = options;
    const { timers, topics, group } = options;
    this.members = new MemberTimers({
      timers,
      sessionTimeoutMs: (groupId) => this.settings(groupId).sessionTimeoutMs,
      expired: (groupId, memberIds, now) => this.expire(groupId, memberIds, now),
    });
    this.regexes = new GroupRegexes({
      timers,
      topics,
      patterns: this.patterns,
      group,
      decide: (groupId, decision, now) => this.decide(groupId, decision, now),
    });
  }

  /** A group as the log has it, on a coordinator that takes over. */
  opened(group: ConsumerGroupState, now: Now): void {
    for (const member of membersOf(group)) this.members.begin(group.groupId, member, now);
    if (group.regexMembers.size > 0) this.regexes.resolve(group.groupId, regexesOf(group), now);
  }

  /** Topics have come or gone, or have more partitions. */
  topicsChanged(groups: Iterable<ConsumerGroupState>, now: Now): void {
    this.lookedAt.clear();
    this.regexes.topicsChanged(groups, now);
  }

  heartbeat({ request, client, answer }: ConsumerHeartbeat, now: Now): void {
    const fault = heartbeatFault(request, client, this.options.config.assignors);
    if (fault !== undefined) return answer(heartbeatFailed(fault));
    const decided = isLeaving(request) ? this.leave(request, now) : this.beat(request, client, now);
    if (decided instanceof Refusal) return answer(heartbeatFailed(decided));
    const { draft, response, heardOf } = decided;
    const settled: Settled = (error) => answer(error === undefined ? response : heartbeatFailed(new Refusal(errorOfWrite(error))));
    this.write(draft, settled, now);
    const member = heardOf === undefined ? undefined : this.options.group(draft.groupId)?.members.get(heardOf);
    if (heardOf !== undefined && member !== undefined) this.members.heardOf(draft.groupId, { memberId: heardOf, metadata: member }, now);
  }

  /** Takes the group as the draft has it. False: the log does not take it, or not all of it. */
  write(draft: GroupDraft, settled: Settled, now: Now): boolean {
    return this.append(draft, settled, now) === undefined;
  }

  /** Why the log has not taken it. */
  private append(draft: GroupDraft, settled: Settled, now: Now): ErrorName | undefined {
    const { groupId, before, touched } = draft;
    const groupBefore = this.options.group(groupId);
    const refused = this.tryToWrite(draft, settled, now);
    if (refused !== undefined) settled(refused, now);
    const group = this.options.group(groupId);
    // Some of it may be written.
    if (refused !== undefined && group === groupBefore) return refused;
    if (group === undefined) this.forget(before, touched);
    if (refused === undefined && draft.becomes !== undefined) this.options.downgraded(draft.becomes, now);
    if (group !== undefined) this.members.follow(group, before, touched, now);
    const unresolved = group === undefined ? [] : [...touched].flatMap((memberId) => unresolvedOf(group, memberId) ?? []);
    if (unresolved.length > 0) this.regexes.resolve(groupId, unresolved, now);
    return refused;
  }

  /** A group that does not fit into the record of a classic one stays what it is, and whoever has to go goes. */
  private tryToWrite(draft: GroupDraft, settled: Settled, now: Now): ErrorName | undefined {
    const { write, topics } = this.options;
    const refused = writeDraft(draft.records, write, settled, now);
    if (!isTooLarge(refused) || draft.becomes === undefined) return refused;
    draft.stayConsumer();
    if (draft.group.members.size < draft.before.members.size) draft.bumpEpoch(hashOf(draft.group, topics()));
    return writeDraft(draft.records, write, settled, now);
  }

  /** Members that are to go, and those who remain have to be given targets anew. */
  fence(draft: GroupDraft, memberIds: readonly string[], now: Now): void {
    for (const memberId of memberIds) draft.removeMember(memberId);
    if (!this.maybeDowngrade(draft, now)) draft.bumpEpoch(hashOf(draft.group, this.options.topics()));
  }

  /** Whether only members of the classic protocol are left, and the group becomes one of theirs. */
  maybeDowngrade(draft: GroupDraft, now: Now): boolean {
    const downgraded = this.options.downgrade(draft.group, now);
    if (downgraded !== undefined) draft.becomeClassic(downgraded);
    return downgraded !== undefined;
  }

  isFull({ members, staticMembers }: ConsumerGroupState, memberId: string, instanceId: string | null): boolean {
    const isIn = members.get(memberId) !== undefined || (instanceId !== null && staticMembers.get(instanceId) !== undefined);
    return !isIn && members.size >= this.options.config.maxSize;
  }

  /** Where members want something else, or there is something else to have: the next epoch, and targets for it. A new group begins in epoch 1. */
  retarget(draft: GroupDraft, isWantedNew: boolean, now: Now): void {
    const { groupId } = draft;
    const topics = this.options.topics();
    if (isWantedNew || draft.group.epoch === 0 || !this.lookedAt.has(groupId)) {
      const hash = hashOf(draft.group, topics);
      const isOther = isWantedNew || hash !== draft.group.metadataHash;
      if (draft.group.epoch === 0) draft.write(groupEpochRecord(groupId, isOther ? 2 : 1, hash));
      else if (isOther) draft.bumpEpoch(hash);
      // Another hash may not get into the log: who comes next looks again.
      if (!isOther) this.lookedAt.add(groupId);
    }
    if (draft.group.epoch > draft.group.targetEpoch && this.mayAssign(draft.group, draft.before, now))
      assignTargets(draft, topics, this.options.config.assignors, now);
  }

  /** The epoch that members are to be in: of the targets that there are, and of new ones where they may be made now. */
  epochToBeIn(group: ConsumerGroupState, now: Now): number {
    return this.mayAssign(group, group, now) ? group.epoch : group.targetEpoch;
  }

  private decide(groupId: string, decision: (draft: GroupDraft) => void, now: Now): ErrorName | undefined {
    const group = this.options.group(groupId);
    if (group === undefined) return undefined;
    const draft = new GroupDraft(groupId, group);
    decision(draft);
    return draft.isEmpty ? undefined : this.append(draft, () => {}, now);
  }

  private expire(groupId: string, memberIds: readonly string[], now: Now): boolean {
    const known = memberIds.filter((memberId) => this.options.group(groupId)?.members.get(memberId) !== undefined);
    return known.length === 0 || this.decide(groupId, (draft) => this.fence(draft, known, now), now) === undefined;
  }

  private settings(groupId: string): GroupSettings {
    return settingsOf(this.options.config, this.options.topics().groupConfig(groupId));
  }

  private forget(group: ConsumerGroupState, touched: ReadonlySet<string>): void {
    for (const [memberId] of group.members.entries()) this.members.forget(group.groupId, memberId);
    for (const memberId of touched) this.members.forget(group.groupId, memberId);
    this.regexes.forget(group.groupId);
    this.lookedAt.delete(group.groupId);
  }

  private leave(request: ConsumerGroupHeartbeatRequest, now: Now): Decided | Refusal {
    const group = this.options.group(request.groupId);
    if (group === undefined) return new Refusal("GROUP_ID_NOT_FOUND", `Group ${request.groupId} not found.`);
    const draft = new GroupDraft(request.groupId, group);
    const response = leaveByHeartbeat(draft, request, (memberId) => this.fence(draft, [memberId], now));
    return response instanceof Refusal ? response : { draft, response, heardOf: undefined };
  }

  private beat(request: ConsumerGroupHeartbeatRequest, client: ClientIdentity, now: Now): Decided | Refusal {
    const draft = this.draftFor(request);
    if (draft instanceof Refusal) return draft;
    const memberId = request.memberId === "" ? uuidFromBytes(this.options.prng.bytes(16)) : request.memberId;
    if (this.isFull(draft.group, memberId, request.instanceId))
      return new Refusal("GROUP_MAX_SIZE_REACHED", `The consumer group has reached its maximum capacity of ${this.options.config.maxSize} members.`);
    const found = memberOfRequest(draft, { ...request, memberId });
    if (found instanceof Refusal) return found;
    const { member, isCurrent } = found;
    const metadata = metadataAfter(member.metadata, request, client);
    const subscribed = subscribe(draft, member, metadata, this.patterns);
    if (subscribed instanceof Refusal) return subscribed;
    this.retarget(draft, subscribed.isResolved, now);
    const owned = request.topicPartitions === null || !isCurrent ? null : partitionsOf(request.topicPartitions);
    const assignment = advance(draft, { ...member, metadata }, { owned, isWantedNew: subscribed.isWantedNew, topics: this.options.topics() });
    const isTold =
      isFullRequest(request) || request.memberEpoch === JOIN_EPOCH || !isCurrent || !samePartitions(assignment.assigned, member.assignment.assigned);
    const answer = heartbeatAnswer(
      { memberId, metadata, assignment },
      this.settings(draft.groupId).heartbeatIntervalMs,
      isTold ? assignment.assigned : undefined,
    );
    return { draft, response: answer, heardOf: memberId };
  }

  private draftFor({ groupId, memberEpoch }: ConsumerGroupHeartbeatRequest): GroupDraft | Refusal {
    const group = this.options.group(groupId);
    if (group !== undefined) return new GroupDraft(groupId, group);
    if (memberEpoch === JOIN_EPOCH) return this.options.takeOver(groupId) ?? new GroupDraft(groupId, undefined, this.options.tombstonesOfPieces(groupId));
    const because = this.options.isClassic(groupId) ? `Group ${groupId} is not a consumer group.` : `Consumer group ${groupId} not found.`;
    return new Refusal("GROUP_ID_NOT_FOUND", because);
  }

  /** Members that come or go together are assigned together (KIP-1263); who is alone need not wait for others. */
  private mayAssign(group: ConsumerGroupState, before: ConsumerGroupState, { wallMs }: Now): boolean {
    const elapsedMs = wallMs - group.targetTimestampMs;
    return before.members.size === 0 || group.targetEpoch === 0 || elapsedMs < 0 || elapsedMs >= this.settings(group.groupId).assignmentIntervalMs;
  }
}

/** The member's expression, where nobody knows its topics. */
function unresolvedOf({ members, regexes }: ConsumerGroupState, memberId: string): string | undefined {
  const metadata = members.get(memberId);
  const regex = metadata === undefined ? undefined : regexOf(metadata);
  return regex !== undefined && regexes.get(regex) === undefined ? regex : undefined;
}
