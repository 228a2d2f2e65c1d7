import type { ErrorName, SyncGroupRequest, SyncGroupResponse } from "@samsa/protocol";
import { invariant, type Now } from "@samsa/stdx";
import { errorOfWrite } from "../../runtime/write-error.ts";
import { synced, syncFailed } from "./classic-answers.ts";
import type { ClassicGroup } from "./classic-group.ts";
import type { ClassicMember } from "./classic-member.ts";
import { groupMetadata } from "./classic-records.ts";
import type { Rebalances, RebalancesOptions } from "./rebalances.ts";
import { validMember } from "./validate-member.ts";

/** A SyncGroup that has come, and whom its answer goes to. */
export interface Sync {
  readonly request: SyncGroupRequest;
  readonly answer: (response: SyncGroupResponse) => void;
}

const NO_BYTES = new Uint8Array(0);

/** SyncGroup: the leader's assignment, once the log has it, goes to everybody. */
export class Syncs {
  private readonly rebalances: Rebalances;
  private readonly write: RebalancesOptions["write"];

  constructor({ rebalances, write }: { readonly rebalances: Rebalances; readonly write: RebalancesOptions["write"] }) {
    this.rebalances = rebalances;
    this.write = write;
  }

  sync(group: ClassicGroup, sync: Sync, now: Now): void {
    const { request, answer } = sync;
    const member = group.state === "Dead" ? "COORDINATOR_NOT_AVAILABLE" : validMember(group, request.memberId, request.groupInstanceId);
    if (typeof member === "string") return answer(syncFailed(member));
    const disagreement = disagreementOf(group, request);
    if (disagreement !== undefined) return answer(syncFailed(disagreement));
    switch (group.state) {
      case "PreparingRebalance":
        return answer(syncFailed("REBALANCE_IN_PROGRESS"));
      case "CompletingRebalance":
        return this.await(group, member, sync, now);
      case "Stable":
        this.rebalances.memberSynced(group, member.memberId);
        this.rebalances.heardOf(group, member, now);
        return answer(synced(group, member));
      default:
        return answer(syncFailed("UNKNOWN_MEMBER_ID"));
    }
  }

  private await(group: ClassicGroup, member: ClassicMember, { request, answer }: Sync, now: Now): void {
    const { syncing } = member;
    member.syncing = answer;
    syncing?.(syncFailed("REBALANCE_IN_PROGRESS"));
    this.rebalances.memberSynced(group, member.memberId);
    if (group.isLeader(member.memberId)) this.assign(group, request, now);
  }

  private assign(group: ClassicGroup, { assignments }: SyncGroupRequest, now: Now): void {
    const byMember = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment.slice()]));
    const { generation } = group;
    const settled = (error: ErrorName | undefined, at: Now): void => {
      // Somebody joined or went while it was written: that generation is over.
      if (group.state !== "CompletingRebalance" || group.generation !== generation) return;
      if (error !== undefined) {
        this.rebalances.tellAssignments(group, errorOfWrite(error), at);
        return this.rebalances.prepareOrComplete(group, at);
      }
      for (const member of group.members) member.assignment = byMember.get(member.memberId) ?? NO_BYTES;
      group.goTo("Stable", at.wallMs);
      this.rebalances.tellAssignments(group, undefined, at);
    };
    invariant(group.protocolName !== null, "a generation has a protocol", { group: group.groupId, generation });
    this.write([groupMetadata(group, ({ memberId }) => byMember.get(memberId) ?? NO_BYTES)], settled, now);
  }
}

/** The member knows another generation, or another protocol (KIP-559). */
function disagreementOf(group: ClassicGroup, { generationId, protocolType, protocolName }: SyncGroupRequest): ErrorName | undefined {
  if (generationId !== group.generation) return "ILLEGAL_GENERATION";
  const isOther = (protocolType !== null && protocolType !== (group.protocolType ?? null)) || (protocolName !== null && protocolName !== group.protocolName);
  return isOther ? "INCONSISTENT_GROUP_PROTOCOL" : undefined;
}
