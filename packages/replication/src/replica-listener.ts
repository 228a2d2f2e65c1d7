import type { BrokerEpoch, LeaderEpoch, NodeId, Now, PartitionEpoch, Uuid } from "@samsa/stdx";

/** A member of a proposed ISR, with the broker epoch its evidence was given in (KIP-903). */
export interface IsrMember {
  readonly brokerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
}

/** A leader's request to the controller: AlterPartition for one partition. */
export interface IsrChange {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  readonly newIsr: readonly IsrMember[];
}

/** The controller's answer to an `IsrChange`; with an error the other fields say nothing. */
export interface IsrAnswer {
  /** A name of Kafka's error table; TIMED_OUT where no answer came and the change may have been done. */
  readonly error: string;
  readonly leader?: NodeId;
  readonly leaderEpoch?: LeaderEpoch;
  readonly partitionEpoch?: PartitionEpoch;
  readonly isr?: readonly NodeId[];
}

/** What this broker's metadata say of a broker. */
export interface BrokerView {
  readonly brokerEpoch: BrokerEpoch;
  readonly isFenced: boolean;
}

type Partition = { readonly topic: string; readonly partition: number };

/** The part of the trace vocabulary that replicas emit; appends, truncations and failures are the log's to tell. */
export type ReplicaTrace =
  | ({ readonly kind: "became-leader"; readonly leaderEpoch: number; readonly startOffset: number } & Partition)
  | ({ readonly kind: "became-follower"; readonly leader: number; readonly leaderEpoch: number; readonly endOffset: number } & Partition)
  | ({ readonly kind: "high-watermark"; readonly offset: number } & Partition);

/** Whom a replica calls, synchronously. None of these may call back into the replica before it returns. */
export interface ListenerOf<Replica> {
  /** `hasFallen`: the log was cut below it, which only an unclean election leads to; what is written down of it is true no more. */
  highWatermarkMoved(replica: Replica, now: Now, hasFallen: boolean): void;
  /** The replica's role, ISR or ability to serve changed: parked requests must be looked at again. */
  stateChanged(replica: Replica, now: Now): void;
  /** A follower of this leader says that its log starts elsewhere: what waits for deletions to be done may be. */
  followersStartMoved(replica: Replica, now: Now): void;
  /** Records were appended on this leader: followers' parked fetches may be answered in this turn. */
  recordsAppended(replica: Replica, now: Now): void;
  /** This leader's own write has returned: acks=1 waits may be done, whether or not the high watermark moved. */
  recordsWritten(replica: Replica, now: Now): void;
  /** `nextDeadlineUs` may have come nearer, or come to be. */
  deadlineMoved(replica: Replica): void;
  /** Asks the controller. Must be answered with exactly one `isrAltered`; no second request comes before it. */
  alterIsr(replica: Replica, change: IsrChange, now: Now): void;
  /** Undefined: not registered as far as this broker knows. */
  brokerView(brokerId: NodeId): BrokerView | undefined;
  /** The epoch of this broker's own registration. */
  readonly ownBrokerEpoch: BrokerEpoch;
  /** Somebody follows every step: only then is a moved high watermark worth an event. */
  readonly isDetailed: boolean;
  trace(event: ReplicaTrace): void;
}
