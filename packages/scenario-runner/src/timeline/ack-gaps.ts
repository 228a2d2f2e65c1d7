/** Keeps the longest time without an acknowledgement of any partition, and where it lay. */
export class AckGaps {
  private readonly lastAckMs = new Map<string, number>();
  private longest: { readonly partition: string; readonly fromMs: number; readonly toMs: number } | undefined;

  acked(partition: string, atMs: number): void {
    const before = this.lastAckMs.get(partition);
    this.lastAckMs.set(partition, atMs);
    if (before === undefined) return;
    if (this.longest === undefined || atMs - before > this.longest.toMs - this.longest.fromMs) this.longest = { partition, fromMs: before, toMs: atMs };
  }

  get longestGap(): { readonly partition: string; readonly fromMs: number; readonly toMs: number } | undefined {
    return this.longest;
  }
}
