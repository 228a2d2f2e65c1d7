import { micros, type Micros, type Now } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";
import { BACKGROUND_SYNC_BYTES, type LogConfig } from "./log-config.ts";
import type { LogEnds, SyncClaim } from "./log-ends.ts";
import type { Snapshot } from "./producer-snapshots.ts";
import type { Segment } from "./segment.ts";
import { SegmentSyncer } from "./segment-syncer.ts";

export interface LogSyncsOptions {
  readonly outbox: Outbox;
  readonly directory: string;
  readonly ends: LogEnds;
  readonly config: () => LogConfig;
  readonly snapshot: () => Snapshot;
  /** `snapshot`: so much was written that the next start should begin there. */
  readonly synced: (claim: SyncClaim, snapshot: Snapshot | undefined, now: Now) => void;
  readonly failed: (detail: string, now: Now) => void;
  readonly isLive: (segment: Segment) => boolean;
}

/** When a log's active segment is synced: when somebody asks, by `flush.messages` and `flush.ms`, and in the background. */
export class LogSyncs {
  private readonly options: LogSyncsOptions;
  private readonly syncer: SegmentSyncer;
  private isWanted = false;
  /** When the oldest record was appended that no sync asked for so far covers. */
  private unsyncedSinceUs: Micros | undefined;
  /** What the producers are at the end that the sync under way will prove. */
  private snapshot: Snapshot | undefined;

  constructor(options: LogSyncsOptions) {
    const { outbox, directory, failed, isLive } = options;
    this.options = options;
    const synced = (claim: SyncClaim, now: Now): void => {
      const { snapshot } = this;
      this.snapshot = undefined;
      options.synced(claim, snapshot, now);
    };
    this.syncer = new SegmentSyncer({ outbox, directory, events: { synced, failed, isLive } });
  }

  /** When `flush.ms` wants a sync; not while one is wanted already and waits for the writes before it. */
  get nextDeadlineUs(): Micros | undefined {
    const { flushMs } = this.options.config();
    if (flushMs === undefined || this.unsyncedSinceUs === undefined || this.isWanted) return undefined;
    return micros(this.unsyncedSinceUs + flushMs * 1000);
  }

  want(): void {
    this.isWanted = true;
  }

  appended(now: Now | undefined): void {
    this.unsyncedSinceUs ??= now?.monotonicUs;
  }

  /** The log ends at `offset`. */
  truncate(offset: number): void {
    if (this.snapshot !== undefined && this.snapshot.offset > offset) this.snapshot = undefined;
  }

  /** Begins one if it is time. `isDrained`: all appends have gone out. */
  run(active: Segment, isDrained: boolean): void {
    const { ends, snapshot } = this.options;
    const { flushMessages } = this.options.config();
    const isMuch = active.emittedBytes - active.syncAskedBytes >= BACKGROUND_SYNC_BYTES;
    const isDue = flushMessages !== undefined && ends.appendedEnd - ends.syncedEnd >= flushMessages;
    if (!isDue && !this.isWanted && !isMuch) return;
    if (!isDrained || this.syncer.isBusy) return;
    this.isWanted = false;
    this.unsyncedSinceUs = undefined;
    if (ends.syncedEnd >= ends.appendedEnd) return;
    if (isMuch) this.snapshot = snapshot();
    this.syncer.start(active, ends.claim(ends.appendedEnd));
  }

  stop(): void {
    this.syncer.stop();
  }
}
