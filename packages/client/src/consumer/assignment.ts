import { type Micros, type Now, type Uuid, ZERO_UUID } from "@samsa/stdx";
import { stillToCome } from "../deadline.ts";

/**
 * | position | on | to |
 * |---|---|---|
 * | locating | an offset was found | at |
 * | at | records | at, further on |
 * | at | OFFSET_OUT_OF_RANGE | locating, or failed without a reset policy |
 * | at | another leader epoch than it was good in | validating |
 * | at | the topic's name has another id | locating, or failed without a reset policy |
 * | validating | the leader's log has what was read | at |
 * | validating | it has not | at, where the two part; locating where nobody knows; failed without a reset policy |
 * | any | an error that will not pass | failed |
 */
export type Position =
  { readonly type: "locating" } | ({ readonly type: "at" } & Place) | ({ readonly type: "validating" } & Place) | { readonly type: "failed" };

/** The next record to be read. */
export interface Place {
  readonly offset: number;
  /** Of the record before it; −1: it is not known, and the place is taken as it is. */
  readonly leaderEpoch: number;
}

export const NO_EPOCH = -1;

/** Both are known, and they are not one: the topic was deleted, and another one has its name. Zero ids are not known. */
export const areOtherTopics = (a: Uuid, b: Uuid): boolean => a !== ZERO_UUID && b !== ZERO_UUID && a !== b;

/** The replica that the leader would have the consumer read from (KIP-392). */
export interface PreferredReplica {
  readonly broker: number;
  readonly untilUs: Micros;
}

/** One partition that a consumer reads. A new `assign` makes a new object, so that answers for the old one find nobody. */
export class Assignment {
  readonly topic: string;
  readonly partition: number;
  position: Position;
  /** The leader epoch in which the position is known to be good; undefined: in none yet. */
  goodIn: number | undefined;
  /** And of which topic, of those with this name; the zero id: it is not known. */
  topicId: Uuid = ZERO_UUID;
  /** Behind what was taken; undefined while it is being looked up. */
  taken: Place | undefined;
  /** By which its position is to be found or validated. */
  lookup: { cancel(): void } | undefined;
  isFetching = false;
  isPaused = false;
  /** As far as a reader may come, as the last response told; undefined before one has. */
  endOffset: number | undefined;
  failures = 0;
  /** How often whoever leads was found to be older than what was read, in a row. */
  olderLeaders = 0;
  notBefore: Micros | undefined;
  /** Undefined: it reads from the leader. */
  preferred: PreferredReplica | undefined;

  constructor(topic: string, partition: number, position: Position) {
    this.topic = topic;
    this.partition = partition;
    this.position = position;
  }

  get place(): Place | undefined {
    if (this.position.type !== "at" && this.position.type !== "validating") return undefined;
    const { offset, leaderEpoch } = this.position;
    return { offset, leaderEpoch };
  }

  isDue(now: Now): boolean {
    return this.position.type === "at" && !this.isFetching && !this.isPaused && (this.notBefore ?? 0) <= now.monotonicUs;
  }

  nextDeadline(now: Now): Micros | undefined {
    return this.isFetching || this.isPaused ? undefined : stillToCome(this.notBefore, now);
  }
}
