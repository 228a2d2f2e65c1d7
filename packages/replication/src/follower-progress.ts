import { type BrokerEpoch, type Micros, micros, type Now, type Offset } from "@samsa/stdx";

/** When a follower said last what it said in a fetch: later ones of its fetch session repeat it without naming the partition (KIP-227). */
export interface FetchTimes {
  readonly lastFetchUs: Micros;
}

/** A fetch that was found to continue the leader's log. */
export interface ProvedFetch {
  readonly fetchOffset: Offset;
  readonly brokerEpoch: BrokerEpoch;
  /** Where the follower's log starts; 0 if it did not say. */
  readonly logStartOffset: Offset;
  readonly times: FetchTimes;
}

/**
 * What a leader knows of one follower, from fetches made in this leader epoch only: a position from an earlier epoch proves nothing,
 * for the follower may have truncated, or lost its log and been added again, since (P06, P11).
 */
export class FollowerProgress {
  /** Undefined until it has fetched in this epoch. */
  proved: ProvedFetch | undefined;
  /** The last time at which it had everything the leader had at that time; undefined for never. */
  private lastCaughtUpUs: Micros | undefined;
  private lastFetchUs: Micros | undefined;
  private leaderEndAtLastFetch: Offset | undefined;

  /** A member of the ISR is given the whole lag time from `caughtUpUs`. */
  constructor(caughtUpUs: Micros | undefined) {
    this.lastCaughtUpUs = caughtUpUs;
  }

  /**
   * A fetch at the leader's end is caught up now. One that reaches the end that the leader had when it answered the fetch before was
   * caught up then: under a steady load a follower never fetches at the end itself, and yet keeps up.
   */
  fetched(fetch: ProvedFetch, leaderEnd: Offset, now: Now): void {
    if (fetch.fetchOffset >= leaderEnd) this.lastCaughtUpUs = now.monotonicUs;
    else if (this.leaderEndAtLastFetch !== undefined && fetch.fetchOffset >= this.leaderEndAtLastFetch) this.caughtUpAt(this.lastFetchUs);
    this.proved = fetch;
    this.leaderEndAtLastFetch = leaderEnd;
    this.lastFetchUs = now.monotonicUs;
  }

  /**
   * Called before the leader appends: what the fetches since said without naming the partition ends here. Without it a follower that had
   * everything for an hour would count as lagging for an hour with the first record after.
   */
  leaderGrows(leaderEnd: Offset): void {
    if (this.proved !== undefined && this.proved.fetchOffset >= leaderEnd) this.caughtUpAt(this.proved.times.lastFetchUs);
  }

  /** The last time at which it had all there was; undefined for never in this epoch. */
  caughtUpUs(leaderEnd: Offset): Micros | undefined {
    const { proved, lastCaughtUpUs } = this;
    const heardUs = proved !== undefined && proved.fetchOffset >= leaderEnd ? proved.times.lastFetchUs : undefined;
    return heardUs !== undefined && (lastCaughtUpUs === undefined || heardUs > lastCaughtUpUs) ? heardUs : lastCaughtUpUs;
  }

  /** It came into the ISR without our asking. */
  joined(now: Now): void {
    this.caughtUpAt(now.monotonicUs);
  }

  /** When it counts as lagging unless it fetches; undefined while it has all there is. */
  lagsFromUs(leaderEnd: Offset, lagTimeMaxMs: number): Micros | undefined {
    if (this.proved !== undefined && this.proved.fetchOffset >= leaderEnd) return undefined;
    return micros(this.lastCaughtUpUs === undefined ? 0 : this.lastCaughtUpUs + lagTimeMaxMs * 1000);
  }

  private caughtUpAt(atUs: Micros | undefined): void {
    if (atUs !== undefined && (this.lastCaughtUpUs === undefined || atUs > this.lastCaughtUpUs)) this.lastCaughtUpUs = atUs;
  }
}
