import type { JoinGroupRequest, JoinGroupResponse } from "@samsa/protocol";
import type { Now, Prng } from "@samsa/stdx";
import { errorOfWrite } from "../../runtime/write-error.ts";
import type { ClientIdentity } from "../client-identity.ts";
import { type GroupConfig, NEW_MEMBER_JOIN_TIMEOUT_MS } from "../group-config.ts";
import { newMemberId } from "../member-id.ts";
import { joined, joinFailed } from "./classic-answers.ts";
import type { ClassicGroup } from "./classic-group.ts";
import { type ClassicMember, hasProtocols, newMember } from "./classic-member.ts";
import { groupMetadata } from "./classic-records.ts";
import type { Rebalances, RebalancesOptions } from "./rebalances.ts";
import { validMember } from "./validate-member.ts";

/** From here on a member without an id must come twice (KIP-394). */
const FIRST_VERSION_WITH_KNOWN_MEMBERS = 4;
/** From here on a static leader that came back may be told that there is nothing to assign (KIP-814). */
const FIRST_VERSION_WITH_SKIPPED_ASSIGNMENT = 9;

export interface JoinsOptions extends Pick<RebalancesOptions, "write"> {
  readonly config: GroupConfig;
  readonly prng: Prng;
  readonly rebalances: Rebalances;
}

/** A JoinGroup that has come, and whom its answer goes to. */
export interface Join {
  readonly request: JoinGroupRequest;
  readonly client: ClientIdentity;
  readonly answer: (response: JoinGroupResponse) => void;
}

/** JoinGroup: of a member that is new, known, or static and back again. */
export class Joins {
  private readonly options: JoinsOptions;

  constructor(options: JoinsOptions) {
    this.options = options;
  }

  join(group: ClassicGroup, join: Join, now: Now): void {
    const { request, answer } = join;
    const { memberId, protocolType, protocols } = request;
    if (!this.hasRoomFor(group, memberId)) {
      group.remove(memberId);
      return answer(joinFailed("GROUP_MAX_SIZE_REACHED"));
    }
    if (group.state === "Dead") return answer(joinFailed("COORDINATOR_NOT_AVAILABLE", memberId));
    if (!group.supports(protocolType, protocols)) return answer(joinFailed("INCONSISTENT_GROUP_PROTOCOL", memberId));
    if (memberId === "") this.joinNew(group, join, now);
    else this.joinKnown(group, join, now);
  }

  private hasRoomFor(group: ClassicGroup, memberId: string): boolean {
    const { maxSize } = this.options.config;
    const member = group.member(memberId);
    if (group.state === "PreparingRebalance") return member?.joining !== undefined || group.joiningCount < maxSize;
    return group.state === "Empty" || group.state === "Dead" || member !== undefined || group.size < maxSize;
  }

  private joinNew(group: ClassicGroup, join: Join, now: Now): void {
    const { rebalances, prng } = this.options;
    const { request, client, answer } = join;
    const { groupInstanceId } = request;
    const memberId = newMemberId(groupInstanceId ?? client.clientId, prng);
    if (groupInstanceId !== null) {
      const currentId = group.staticMemberId(groupInstanceId);
      const current = currentId === undefined ? undefined : group.member(currentId);
      return current === undefined ? this.add(group, memberId, join, now) : this.replace(group, { old: current, memberId }, join, now);
    }
    if (client.apiVersion < FIRST_VERSION_WITH_KNOWN_MEMBERS) return this.add(group, memberId, join, now);
    group.addPending(memberId);
    rebalances.expectPending(group, memberId, request.sessionTimeoutMs, now);
    answer(joinFailed("MEMBER_ID_REQUIRED", memberId));
  }

  private joinKnown(group: ClassicGroup, join: Join, now: Now): void {
    const { request, answer } = join;
    const { memberId, groupInstanceId, protocols } = request;
    // A static member never waits for an id of its own; who has one has none to give to an instance that another may be.
    if (group.pendingMembers.has(memberId))
      return groupInstanceId === null ? this.add(group, memberId, join, now) : answer(joinFailed("UNKNOWN_SERVER_ERROR", memberId));
    const member = validMember(group, memberId, groupInstanceId);
    if (typeof member === "string") return answer(joinFailed(member, memberId));
    switch (group.state) {
      case "PreparingRebalance":
        return this.update(group, member, join, now);
      case "CompletingRebalance":
        // The answer was lost: the same one again.
        return hasProtocols(member, protocols) ? answer(joined(group, member)) : this.update(group, member, join, now);
      case "Stable":
        // A leader joins again to have partitions assigned anew; it may have read newer metadata.
        if (group.isLeader(memberId) || !hasProtocols(member, protocols)) return this.update(group, member, join, now);
        return answer(joined(group, member, false));
      default:
        return answer(joinFailed("UNKNOWN_MEMBER_ID", memberId));
    }
  }

