import type { FetchRequest } from "@samsa/protocol";
import type { FetchTimes } from "@samsa/replication";
import type { Micros, Uuid } from "@samsa/stdx";

type FetchPartition = FetchRequest["topics"][number]["partitions"][number];

/** What a fetch says of one partition, and which topic it is of. */
export interface AskedPartition extends FetchPartition {
  readonly topic: string;
  readonly topicId: Uuid;
}

const NOT_TOLD = -1;

/**
 * One partition of a fetch or of a fetch session: what was asked for last, and what was answered last. Every later fetch of the session
 * asks the same again, its `currentLeaderEpoch` included: left out of the comparison, no fetch but the first would be fenced (KAFKA-9338, P06).
 */
export class SessionPartition implements FetchTimes {
  readonly key: string;
  asked: AskedPartition;
  /** Partitions are answered in the order of their ranks. */
  rank: number;
  /** The partition on this broker that it was found to be. */
  watchKey: string | undefined;
  /** As the fetcher was told last; −1: tell it again, whatever it is. */
  highWatermark = NOT_TOLD;
  logStartOffset = NOT_TOLD;
  private readonly session: FetchTimes;
  /** Since it left the session. */
  private leftAtUs: Micros | undefined;

  constructor(options: { readonly key: string; readonly asked: AskedPartition; readonly rank: number; readonly session: FetchTimes }) {
    this.key = options.key;
    this.asked = options.asked;
    this.rank = options.rank;
    this.session = options.session;
  }

  /** A fetch of the session that says nothing of this partition repeats what was said of it. */
  get lastFetchUs(): Micros {
    return this.leftAtUs ?? this.session.lastFetchUs;
  }

  /** What an incremental answer must not leave out: else the fetcher would never hear of it. */
  isNews(answer: { readonly highWatermark: number; readonly logStartOffset: number }): boolean {
    return this.highWatermark !== answer.highWatermark || this.logStartOffset !== answer.logStartOffset;
  }

  /** With an error both are −1: when it goes away, the partition is told of again, whatever its state is then. */
  told(answer: { readonly highWatermark: number; readonly logStartOffset: number }): void {
    this.highWatermark = answer.highWatermark;
    this.logStartOffset = answer.logStartOffset;
  }

  /** What was told was perhaps not taken. */
  tellAgain(): void {
    this.highWatermark = NOT_TOLD;
    this.logStartOffset = NOT_TOLD;
  }

  left(): void {
    this.leftAtUs = this.session.lastFetchUs;
  }
}
