import { earlier, type Micros, type Now } from "@samsa/stdx";
import type { MetadataImage } from "@samsa/metadata";
import type { Outbox } from "@samsa/world";
import type { BrokerConfig } from "../config.ts";
import type { HostedReplica } from "./hosted-replica.ts";
import { LogCleaner } from "./log-cleaner.ts";
import { RetentionChecks } from "./retention-checks.ts";
import { cleanerSettingsOf } from "./topic-config.ts";

export interface LogUpkeepOptions {
  readonly config: BrokerConfig;
  readonly outbox: Outbox;
  readonly image: () => MetadataImage;
  readonly replicas: () => { all(): Iterable<HostedReplica>; retain(now: Now): void };
  /** A log was compacted further. */
  readonly cleaned: (hosted: HostedReplica, now: Now) => void;
}

/** What becomes of old records: deletion of what is past retention, and compaction. Each looks at the logs in its own time. */
export class LogUpkeep {
  private readonly retention: RetentionChecks;
  private readonly cleaner: LogCleaner<HostedReplica>;

  constructor({ config, outbox, image, replicas, cleaned }: LogUpkeepOptions) {
    this.retention = new RetentionChecks({ intervalMs: config.logRetentionCheckIntervalMs, check: (now) => replicas().retain(now) });
    this.cleaner = new LogCleaner({
      outbox,
      isEnabled: config.logCleaner.isEnabled,
      settings: () => cleanerSettingsOf(config, image()),
      replicas: () => replicas().all(),
      cleaned,
    });
  }

  get nextDeadlineUs(): Micros | undefined {
    return earlier(this.retention.nextDeadlineUs, this.cleaner.nextDeadlineUs);
  }

  start(now: Now): void {
    this.retention.start(now);
    this.cleaner.start(now);
  }

  stop(): void {
    this.retention.stop();
    this.cleaner.stop();
  }

  deadline(now: Now): void {
    this.retention.deadline(now);
    this.cleaner.deadline(now);
  }
}
