import type { SignsOfLife } from "./group-event.ts";
import type { TopicPartition } from "./topic-partition.ts";

/** What becomes of a member's partitions: told by its membership, done by whoever reads them. */
export interface Holder {
  /** All that were assigned and not given up since, also those that are being revoked. */
  readonly held: readonly TopicPartition[];
  /** The program has finished with all that it was asked to give up, and what it had committed by then has its outcome. */
  readonly hasFinishedRevocation: boolean;
  /** They are to be given up; until `revoked` they are held. Of none there is nothing to finish. */
  revoke(partitions: readonly TopicPartition[], signs: SignsOfLife): void;
  /** What was to be given up is. */
  revoked(): void;
  /** All that is held is gone. */
  lose(error: string, signs: SignsOfLife): void;
  assign(partitions: readonly TopicPartition[], generationId: number): void;
  failed(error: string): void;
  closed(): void;
}
