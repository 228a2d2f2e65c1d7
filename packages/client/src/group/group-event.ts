import type { Micros } from "@samsa/stdx";
import type { ConsumerEvent } from "../consumer/consumer-event.ts";
import type { TopicPartition } from "./topic-partition.ts";

/** Where a group goes on: the offset of the next record to be read. */
export interface OffsetToCommit extends TopicPartition {
  readonly offset: number;
  /** Of the last record that was read; −1 where it is not known (KIP-320). */
  readonly leaderEpoch?: number;
  readonly metadata?: string;
}

/** Identifies a commit of one consumer, in the order of its calls. */
export type CommitId = number;

/** A commit that was asked for. */
export interface OpenCommit {
  readonly id: CommitId;
  readonly offsets: readonly OffsetToCommit[];
  /** The consumer commits by itself (`enable.auto.commit`). */
  readonly isAutomatic: boolean;
}

interface OfCommit extends OpenCommit {
  /** Of the attempts before the last one. One that proves nothing may still be carried out, at any time. */
  readonly earlierErrors: readonly string[];
}

/**
 * When the requests left by which a coordinator last heard of a member, and when the program was last heard of: nobody else is given what the member
 * holds before the session, the rebalance and the poll time-out have passed since these.
 */
export interface SignsOfLife {
  readonly heardOfAt: Micros;
  /** Of the last one whose answer says that no generation was being made. */
  readonly stableAt: Micros;
  readonly polledAt: Micros;
}

export type GroupEvent =
  | ConsumerEvent
  /** A generation has begun; `partitions` are those that were not this member's before. Also without any. */
  | { readonly type: "assigned"; readonly generationId: number; readonly partitions: readonly TopicPartition[] }
  /** They are to go to others: nothing more is read of them. The program finishes with them, commits, and calls `finishRevocation` with this number. */
  | { readonly type: "revoking"; readonly revocation: number; readonly partitions: readonly TopicPartition[]; readonly signs: SignsOfLife }
  /** They are gone: somebody else may have them already, and nothing can be committed for them. `error` says why. */
  | { readonly type: "lost"; readonly partitions: readonly TopicPartition[]; readonly error: string; readonly signs: SignsOfLife }
  /** What the group has committed for a partition that was assigned; `offset` −1: nothing. `askedAt`: when the question that was answered had left. */
  | ({ readonly type: "committed-offset"; readonly askedAt: Micros } & Required<OffsetToCommit>)
  /** The answer to `queryCommitted`, as above; or `error`, Kafka's name of why there is none. */
  | ({ readonly type: "committed-answer" } & TopicPartition & ({ readonly committed: Required<OffsetToCommit> } | { readonly error: string }))
  /** `generationId`: in which the attempt was made that was acknowledged. */
  | ({ readonly type: "committed"; readonly generationId: number } & OfCommit)
  /**
   * `error`: Kafka's name of the last error, or of one that will not pass. With one that proves nothing, or such an earlier one, the offsets may be
   * committed all the same. `committed`: those of `offsets` that certainly are, for their partitions were acknowledged.
   * `generationId`: in which the last attempt was made; −1: there was none.
   */
  | ({ readonly type: "commit-failed"; readonly error: string; readonly committed: readonly OffsetToCommit[]; readonly generationId: number } & OfCommit)
  /** Of a topic that it wants, which it may not have, or whose name can't be one: nothing of it is assigned as long as that is so. */
  | { readonly type: "topic-error"; readonly topic: string; readonly error: string }
  /** The consumer can do nothing more than be closed: Kafka's name of the error that will not pass. */
  | { readonly type: "group-failed"; readonly error: string }
  /** After `close`: it has left the group, or could not tell. */
  | { readonly type: "closed" };

export type TellGroup = (event: GroupEvent) => void;
