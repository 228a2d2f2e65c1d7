import { type Micros, micros, type NodeId, type Now } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";

export interface QuorumWatchOptions {
  readonly outbox: Outbox;
  /** An election takes less. */
  readonly patienceMs: number;
  /** Voters that this node has no connection to. */
  readonly missing: () => readonly NodeId[];
  /** Every voter is needed: the quorum starts for the first time. */
  readonly isFirstStart: () => boolean;
}

/** While it lasts it is said again so often. */
const REMINDER_MS = 10_000;

/** Says so when no leader of the metadata quorum is known for longer than an election takes, whom it lacks, and when there is one again. */
export class QuorumWatch {
  private readonly options: QuorumWatchOptions;
  private lostAt: Micros | undefined;
  private tellAt: Micros | undefined;
  private isTold = false;

  constructor(options: QuorumWatchOptions) {
    this.options = options;
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.tellAt;
  }

  leaderChanged(leader: NodeId, now: Now): void {
    const { outbox, patienceMs } = this.options;
    if (leader < 0) {
      this.lostAt ??= now.monotonicUs;
      this.tellAt ??= micros(now.monotonicUs + patienceMs * 1000);
      return;
    }
    if (this.isTold) outbox.trace({ kind: "quorum-found", leader, afterMs: this.lostMs(now) });
    this.isTold = false;
    this.lostAt = undefined;
    this.tellAt = undefined;
  }

  deadline(now: Now): void {
    if (this.tellAt === undefined || this.tellAt > now.monotonicUs) return;
    const { outbox, missing, isFirstStart } = this.options;
    outbox.trace({ kind: "quorum-lost", forMs: this.lostMs(now), missing: missing(), isFirstStart: isFirstStart() });
    this.isTold = true;
    this.tellAt = micros(now.monotonicUs + REMINDER_MS * 1000);
  }

  private lostMs(now: Now): number {
    return Math.round((now.monotonicUs - (this.lostAt ?? now.monotonicUs)) / 1000);
  }
}
