import { type LeaderEpoch, NO_EPOCH } from "@samsa/stdx";
import type { Follower } from "./follower.ts";
import type { Leader } from "./leader.ts";
import { failed, type Failed, type ReplicaError } from "./outcomes.ts";
import type { Role } from "./replica-role.ts";

/** Whether a request must say its leader epoch: followers must, clients may. */
export type EpochRule = "epoch-required" | "epoch-optional";

/** The role that a request of this leader epoch meets, or why there is none to answer from. Both sides of every fetch say their epoch (KIP-320, P06). */
export function inEpoch(
  current: Role,
  { isOffline, askedEpoch, rule }: { readonly isOffline: boolean; readonly askedEpoch: LeaderEpoch; readonly rule: EpochRule },
): Leader | Follower | Failed {
  if (current.type === "offline" || isOffline) return failed("KAFKA_STORAGE_ERROR", "the log of this replica has failed");
  if (askedEpoch !== NO_EPOCH || rule === "epoch-required") {
    if (askedEpoch < current.leaderEpoch) return failed("FENCED_LEADER_EPOCH", `the leader epoch is ${current.leaderEpoch}, asked for ${askedEpoch}`);
    if (askedEpoch > current.leaderEpoch) return failed("UNKNOWN_LEADER_EPOCH", `the leader epoch is ${current.leaderEpoch} here, asked for ${askedEpoch}`);
  }
  return current;
}

/** The leadership in which something was accepted, or why nothing is known of it any more. */
export function stillLeads(current: Role, accepted: { readonly leaderEpoch: LeaderEpoch }): Leader | ReplicaError {
  if (current.type === "offline") return "KAFKA_STORAGE_ERROR";
  return current.type === "leader" && current.leaderEpoch === accepted.leaderEpoch ? current : "NOT_LEADER_OR_FOLLOWER";
}
