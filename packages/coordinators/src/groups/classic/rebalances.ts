import type { ErrorName } from "@samsa/protocol";
import type { Now } from "@samsa/stdx";
import type { Settled } from "../../runtime/coordinator-shard.ts";
import type { Timers } from "../../runtime/timers.ts";
import type { GroupConfig } from "../group-config.ts";
import type { GroupRecord } from "../records/group-record.ts";
import { joined, joinFailed, synced, syncFailed } from "./classic-answers.ts";
import type { ClassicGroup } from "./classic-group.ts";
import type { ClassicMember } from "./classic-member.ts";
import { emptyGroupMetadata } from "./classic-records.ts";

export interface RebalancesOptions {
  readonly config: GroupConfig;
  readonly timers: Timers;
  readonly write: (records: readonly GroupRecord[], settled: Settled, now: Now) => void;
}

const NO_BYTES = new Uint8Array(0);
/** Members may give each other no time at all; static ones are looked for again no sooner. */
const STATIC_WAIT_MS_MIN = 100;
const joinKey = (group: ClassicGroup): string => `join ${group.groupId}`;
const syncKey = (group: ClassicGroup): string => `sync ${group.groupId}`;
const sessionKey = (group: ClassicGroup, memberId: string): string => `session ${memberId} ${group.groupId}`;

/**
 * How a classic group gets from one generation to the next, and what its members have to do in time.
 *
 * Every wait ends (G05): joining by the longest rebalance time-out of its members, syncing by the same, a member's silence by its session's.
 */
export class Rebalances {
  private readonly config: GroupConfig;
  private readonly timers: Timers;
  private readonly write: RebalancesOptions["write"];

  constructor({ config, timers, write }: RebalancesOptions) {
    this.config = config;
    this.timers = timers;
    this.write = write;
  }

  /** The group's members have changed, or what they want: a new generation is needed, or the one that is being made may be complete. */
  prepareOrComplete(group: ClassicGroup, now: Now): void {
    if (group.state === "PreparingRebalance") this.completeIfAllJoined(group, now);
    else this.prepare(group, now);
  }

  prepare(group: ClassicGroup, now: Now): void {
    // Whoever waits for its assignment has to join again.
    if (group.state === "CompletingRebalance") this.tellAssignments(group, "REBALANCE_IN_PROGRESS", now);
    this.timers.cancel(syncKey(group));
    const isInitial = group.state === "Empty";
    group.goTo("PreparingRebalance", now.wallMs);
    const { initialRebalanceDelayMs } = this.config;
    if (isInitial) return this.waitForMore(group, initialRebalanceDelayMs, Math.max(0, group.rebalanceTimeoutMs - initialRebalanceDelayMs), now);
    if (group.haveAllJoined) this.complete(group, now);
    else this.timers.schedule(joinKey(group), group.rebalanceTimeoutMs, (at) => this.complete(group, at), now);
  }

  /** Not where a group that was empty waits for more. */
  completeIfAllJoined(group: ClassicGroup, now: Now): void {
    if (group.state === "PreparingRebalance" && group.haveAllJoined && group.previousState !== "Empty") this.complete(group, now);
  }

  /** The member has to be heard of again within this time. */
  expectMember(group: ClassicGroup, member: ClassicMember, timeoutMs: number, now: Now): void {
    this.timers.schedule(sessionKey(group, member.memberId), timeoutMs, (at) => this.memberExpired(group, member, at), now);
  }

  /** The member was heard of. */
  heardOf(group: ClassicGroup, member: ClassicMember, now: Now): void {
    this.expectMember(group, member, member.sessionTimeoutMs, now);
  }

  /** It was told its id, and has this time to join with it. */
  expectPending(group: ClassicGroup, memberId: string, timeoutMs: number, now: Now): void {
    this.timers.schedule(sessionKey(group, memberId), timeoutMs, (at) => this.removePending(group, memberId, at), now);
  }

  removePending(group: ClassicGroup, memberId: string, now: Now): void {
    this.timers.cancel(sessionKey(group, memberId));
    group.remove(memberId);
    this.completeIfAllJoined(group, now);
  }

  /** Takes a member out; what becomes of the group is the caller's next question. Its waiting requests are answered: it may be alive and ask again. */
  removeMember(group: ClassicGroup, member: ClassicMember): void {
    this.timers.cancel(sessionKey(group, member.memberId));
    group.remove(member.memberId);
    this.answerWaiting(member, "UNKNOWN_MEMBER_ID");
  }

