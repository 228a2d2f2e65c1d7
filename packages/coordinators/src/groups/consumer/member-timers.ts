import type { Now } from "@samsa/stdx";
import type { Timers } from "../../runtime/timers.ts";
import type { ConsumerGroupState, ConsumerMember } from "./consumer-group-state.ts";
import { memberOf } from "./consumer-group-state.ts";

export interface MemberTimersOptions {
  readonly timers: Timers;
  readonly sessionTimeoutMs: (groupId: string) => number;
  /** These were silent for their sessions' time, or have not given up in time what they have to: they are out. False: the log has not taken that. */
  readonly expired: (groupId: string, memberIds: readonly string[], now: Now) => boolean;
}

type Kind = "session" | "rebalance" | "join" | "sync";
const KINDS: readonly Kind[] = ["session", "rebalance", "join", "sync"];
/** Names of groups and members may have any character in them: the length tells where one ends. */
const keyOf = (kind: Kind, groupId: string, memberId: string): string => `consumer-${kind} ${groupId.length} ${groupId} ${memberId}`;

/** Of a group: whoever is due together is taken out together. */
const overdueKey = (groupId: string): string => `consumer-overdue ${groupId}`;
/** After a log that took nothing. */
const RETRY_MS = 500;

/** For one thing that a member has to do in time. */
interface Wait {
  readonly kind: Kind;
  readonly groupId: string;
  readonly memberId: string;
}

type Heard = Pick<ConsumerMember, "memberId" | "metadata">;

/**
 * What members of consumer groups have to do in time. In memory only: a coordinator that takes over gives all of them their time anew.
 *
 * Every wait ends (G05): silence by the session; giving up partitions, and for members of the classic protocol joining again and asking for what they
 * have, by the member's rebalance time-out.
 */
export class MemberTimers {
  private readonly options: MemberTimersOptions;
  /** By group and member: which of its times is over. */
  private readonly overdue = new Map<string, Map<string, Kind>>();

  constructor(options: MemberTimersOptions) {
    this.options = options;
  }

  /** The member was heard of. */
  heardOf(groupId: string, { memberId, metadata }: Heard, now: Now): void {
    const timeoutMs = metadata.classicMemberMetadata?.sessionTimeoutMs ?? this.options.sessionTimeoutMs(groupId);
    this.schedule({ kind: "session", groupId, memberId }, timeoutMs, now);
  }

  /** A member of the classic protocol has to join again. Its time begins when it is told so first. */
  mustJoin(groupId: string, member: Heard, now: Now): void {
    this.cancel("sync", groupId, member.memberId);
    if (!this.options.timers.has(keyOf("join", groupId, member.memberId))) this.await("join", groupId, member, now);
  }

  /** It has, and has to ask for what it has. */
  joined(groupId: string, member: Heard, now: Now): void {
    this.cancel("join", groupId, member.memberId);
    this.heardOf(groupId, member, now);
    this.await("sync", groupId, member, now);
  }

  synced(groupId: string, member: Heard, now: Now): void {
    this.cancel("sync", groupId, member.memberId);
    this.heardOf(groupId, member, now);
  }

  /** After a decision: members that are gone have no time-outs, and who has to give up partitions begins to be waited for. */
  follow(group: ConsumerGroupState, before: ConsumerGroupState, touched: ReadonlySet<string>, now: Now): void {
    for (const memberId of touched) {
      const member = memberOf(group, memberId);
      if (member === undefined) {
        this.forget(group.groupId, memberId);
        continue;
      }
      if (before.members.get(memberId) === undefined) this.heardOf(group.groupId, member, now);
      // It may have used the other protocol until now.
      this.forget(group.groupId, memberId, member.metadata.classicMemberMetadata === null ? ["join", "sync"] : ["rebalance"]);
      if (member.assignment !== before.assignments.get(memberId)) this.followRevocation(group.groupId, member, now);
    }
  }

  /** Of a member as it is found in the log. */
  begin(groupId: string, member: ConsumerMember, now: Now): void {
    this.heardOf(groupId, member, now);
    this.followRevocation(groupId, member, now);
  }

  forget(groupId: string, memberId: string, kinds: readonly Kind[] = KINDS): void {
    for (const kind of kinds) this.cancel(kind, groupId, memberId);
  }

  private followRevocation(groupId: string, { memberId, metadata, assignment }: ConsumerMember, now: Now): void {
    // Members of the classic protocol are waited for by the time in which they have to join again.
    if (assignment.state === "UNREVOKED_PARTITIONS" && metadata.classicMemberMetadata === null) this.await("rebalance", groupId, { memberId, metadata }, now);
    else this.cancel("rebalance", groupId, memberId);
  }

  private await(kind: Kind, groupId: string, { memberId, metadata }: Heard, now: Now): void {
    this.schedule({ kind, groupId, memberId }, metadata.rebalanceTimeoutMs, now);
  }

  private schedule(wait: Wait, delayMs: number, now: Now): void {
    const { kind, groupId, memberId } = wait;
    this.cancel(kind, groupId, memberId);
    this.options.timers.schedule(keyOf(kind, groupId, memberId), delayMs, (at) => this.isOver(wait, at), now);
  }

  private cancel(kind: Kind, groupId: string, memberId: string): void {
    this.options.timers.cancel(keyOf(kind, groupId, memberId));
    const overdue = this.overdue.get(groupId);
    if (overdue?.get(memberId) !== kind) return;
    overdue.delete(memberId);
    if (overdue.size === 0) this.overdue.delete(groupId);
  }

  private isOver({ kind, groupId, memberId }: Wait, now: Now): void {
    const overdue = this.overdue.get(groupId) ?? new Map<string, Kind>();
    this.overdue.set(groupId, overdue.set(memberId, kind));
    if (!this.options.timers.has(overdueKey(groupId))) this.takeOutIn(0, groupId, now);
  }

  private takeOutIn(delayMs: number, groupId: string, now: Now): void {
    this.options.timers.schedule(overdueKey(groupId), delayMs, (at) => this.takeOut(groupId, at), now);
  }

  private takeOut(groupId: string, now: Now): void {
    const overdue = this.overdue.get(groupId);
    if (overdue === undefined) return;
    if (this.options.expired(groupId, [...overdue.keys()], now)) this.overdue.delete(groupId);
    else this.takeOutIn(RETRY_MS, groupId, now);
  }
}
