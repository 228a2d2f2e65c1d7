import type { Micros } from "@samsa/stdx";
import type { Assignments } from "./assignors/assignor.ts";
import type { Generation } from "./group-requests.ts";
import type { LeaderTask } from "./leader-task.ts";
import type { TopicPartition } from "./topic-partition.ts";

/**
 * | state | on | to |
 * |---|---|---|
 * | outside | subscribe | unjoined |
 * | unjoined | the coordinator is ready, the back-off is over | joining |
 * | joining | a generation, of which it is the leader / is not | assigning / syncing |
 * | joining | MEMBER_ID_REQUIRED, UNKNOWN_MEMBER_ID, an error that may pass | unjoined |
 * | assigning | all topics of the group are known | syncing |
 * | syncing | an assignment, for which nothing has to go / something has to | stable / revoking (take) |
 * | syncing | an error that may pass | unjoined |
 * | stable | a new generation is needed, for which nothing has to go / something has to | unjoined / revoking (join) |
 * | revoking | the program has finished, and what it committed until then has its outcome | unjoined, stable or leaving |
 * | assigning to revoking | the coordinator does not know the member, or not its generation | unjoined; all is lost |
 * | unjoined to revoking | the program has not polled for `max.poll.interval.ms`, or not finished for so long | unpolled; all is lost, a dynamic member tells the coordinator |
 * | unpolled | a poll | unjoined |
 * | any | an error that will not pass | failed, or leaving where it is being closed; all is lost |
 * | any | close | revoking (leave), leaving or closed |
 * | leaving | an answer, or no time left | closed |
 */
export type MembershipState =
  | { readonly type: "outside" }
  | { readonly type: "unjoined"; readonly notBefore: Micros | undefined }
  | { readonly type: "joining" }
  | { readonly type: "assigning"; readonly task: LeaderTask }
  | { readonly type: "syncing"; readonly assignments: Assignments; isSent: boolean }
  | { readonly type: "stable" }
  /** `until`: the time that the program has for it. */
  | { readonly type: "revoking"; readonly next: AfterRevocation; readonly until: Micros }
  | { readonly type: "unpolled" }
  | { readonly type: "leaving" }
  | { readonly type: "failed"; readonly error: string }
  | { readonly type: "closed" };

export type Syncing = Extract<MembershipState, { readonly type: "syncing" }>;

const NO_ASSIGNMENTS: Assignments = new Map();

/** Only the leader says any. */
export const toSync = (assignments = NO_ASSIGNMENTS): Syncing => ({ type: "syncing", assignments, isSent: false });

/** `assigned`: what is held in the generation in which the revocation was found to be needed (KIP-429). */
export type AfterRevocation = { readonly type: "join" } | { readonly type: "take"; readonly assigned: readonly TopicPartition[] } | { readonly type: "leave" };

/** When something is to be done though nothing comes; it may be in the past. */
export function wakeUpOf(state: MembershipState): Micros | undefined {
  if (state.type === "unjoined") return state.notBefore;
  return state.type === "revoking" ? state.until : undefined;
}

/** Somebody else has this member's name: an error of whoever it was when it asked. */
export const isOfIdentity = (error: string): boolean => error === "FENCED_INSTANCE_ID";

/** Whether offsets can be committed now. */
export type Standing =
  | { readonly type: "member"; readonly generation: Generation }
  /** The next generation is being made: whoever still holds its partitions then may commit for them. */
  | { readonly type: "joining" }
  | { readonly type: "none"; readonly error: string };

/** The coordinator is to hear of the member now and then. */
export const isInGeneration = ({ type }: MembershipState): boolean => type === "assigning" || type === "syncing" || type === "stable" || type === "revoking";

export function standingOf(state: MembershipState, generation: Generation | undefined): Standing {
  switch (state.type) {
    case "failed":
      return { type: "none", error: state.error };
    case "outside":
    case "unpolled":
    case "leaving":
    case "closed":
      return { type: "none", error: "UNKNOWN_MEMBER_ID" };
    case "stable":
    case "revoking":
      return generation === undefined ? { type: "none", error: "UNKNOWN_MEMBER_ID" } : { type: "member", generation };
    default:
      return { type: "joining" };
  }
}
