import type { GroupMetadataValue } from "@samsa/protocol/group-records";
import { invariant } from "@samsa/stdx";
import { type ClassicMember, type MemberProtocol, metadataOf, newMember } from "./classic-member.ts";
import { subscribedTopics } from "./subscribed-topics.ts";

/** As Kafka's tools print them. */
export type ClassicState = "Empty" | "PreparingRebalance" | "CompletingRebalance" | "Stable" | "Dead";

/** The protocol type of consumers, whose metadata a coordinator can read. */
export const CONSUMER_PROTOCOL_TYPE = "consumer";

const NEXT_STATES: Readonly<Record<ClassicState, readonly ClassicState[]>> = {
  Empty: ["PreparingRebalance", "Dead"],
  PreparingRebalance: ["CompletingRebalance", "PreparingRebalance", "Empty", "Dead"],
  CompletingRebalance: ["Stable", "PreparingRebalance", "Dead"],
  Stable: ["PreparingRebalance", "Dead"],
  Dead: ["Dead"],
};

/**
 * Members and generation of one classic group: what is in memory of it. Its log has the last generation that was agreed on.
 *
 * | state | what happens |
 * |---|---|
 * | Empty | no members; offsets may be there |
 * | PreparingRebalance | members join; whoever has not come in time is out |
 * | CompletingRebalance | a generation has begun; its leader's assignment is waited for |
 * | Stable | everybody knows its assignment |
 * | Dead | deleted |
 */
export class ClassicGroup {
  readonly groupId: string;
  generation = 0;
  protocolType: string | undefined;
  protocolName: string | null = null;
  leaderId: string | undefined;
  /** Joined while an empty group waits for more: it waits longer. */
  hasNewMember = false;
  stateTimestampMs: number;
  private current: ClassicState = "Empty";
  private before: ClassicState = "Empty";
  private readonly byId = new Map<string, ClassicMember>();
  /** How many members have a protocol. */
  private readonly protocolCounts = new Map<string, number>();
  private readonly staticIds = new Map<string, string>();
  /** Were told their ids, and have not joined with them yet (KIP-394). */
  private readonly pendingIds = new Set<string>();
  /** Have their generation, and have not asked for their assignment yet. */
  private readonly unsyncedIds = new Set<string>();

  constructor(groupId: string, wallMs: number) {
    this.groupId = groupId;
    this.stateTimestampMs = wallMs;
  }

  /** As the log has it: members have to be heard of in time, and know their assignment. */
  static loaded(groupId: string, value: GroupMetadataValue): ClassicGroup {
    const group = new ClassicGroup(groupId, value.currentStateTimestamp);
    group.generation = value.generation;
    group.protocolType = value.protocolType === "" ? undefined : value.protocolType;
    group.protocolName = value.protocol;
    group.leaderId = value.leader ?? undefined;
    for (const { memberId, groupInstanceId, clientId, clientHost, rebalanceTimeout, sessionTimeout, subscription, assignment } of value.members) {
      const protocols = value.protocol === null ? [] : [{ name: value.protocol, metadata: subscription.slice() }];
      const rebalanceTimeoutMs = rebalanceTimeout < 0 ? sessionTimeout : rebalanceTimeout;
      const member = newMember(
        { memberId, instanceId: groupInstanceId, clientId, clientHost },
        { rebalanceTimeoutMs, sessionTimeoutMs: sessionTimeout, protocols },
      );
      member.assignment = assignment.slice();
      group.byId.set(memberId, member);
      group.count(member.protocols, 1);
      if (groupInstanceId !== null) group.staticIds.set(groupInstanceId, memberId);
    }
    if (group.size > 0) group.current = "Stable";
    return group;
  }

  /** Its members have joined, and nobody has assigned to them: a coordinator went before it came to that. */
  get isUnassigned(): boolean {
    return this.size > 0 && this.leaderId === undefined;
  }

  get state(): ClassicState {
    return this.current;
  }

  get previousState(): ClassicState {
    return this.before;
  }

  get size(): number {
    return this.byId.size;
  }

  get members(): Iterable<ClassicMember> {
    return this.byId.values();
  }

  get pendingMembers(): ReadonlySet<string> {
    return this.pendingIds;
  }

  get unsyncedMembers(): ReadonlySet<string> {
    return this.unsyncedIds;
  }

  get joiningCount(): number {
    let count = 0;
    for (const { joining } of this.byId.values()) if (joining !== undefined) count++;
    return count;
  }

  get haveAllJoined(): boolean {
    return this.pendingIds.size === 0 && this.joiningCount === this.size;
  }

