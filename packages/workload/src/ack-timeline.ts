/** A stretch of time without an acknowledgement; monotonic microseconds. */
export interface AckGap {
  readonly startUs: number;
  readonly endUs: number;
}

const SECOND_US = 1_000_000;

/** When records were acknowledged: what a scenario draws under its faults. */
export class AckTimeline {
  /** Acknowledged records by whole second since the beginning. */
  readonly perSecond: number[] = [];
  /** Every instant with an acknowledgement, ascending. */
  private readonly times: number[] = [];
  private startUs: number | undefined;
  acked = 0;

  get beginUs(): number | undefined {
    return this.startUs;
  }

  begin(nowUs: number): void {
    this.startUs ??= nowUs;
  }

  add(records: number, nowUs: number): void {
    this.begin(nowUs);
    const second = Math.floor((nowUs - (this.startUs ?? nowUs)) / SECOND_US);
    while (this.perSecond.length <= second) this.perSecond.push(0);
    this.perSecond[second] = (this.perSecond[second] ?? 0) + records;
    this.acked += records;
    if (this.times.at(-1) !== nowUs) this.times.push(nowUs);
  }

  /** The longest stretch within [fromUs, toUs) in which nothing was acknowledged; the borders count as its ends. */
  longestGap(fromUs: number, toUs: number): AckGap {
    let longest: AckGap = { startUs: fromUs, endUs: fromUs };
    let previous = fromUs;
    for (let index = this.firstAtOrAfter(fromUs); ; index++) {
      const time = Math.min(this.times[index] ?? toUs, toUs);
      if (time - previous > longest.endUs - longest.startUs) longest = { startUs: previous, endUs: time };
      if (time >= toUs) return longest;
      previous = time;
    }
  }

  private firstAtOrAfter(us: number): number {
    let low = 0;
    let high = this.times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.times[middle] ?? 0) < us) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
