import { NO_EPOCH, NO_NODE, partitionEpoch } from "@samsa/stdx";
import type { Follower, FollowerState } from "./follower.ts";
import type { Leader } from "./leader.ts";

/** The log failed: nothing is served or copied until the process starts again. */
export interface Offline extends FollowerState {
  readonly type: "offline";
  readonly because: string;
}

/** What a replica is at the moment, with the fields that only that has. */
export type Role = Leader | Follower | Offline;

/** Before any metadata. */
export const UNASSIGNED: FollowerState = { leaderEpoch: NO_EPOCH, partitionEpoch: partitionEpoch(-1), leader: NO_NODE, replicas: [], isr: [] };
