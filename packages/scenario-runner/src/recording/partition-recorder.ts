import type { NodeEvent } from "../run/node-event.ts";
import { BandList } from "./band.ts";
import { Buckets } from "./buckets.ts";
import type { Leadership, PartitionRecord, Stillness } from "./recording.ts";

type Told<Kind extends NodeEvent["kind"]> = Extract<NodeEvent, { readonly kind: Kind }>;

/** One partition: who led it, who was in sync, what was acknowledged. Several nodes may tell of one thing, and late. */
export class PartitionRecorder {
  private readonly name: string;
  private readonly leaders = new BandList<Leadership>((a, b) => a.leaderEpoch === b.leaderEpoch && a.leader === b.leader);
  private readonly isr = new BandList<readonly number[]>((a, b) => a.join() === b.join());
  private readonly acks = new Buckets();
  private readonly errors = new Buckets();
  private readonly errorNames = new Map<string, number>();
  private leaderEpoch = -1;
  private partitionEpoch = -1;
  private lastAckMs: number | undefined;
  private longestGap: Stillness | undefined;

  constructor(name: string) {
    this.name = name;
  }

  elected(atMs: number, { leader, leaderEpoch, isr }: Told<"leader-elected">): void {
    if (leaderEpoch <= this.leaderEpoch) return;
    this.leaderEpoch = leaderEpoch;
    this.leaders.change(atMs, { leader, leaderEpoch });
    this.isr.change(atMs, sorted(isr));
  }

  isrChanged(atMs: number, { isr, leaderEpoch, partitionEpoch }: Told<"isr-changed">): void {
    if (leaderEpoch < this.leaderEpoch || partitionEpoch <= this.partitionEpoch) return;
    this.partitionEpoch = partitionEpoch;
    this.isr.change(atMs, sorted(isr));
  }

  acked(atMs: number, records: number, isAfterFault: boolean): void {
    this.acks.add(atMs, records);
    if (this.lastAckMs !== undefined && isAfterFault) this.consider({ fromMs: this.lastAckMs, toMs: atMs, isOpen: false });
    this.lastAckMs = atMs;
  }

  failed(atMs: number, error: string): void {
    this.errors.add(atMs, 1);
    this.errorNames.set(error, (this.errorNames.get(error) ?? 0) + 1);
  }

  /** The producer was told to stop: nothing later is waited for. */
  loadEnded(atMs: number, isAfterFault: boolean): void {
    if (this.lastAckMs !== undefined && isAfterFault) this.consider({ fromMs: this.lastAckMs, toMs: atMs, isOpen: true });
  }

  /** Of its last acknowledgement; −1 before the first. */
  get lastAtMs(): number {
    return this.lastAckMs ?? -1;
  }

  record(endMs: number): PartitionRecord {
    const errors = this.errors.until(endMs);
    return {
      name: this.name,
      leaders: this.leaders.until(endMs),
      isr: this.isr.until(endMs),
      acked: this.acks.until(endMs).counts,
      errors: errors.counts,
      errorsAfter: errors.after,
      errorNames: Object.fromEntries(this.errorNames),
      longestGap: this.longestGap,
    };
  }

  private consider(gap: Stillness): void {
    const known = this.longestGap;
    if (known === undefined || gap.toMs - gap.fromMs > known.toMs - known.fromMs) this.longestGap = gap;
  }
}

const sorted = (ids: readonly number[]): readonly number[] => ids.toSorted((a, b) => a - b);
