import type { FollowerState, Replica } from "@samsa/replication";
import { leaderEpoch, NO_NODE, partitionEpoch } from "@samsa/stdx";

/** Follows nobody, in epochs beyond those that the replica knows: nothing that it waits for counts any more. */
export const beyond = ({ leaderEpoch: epoch, partitionEpoch: changes }: Replica): FollowerState => ({
  leaderEpoch: leaderEpoch(epoch + 1),
  partitionEpoch: partitionEpoch(changes + 1),
  leader: NO_NODE,
  replicas: [],
  isr: [],
});
