import { type Uuid, ZERO_UUID } from "@samsa/stdx";
import { NO_EPOCH } from "../consumer/assignment.ts";
import type { TopicPartition } from "./topic-partition.ts";

/**
 * A partition that was assigned to this member. Assigned again it is another object: what was begun for the old one finds nobody.
 *
 * | state | on | to |
 * |---|---|---|
 * | asking | what the group has committed is known | reading |
 * | asking | seek | reading |
 * | asking | there is nothing to begin with, an error that will not pass | failed |
 * | failed | seek | reading |
 * | any | the partition is to be given up | revoking |
 */
export class HeldPartition implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  state: "asking" | "reading" | "failed" | "revoking" = "asking";
  /** Of which topic, of those with this name, all that follows is; the zero id: it is not known. */
  topicId: Uuid;
  /** Offset of the next record that the program is given; undefined until it is known. */
  position: number | undefined;
  /** Of the last record that the program was given; −1: it is not known (KIP-320). */
  positionEpoch = NO_EPOCH;
  /** As far as this member knows it. */
  committed: number | undefined;
  /** Of the `revoking` event that told of it; undefined before that. */
  revocation: number | undefined;
  isPaused = false;
  /** Given up, or lost. */
  isOver = false;

  constructor({ topic, partition }: TopicPartition, topicId: Uuid = ZERO_UUID) {
    this.topic = topic;
    this.partition = partition;
    this.topicId = topicId;
  }

  /** From here on it is of this topic: what the group has committed for another one is of no account. */
  isOf(topicId: Uuid): void {
    if (this.topicId === topicId || topicId === ZERO_UUID) return;
    if (this.topicId !== ZERO_UUID) this.committed = undefined;
    this.topicId = topicId;
  }
}
