import { NO_EPOCH, NO_NODE, partitionEpoch } from "@samsa/stdx";
import type { Follower, FollowerState } from "./follower.ts";
import type { Leader } from "./leader.ts";

/** The log failed: nothing is served or copied until the process starts again. */
export interface Offline extends FollowerState {
  readonly type: "offline";
  readonly because: string;
}

/**
 * What a replica is at the moment, with the fields that only that has.
 *
 * | role | on | next | does |
 * |---|---|---|---|
 * | follower | becomeLeader, higher epoch | leader | the epoch starts at the log's end; the high watermark stays where it was known |
 * | follower | becomeFollower, higher epoch | follower | asks the new leader; truncates nothing until that one says where they part (P01) |
 * | leader | becomeLeader, same epoch, higher partition epoch | leader | takes over ISR and replicas, drops the proposal in flight |
 * | leader | becomeLeader, higher epoch | leader | as a new one: what followers proved before counts no more (P06, P11) |
 * | leader | becomeFollower, higher epoch | follower | waiting acknowledgements fail with NOT_LEADER_OR_FOLLOWER |
 * | leader, follower | logFailed | offline | all fails with KAFKA_STORAGE_ERROR |
 * | offline | becomeLeader, becomeFollower | offline | remembers the epochs |
 * | any | a lower epoch | same | nothing: it is old news |
 */
export type Role = Leader | Follower | Offline;

export const offlineIn = ({ leaderEpoch, partitionEpoch: epoch, leader, replicas, isr }: FollowerState, because: string): Offline => {
  return { type: "offline", leaderEpoch, partitionEpoch: epoch, leader, replicas, isr, because };
};

/** Before any metadata. */
export const UNASSIGNED: FollowerState = { leaderEpoch: NO_EPOCH, partitionEpoch: partitionEpoch(-1), leader: NO_NODE, replicas: [], isr: [] };
