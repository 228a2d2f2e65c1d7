import type { Uuid } from "@samsa/stdx";
import type { Partitions } from "../partitions.ts";

export interface AssignorMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Only topics that there are. */
  readonly topicIds: ReadonlySet<Uuid>;
  /** What it was to have last. */
  readonly target: Partitions;
}

export interface AssignorInput {
  readonly members: readonly AssignorMember[];
  /** Of every topic that a member wants. */
  readonly partitionCounts: ReadonlyMap<Uuid, number>;
}

/** By member, only those who get something. */
export type Assigned = ReadonlyMap<string, Partitions>;

/**
 * Divides the partitions of a group's topics among its members: each partition that somebody wants goes to one who wants it. Pure, and the same for the
 * same input whatever the order of its members.
 */
export interface Assignor {
  /** As members ask for it. */
  readonly name: string;
  assign(input: AssignorInput): Assigned;
}

/** A name of a member that a restart leaves: of equals, static members go first. */
export function byMember(one: AssignorMember, other: AssignorMember): number {
  if (one.instanceId !== null && other.instanceId !== null) return one.instanceId < other.instanceId ? -1 : 1;
  if (one.instanceId !== null || other.instanceId !== null) return one.instanceId === null ? 1 : -1;
  return one.memberId < other.memberId ? -1 : 1;
}
