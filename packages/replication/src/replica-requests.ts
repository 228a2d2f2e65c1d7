import type { BrokerEpoch, LeaderEpoch, NodeId, Offset } from "@samsa/stdx";
import type { ReaderPosition } from "./divergence.ts";
import type { FetchTimes } from "./follower-progress.ts";

/** −1 latest, −2 earliest, −3 the largest timestamp, ≥ 0 a time in milliseconds. */
export interface OffsetRequest {
  readonly timestamp: number;
  readonly currentLeaderEpoch: LeaderEpoch;
  readonly reader: OffsetReader;
}

/**
 * Consumers see up to the last stable offset or the high watermark; replicas, and whoever debugs, up to the end of the log. Whoever debugs is
 * answered by followers, too.
 */
export type OffsetReader = "committed" | "uncommitted" | "replica" | "debugger";

export interface ReplicaFetch extends ReaderPosition {
  readonly replicaId: NodeId;
  /** The broker epoch of the follower's incarnation that asks. */
  readonly replicaEpoch: BrokerEpoch;
  readonly currentLeaderEpoch: LeaderEpoch;
  readonly maxBytes: number;
  /** Where the follower's own log starts; absent: it does not say. */
  readonly logStartOffset?: Offset;
  /** A fetch that waits is looked at again: what it says was true when it came, and counted then. */
  readonly isLookedAtAgain?: boolean;
  /** Of the fetch session that goes on saying it; absent: it is said once. */
  readonly times?: FetchTimes;
}

export interface ConsumerFetch extends ReaderPosition {
  /** −1: a consumer that does not know. */
  readonly currentLeaderEpoch: LeaderEpoch;
  readonly isReadCommitted: boolean;
  readonly maxBytes: number;
  /** It knows that there are other replicas to read from than the leader (KIP-392). */
  readonly mayReadFromFollower?: boolean;
}
