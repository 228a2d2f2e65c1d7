import type { Cleanable, Cleaned, CleaningRequest } from "@samsa/log";
import { afterMs, earlier, invariant, type Micros, micros, type Now, type Offset } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";

/** What of a hosted replica is compacted. */
export interface CleanedReplica {
  readonly topic: string;
  readonly partition: number;
  readonly replica: { readonly highWatermark: Offset };
  readonly log: {
    readonly isReady: boolean;
    readonly compaction: {
      cleanable(stableEnd: number, now: Now): Cleanable | undefined;
      start(range: Cleanable, request: CleaningRequest, now: Now): void;
    };
    firstUnstableOffset(highWatermark: Offset): Offset | undefined;
  };
}

export interface CleanerSettings {
  /** log.cleaner.backoff.ms */
  readonly backoffMs: number;
  readonly keyBytesMax: number;
  /** log.cleaner.io.max.bytes.per.second */
  readonly bytesPerSecond: number;
}

export interface LogCleanerOptions<R extends CleanedReplica> {
  readonly outbox: Outbox;
  readonly isEnabled: boolean;
  readonly settings: () => CleanerSettings;
  readonly replicas: () => Iterable<R>;
  /** It is compacted further than it was. */
  readonly cleaned: (replica: R, now: Now) => void;
}

/** A wait for more bytes looks up so often whether more of them are allowed by now. */
const WAIT_MS_MAX = 1_000;

interface Waiting {
  readonly at: Micros;
  readonly goOn: (now: Now) => void;
}

/**
 * Compacts the logs of a broker, one at a time:
 *
 *     resting ──log.cleaner.backoff.ms──▶ looking ──no log is due──▶ resting
 *        ▲                                  ▲  └──the one of which the largest share is not compacted──▶ cleaning
 *        └──it was given up─────────────────┼──────────────────────────────────────────────────────────────┤
 *                                           └──it is done──────────────────────────────────────────────────┘
 *
 * Never at or behind the high watermark, or the first record of a transaction that is not decided: what stands there may be cut, and what it took the place of
 * would be gone. A follower compacts what it knows to be committed.
 */
export class LogCleaner<R extends CleanedReplica> {
  private readonly options: LogCleanerOptions<R>;
  private dueAt: Micros | undefined;
  private current: R | undefined;
  /** For so many bytes per second. */
  private waiting: Waiting | undefined;
  private bytesPerSecond: number | undefined;
  private freeAt: Micros = micros(0);
  private ended: { readonly replica: R; readonly cleaned: Cleaned | undefined } | undefined;
  /** Its round came to nothing: another one that is due goes first. */
  private refused: R | undefined;

  constructor(options: LogCleanerOptions<R>) {
    this.options = options;
  }

  get nextDeadlineUs(): Micros | undefined {
    return earlier(this.waiting?.at, this.current === undefined ? this.dueAt : undefined);
  }

  start(now: Now): void {
    if (this.options.isEnabled) this.dueAt ??= afterMs(now, this.options.settings().backoffMs);
  }

  stop(): void {
    this.dueAt = undefined;
    this.waiting = undefined;
  }

  deadline(now: Now): void {
    const { waiting } = this;
    if (waiting !== undefined && waiting.at <= now.monotonicUs) {
      this.waiting = undefined;
      this.pace(0, waiting.goOn, now);
    }
    if (this.current !== undefined || this.dueAt === undefined || this.dueAt > now.monotonicUs) return;
    const isRefused = this.tellEnd(now);
    // Without any rest a broker with nothing to compact would look again in every turn.
    this.dueAt = afterMs(now, Math.max(1, this.options.settings().backoffMs));
    if (!isRefused) this.look(now);
  }

  /** Of the round that has ended since the last look. Whether it came to nothing, so that the next one would too. */
  private tellEnd(now: Now): boolean {
    const { ended } = this;
    this.ended = undefined;
    if (ended === undefined) return false;
    const { replica, cleaned } = ended;
    this.refused = cleaned === undefined ? replica : undefined;
    if (cleaned === undefined) return true;
    this.options.cleaned(replica, now);
    this.options.outbox.trace({ kind: "log-compacted", topic: replica.topic, partition: replica.partition, ...cleaned });
    return false;
  }

  private look(now: Now): void {
    let dirtiest: { readonly replica: R; readonly cleanable: Cleanable; readonly weight: number } | undefined;
    for (const replica of this.options.replicas()) {
      const cleanable = replica.log.isReady ? replica.log.compaction.cleanable(stableEndOf(replica), now) : undefined;
      const weight = replica === this.refused ? 0 : (cleanable?.dirtyRatio ?? 0);
      if (cleanable?.isDue === true && weight > (dirtiest?.weight ?? -1)) dirtiest = { replica, cleanable, weight };
    }
    if (dirtiest === undefined) return;
    const { replica, cleanable } = dirtiest;
    this.current = replica;
    const { keyBytesMax } = this.options.settings();
    replica.log.compaction.start(
      cleanable,
      { keyBytesMax, pace: (bytes, goOn, at) => this.pace(bytes, goOn, at), ended: (cleaned) => this.end(replica, cleaned) },
      now,
    );
  }

  /** The next look is at once; a log that is closed ends its round when nobody can say what time it is. */
  private end(replica: R, cleaned: Cleaned | undefined): void {
    invariant(this.current === replica, "one log is compacted at a time", { topic: replica.topic, partition: replica.partition });
    this.current = undefined;
    this.waiting = undefined;
    this.ended = { replica, cleaned };
    if (this.dueAt !== undefined) this.dueAt = micros(0);
  }

  private pace(bytes: number, goOn: (now: Now) => void, now: Now): void {
    const bytesPerSecond = Math.max(1, this.options.settings().bytesPerSecond);
    if (bytesPerSecond !== this.bytesPerSecond) this.freeAt = now.monotonicUs;
    this.bytesPerSecond = bytesPerSecond;
    this.freeAt = micros(Math.max(this.freeAt, now.monotonicUs) + Math.floor((bytes / bytesPerSecond) * 1_000_000));
    if (this.freeAt <= now.monotonicUs) goOn(now);
    else this.waiting = { at: micros(Math.min(this.freeAt, afterMs(now, WAIT_MS_MAX))), goOn };
  }
}

function stableEndOf({ replica, log }: CleanedReplica): number {
  const { highWatermark } = replica;
  return Math.min(highWatermark, log.firstUnstableOffset(highWatermark) ?? highWatermark);
}
