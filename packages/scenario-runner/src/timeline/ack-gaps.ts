/** A time without an acknowledgement of one partition; milliseconds since the run began. */
export interface AckGap {
  readonly partition: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const lengthOf = ({ fromMs, toMs }: AckGap): number => toMs - fromMs;

/** Keeps each partition's longest time without an acknowledgement. */
export class AckGaps {
  private readonly lastAckMs = new Map<string, number>();
  private longest = new Map<string, AckGap>();

  acked(partition: string, atMs: number): void {
    const before = this.lastAckMs.get(partition);
    this.lastAckMs.set(partition, atMs);
    if (before === undefined) return;
    const gap: AckGap = { partition, fromMs: before, toMs: atMs };
    const known = this.longest.get(partition);
    if (known === undefined || lengthOf(gap) > lengthOf(known)) this.longest.set(partition, gap);
  }

  /** Hands out what was found so far and begins anew: gaps that end later. */
  restart(): readonly AckGap[] {
    const gaps = this.longestGaps();
    this.longest = new Map();
    return gaps;
  }

  lastAckAtMs(partition: string): number | undefined {
    return this.lastAckMs.get(partition);
  }

  longestGaps(): readonly AckGap[] {
    return [...this.longest.values()].sort((a, b) => lengthOf(b) - lengthOf(a));
  }
}