  answerWaiting(member: ClassicMember, error: ErrorName): void {
    const { joining, syncing } = member;
    member.joining = undefined;
    member.syncing = undefined;
    joining?.(joinFailed(error));
    syncing?.(syncFailed(error));
  }

  forgetSession(group: ClassicGroup, memberId: string): void {
    this.timers.cancel(sessionKey(group, memberId));
  }

  /** After members have gone. */
  membersRemoved(group: ClassicGroup, now: Now): void {
    if (group.state === "Stable" || group.state === "CompletingRebalance") this.prepare(group, now);
    else this.completeIfAllJoined(group, now);
  }

  /** Every member that waits for its assignment gets it, or the error; those who answered in time have their session from here on. */
  tellAssignments(group: ClassicGroup, error: ErrorName | undefined, now: Now): void {
    for (const member of group.members) {
      if (error !== undefined) member.assignment = NO_BYTES;
      const { syncing } = member;
      if (syncing === undefined) continue;
      member.syncing = undefined;
      this.heardOf(group, member, now);
      syncing(error === undefined ? synced(group, member) : syncFailed(error));
    }
  }

  memberSynced(group: ClassicGroup, memberId: string): void {
    group.synced(memberId);
    if (group.unsyncedMembers.size === 0) this.timers.cancel(syncKey(group));
  }

  /** The group is gone. */
  forget(group: ClassicGroup): void {
    this.timers.cancel(joinKey(group));
    this.timers.cancel(syncKey(group));
    for (const { memberId } of group.members) this.timers.cancel(sessionKey(group, memberId));
    for (const memberId of group.pendingMembers) {
      this.timers.cancel(sessionKey(group, memberId));
      group.remove(memberId);
    }
  }

  /** An empty group's first generation waits for `group.initial.rebalance.delay.ms`, and again as long as somebody new has come, at most for the rebalance time-out. */
  private waitForMore(group: ClassicGroup, delayMs: number, remainingMs: number, now: Now): void {
    const waited = (at: Now): void => {
      if (!group.hasNewMember || remainingMs === 0) return this.complete(group, at);
      group.hasNewMember = false;
      this.waitForMore(group, Math.min(this.config.initialRebalanceDelayMs, remainingMs), Math.max(0, remainingMs - delayMs), at);
    };
    this.timers.schedule(joinKey(group), delayMs, waited, now);
  }

  private complete(group: ClassicGroup, now: Now): void {
    this.timers.cancel(joinKey(group));
    if (group.state === "Dead") return;
    for (const member of group.members) if (member.joining === undefined && member.instanceId === null) this.removeMember(group, member);
    // Static members only, none of which has come back yet: their partitions are theirs until their sessions end.
    if (group.size > 0 && !group.electJoinedLeader())
      return this.timers.schedule(joinKey(group), Math.max(STATIC_WAIT_MS_MIN, group.rebalanceTimeoutMs), (at) => this.complete(group, at), now);
    group.beginGeneration(now.wallMs);
    if (group.size === 0) return this.write([emptyGroupMetadata(group)], () => {}, now);
    for (const member of group.members) {
      const { joining } = member;
      member.joining = undefined;
      member.isNew = false;
      this.heardOf(group, member, now);
      joining?.(joined(group, member));
    }
    const { generation } = group;
    this.timers.schedule(syncKey(group), group.rebalanceTimeoutMs, (at) => this.syncExpired(group, generation, at), now);
  }

  private syncExpired(group: ClassicGroup, generation: number, now: Now): void {
    if (group.generation !== generation || (group.state !== "CompletingRebalance" && group.state !== "Stable")) return;
    const missing = [...group.unsyncedMembers];
    if (missing.length === 0) return;
    for (const memberId of missing) {
      const member = group.member(memberId);
      if (member !== undefined) this.removeMember(group, member);
    }
    this.prepare(group, now);
  }

  private memberExpired(group: ClassicGroup, member: ClassicMember, now: Now): void {
    if (group.state === "Dead" || group.member(member.memberId) !== member) return;
    // Who waits for the group is not silent; a new one may have gone, and would come again.
    if (!member.isNew && (member.joining !== undefined || member.syncing !== undefined)) return;
    this.removeMember(group, member);
    this.membersRemoved(group, now);
  }
}
