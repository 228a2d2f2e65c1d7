import type { LeaderEpoch, NodeId, Offset, PartitionEpoch } from "@samsa/stdx";

/** What the metadata say of a partition that another broker leads, or nobody. */
export interface FollowerState {
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  /** −1: nobody. */
  readonly leader: NodeId;
  readonly replicas: readonly NodeId[];
  readonly isr: readonly NodeId[];
}

/** The follower's role. Its high watermark is the leader's last word of it, as far as its own log reaches. */
export interface Follower extends FollowerState {
  readonly type: "follower";
  readonly leadersHighWatermark: Offset;
}

/** The log failed: nothing is served or copied until the process starts again. */
export interface Offline extends FollowerState {
  readonly type: "offline";
  readonly because: string;
}

/** What a follower's fetch says of it. */
export interface FetchPosition {
  readonly fetchOffset: Offset;
  readonly lastFetchedEpoch: LeaderEpoch;
  readonly currentLeaderEpoch: LeaderEpoch;
  readonly logStartOffset: Offset;
}

/** One partition of the answer to a follower's fetch, and what the fetch had said. */
export interface FetchedFromLeader {
  readonly forLeaderEpoch: LeaderEpoch;
  readonly forFetchOffset: Offset;
  /** A name of Kafka's error table. */
  readonly error: string;
  readonly diverging: { readonly epoch: LeaderEpoch; readonly endOffset: Offset } | undefined;
  readonly records: Uint8Array | null;
  readonly highWatermark: Offset;
  readonly logStartOffset: Offset;
}

/** `progress`: the log moved; `idle`: nothing for it here, fetch again; `retry`: fetch again, after a back-off. */
export type ApplyOutcome = "progress" | "idle" | "retry";
