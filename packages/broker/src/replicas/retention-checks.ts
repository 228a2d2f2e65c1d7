import { afterMs, type Micros, type Now } from "@samsa/stdx";

export interface RetentionChecksOptions {
  /** `log.retention.check.interval.ms` */
  readonly intervalMs: number;
  readonly check: (now: Now) => void;
}

/** Kafka's log.initial.task.delay.ms; whoever wants looks more often wants the first one sooner. */
const INITIAL_DELAY_MS_MAX = 30_000;

/** When the logs of a broker are looked through for what is past retention. By the monotonic clock: only ages are told by the wall clock. */
export class RetentionChecks {
  private readonly options: RetentionChecksOptions;
  private dueAt: Micros | undefined;

  constructor(options: RetentionChecksOptions) {
    this.options = options;
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.dueAt;
  }

  start(now: Now): void {
    this.dueAt ??= afterMs(now, Math.min(INITIAL_DELAY_MS_MAX, this.options.intervalMs));
  }

  stop(): void {
    this.dueAt = undefined;
  }

  deadline(now: Now): void {
    if (this.dueAt === undefined || this.dueAt > now.monotonicUs) return;
    this.dueAt = afterMs(now, this.options.intervalMs);
    this.options.check(now);
  }
}