  private add(group: ClassicGroup, memberId: string, { request, client, answer }: Join, now: Now): void {
    const { rebalances } = this.options;
    const { groupInstanceId: instanceId, protocolType } = request;
    const { clientId, clientHost } = client;
    const member = newMember({ memberId, instanceId, clientId, clientHost }, settingsOf(request));
    member.isNew = true;
    member.joining = answer;
    if (group.state === "PreparingRebalance" && group.generation === 0) group.hasNewMember = true;
    group.add(member, protocolType);
    rebalances.expectMember(group, member, NEW_MEMBER_JOIN_TIMEOUT_MS, now);
    rebalances.prepareOrComplete(group, now);
  }

  private update(group: ClassicGroup, member: ClassicMember, { request, answer }: Join, now: Now): void {
    group.update(member, settingsOf(request));
    // A request that waits already is of a connection that has gone, or of a client that gave it up.
    const { joining } = member;
    member.joining = answer;
    joining?.(joinFailed("REBALANCE_IN_PROGRESS", member.memberId));
    this.options.rebalances.prepareOrComplete(group, now);
  }

  /** A static member is back, with another id; the old one is out. */
  private replace(group: ClassicGroup, { old, memberId }: { readonly old: ClassicMember; readonly memberId: string }, join: Join, now: Now): void {
    const { rebalances } = this.options;
    const leaderBefore = group.leaderId ?? "";
    rebalances.forgetSession(group, old.memberId);
    const member = group.replaceStatic(old, memberId);
    rebalances.answerWaiting(old, "FENCED_INSTANCE_ID");
    group.update(member, settingsOf(join.request));
    member.joining = join.answer;
    rebalances.heardOf(group, member, now);
    if (group.state === "Stable" && group.selectProtocol() === group.protocolName) return this.keepGeneration(group, { old, member, leaderBefore }, join, now);
    if (group.state === "Stable" || group.state === "CompletingRebalance") return rebalances.prepare(group, now);
    rebalances.completeIfAllJoined(group, now);
  }

  /** Nothing changes for the others: the member takes over what the old one had, once the log knows its id (G04). */
  private keepGeneration(
    group: ClassicGroup,
    { old, member, leaderBefore }: { readonly old: ClassicMember; readonly member: ClassicMember; readonly leaderBefore: string },
    join: Join,
    now: Now,
  ): void {
    const { rebalances, write } = this.options;
    const settled = (error: Parameters<Parameters<typeof write>[1]>[0], at: Now): void => {
      if (group.member(member.memberId) !== member || member.joining !== join.answer) return;
      // The group went on meanwhile: the member is part of what comes.
      if (group.state !== "Stable") return;
      if (error !== undefined) {
        rebalances.answerWaiting(member, errorOfWrite(error));
        rebalances.forgetSession(group, member.memberId);
        const restored = group.replaceStatic(member, old.memberId);
        const { protocols, sessionTimeoutMs, rebalanceTimeoutMs } = old;
        group.update(restored, { protocols, sessionTimeoutMs, rebalanceTimeoutMs });
        return rebalances.heardOf(group, restored, at);
      }
      member.joining = undefined;
      const isLeader = group.isLeader(member.memberId);
      if (join.client.apiVersion >= FIRST_VERSION_WITH_SKIPPED_ASSIGNMENT) return join.answer({ ...joined(group, member, isLeader), skipAssignment: isLeader });
      // An older client that reads its own id as the leader's would assign, and nobody would listen.
      join.answer({ ...joined(group, member, false), leader: leaderBefore });
    };
    write([groupMetadata(group, ({ assignment }) => assignment)], settled, now);
  }
}

const settingsOf = ({ sessionTimeoutMs, rebalanceTimeoutMs, protocols }: JoinGroupRequest) => ({
  sessionTimeoutMs,
  rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
  // Of their own: a request is many times as large.
  protocols: protocols.map(({ name, metadata }) => ({ name, metadata: metadata.slice() })),
});
