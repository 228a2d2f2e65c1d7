import type { Micros, Now } from "@samsa/stdx";
import { stillToCome } from "../deadline.ts";

/**
 * | position | on | to |
 * |---|---|---|
 * | locating | an offset was found | at |
 * | at | records | at, further on |
 * | at | OFFSET_OUT_OF_RANGE | locating, or failed without a reset policy |
 * | any | an error that will not pass | failed |
 */
export type Position = { readonly type: "locating" } | { readonly type: "at"; readonly offset: number } | { readonly type: "failed" };

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
  isFetching = false;
  failures = 0;
  notBefore: Micros | undefined;
  /** Undefined: it reads from the leader. */
  preferred: PreferredReplica | undefined;

  constructor(topic: string, partition: number, position: Position) {
    this.topic = topic;
    this.partition = partition;
    this.position = position;
  }

  isDue(now: Now): boolean {
    return this.position.type === "at" && !this.isFetching && (this.notBefore ?? 0) <= now.monotonicUs;
  }

  nextDeadline(now: Now): Micros | undefined {
    return this.isFetching ? undefined : stillToCome(this.notBefore, now);
  }
}
