interface Ended {
  readonly firstOffset: number;
  readonly lastOffset: number;
}

/**
 * Transactions of a log that readers of committed records must not see into: the open ones, and those whose marker is not committed yet. Both
 * are kept in the order of their offsets, so that the first is the earliest.
 */
export class OpenTransactions {
  private readonly ongoing = new Map<number, number>();
  private ended: Ended[] = [];

  begin(producerId: number, firstOffset: number): void {
    this.ongoing.set(producerId, firstOffset);
  }

  end(producerId: number, lastOffset: number): void {
    const firstOffset = this.ongoing.get(producerId);
    if (firstOffset === undefined) return;
    this.ongoing.delete(producerId);
    this.ended.push({ firstOffset, lastOffset });
  }

  clear(): void {
    this.ongoing.clear();
    this.ended = [];
  }

  /** Where the earliest open transaction begins. */
  get firstOngoingOffset(): number | undefined {
    for (const firstOffset of this.ongoing.values()) return firstOffset;
    return undefined;
  }

  /** Where the earliest transaction begins that is open, or whose marker is not below the high watermark; undefined without any. */
  firstUnstableOffset(highWatermark: number): number | undefined {
    if (this.ended.length > 0 && this.ended.some(({ lastOffset }) => lastOffset < highWatermark))
      this.ended = this.ended.filter(({ lastOffset }) => lastOffset >= highWatermark);
    let earliest = this.firstOngoingOffset;
    for (const { firstOffset } of this.ended) if (earliest === undefined || firstOffset < earliest) earliest = firstOffset;
    return earliest;
  }
}