  /** The longest that a member gives the others. */
  get rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const member of this.byId.values()) longest = Math.max(longest, member.rebalanceTimeoutMs);
    return longest;
  }

  member(memberId: string): ClassicMember | undefined {
    return this.byId.get(memberId);
  }

  staticMemberId(instanceId: string): string | undefined {
    return this.staticIds.get(instanceId);
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId;
  }

  goTo(state: ClassicState, wallMs: number): void {
    invariant(NEXT_STATES[this.current].includes(state), "a group goes from state to state as its table says", {
      group: this.groupId,
      from: this.current,
      to: state,
    });
    this.before = this.current;
    this.current = state;
    this.stateTimestampMs = wallMs;
  }

  addPending(memberId: string): void {
    this.pendingIds.add(memberId);
  }

  add(member: ClassicMember, protocolType: string): void {
    invariant(!this.byId.has(member.memberId), "a member joins a group once", { group: this.groupId, member: member.memberId });
    if (this.size === 0) this.protocolType = protocolType;
    this.leaderId ??= member.memberId;
    this.byId.set(member.memberId, member);
    this.count(member.protocols, 1);
    if (member.instanceId !== null) this.staticIds.set(member.instanceId, member.memberId);
    this.pendingIds.delete(member.memberId);
  }

  /** A member, or one that was pending. */
  remove(memberId: string): void {
    const member = this.byId.get(memberId);
    this.byId.delete(memberId);
    if (member !== undefined) this.count(member.protocols, -1);
    if (member !== undefined && member.instanceId !== null && this.staticIds.get(member.instanceId) === memberId) this.staticIds.delete(member.instanceId);
    if (this.leaderId === memberId) this.leaderId = this.byId.keys().next().value;
    this.pendingIds.delete(memberId);
    this.unsyncedIds.delete(memberId);
  }

  /** A static member came back under another id: it takes the place of the old one, whose waiting requests are the caller's to answer. */
  replaceStatic(old: ClassicMember, memberId: string): ClassicMember {
    const { instanceId } = old;
    invariant(instanceId !== null && this.staticIds.get(instanceId) === old.memberId, "only a static member is replaced", {
      group: this.groupId,
      member: old.memberId,
    });
    const replacement: ClassicMember = { ...old, memberId, joining: undefined, syncing: undefined };
    // In its place: who is first becomes the leader when one goes.
    const rest = [...this.byId].map(([id, member]): [string, ClassicMember] => (id === old.memberId ? [memberId, replacement] : [id, member]));
    this.byId.clear();
    for (const [id, member] of rest) this.byId.set(id, member);
    if (this.unsyncedIds.delete(old.memberId)) this.unsyncedIds.add(memberId);
    this.staticIds.set(instanceId, memberId);
    if (this.leaderId === old.memberId) this.leaderId = memberId;
    return replacement;
  }

  /** What a member wants is another now. */
  update(member: ClassicMember, settings: Pick<ClassicMember, "protocols" | "sessionTimeoutMs" | "rebalanceTimeoutMs">): void {
    this.count(member.protocols, -1);
    Object.assign(member, settings);
    this.count(member.protocols, 1);
  }

  synced(memberId: string): void {
    this.unsyncedIds.delete(memberId);
  }

  /** Whether somebody with these protocols can be in the group with those who are. */
  supports(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (this.current === "Empty") return protocolType !== "" && protocols.length > 0;
    return this.protocolType === protocolType && protocols.some(({ name }) => this.isOfAll(name));
  }

  /** Each member votes for its first one of those that all have; the most votes win, and of equals the one that was voted for first. */
  selectProtocol(): string {
    const votes = new Map<string, number>();
    for (const { protocols } of this.byId.values()) {
      const choice = protocols.find(({ name }) => this.isOfAll(name));
      if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
    }
    const [best] = [...votes].sort(([, one], [, other]) => other - one);
    invariant(best !== undefined, "whoever joins has a protocol in common with all others", { group: this.groupId });
    return best[0];
  }

  /** Everybody who is a member begins its next generation; without any the group is empty. */
  beginGeneration(wallMs: number): void {
    this.generation++;
    this.unsyncedIds.clear();
    if (this.size === 0) {
      this.protocolName = null;
      return this.goTo("Empty", wallMs);
    }
    this.protocolName = this.selectProtocol();
    for (const memberId of this.byId.keys()) this.unsyncedIds.add(memberId);
    this.goTo("CompletingRebalance", wallMs);
  }

  /** A leader that has not joined again gives way to one who has. False: nobody has. */
  electJoinedLeader(): boolean {
    if (this.leaderId !== undefined && this.byId.get(this.leaderId)?.joining !== undefined) return true;
    for (const { memberId, joining } of this.byId.values()) {
      if (joining === undefined) continue;
      this.leaderId = memberId;
      return true;
    }
    return false;
  }

  /** Undefined where that can't be told: other protocols than consumers', or no generation. */
  get subscribedTopics(): ReadonlySet<string> | undefined {
    if (this.protocolType !== CONSUMER_PROTOCOL_TYPE || (this.protocolName === null && this.size > 0)) return undefined;
    const topics = new Set<string>();
    for (const member of this.byId.values()) {
      const subscribed = subscribedTopics(metadataOf(member, this.protocolName));
      if (subscribed === undefined) return undefined;
      for (const topic of subscribed) topics.add(topic);
    }
    return topics;
  }

  private isOfAll(protocol: string): boolean {
    return (this.protocolCounts.get(protocol) ?? 0) === this.size;
  }

  /** Lists are as long as clients make them: nobody goes through one for each name of another. */
  private count(protocols: readonly MemberProtocol[], by: 1 | -1): void {
    for (const name of new Set(protocols.map((protocol) => protocol.name))) {
      const count = (this.protocolCounts.get(name) ?? 0) + by;
      if (count === 0) this.protocolCounts.delete(name);
      else this.protocolCounts.set(name, count);
    }
  }
}
