import type { Now } from "@samsa/stdx";
import { INDEX_INTERVAL_BYTES, type LogConfig } from "./log-config.ts";
import { LogRecovery } from "./log-recovery.ts";
import type { LogRecords } from "./log-records.ts";
import type { PartitionLogOptions } from "./partition-log-options.ts";
import type { RecoveryEvents } from "./recovery-options.ts";

export interface RecoveryOfLogOptions {
  readonly options: PartitionLogOptions;
  readonly records: LogRecords;
  readonly config: () => LogConfig;
  readonly events: Pick<RecoveryEvents, "recovered" | "failed" | "damaged">;
}

/** The recovery that fills a log's records; what it finds goes to them batch by batch. */
export function recoveryOf({ options, records, config, events }: RecoveryOfLogOptions): LogRecovery {
  const { outbox, directory, topicId, recoveryPoint, logStartOffset, listener } = options;
  const { flushMessages, flushMs } = config();
  return new LogRecovery({
    outbox,
    patient: records.patient,
    directory,
    topicId,
    generations: records.generations,
    hasLostPageCache: options.hasLostPageCache === true,
    // Else more could count as written, and be given away, than may stand behind the last sync.
    mustSync: flushMessages !== undefined || flushMs !== undefined,
    recoveryPoint,
    logStartOffset,
    isCleanStop: options.isCleanStop === true,
    intervalBytes: () => config().indexIntervalBytes ?? INDEX_INTERVAL_BYTES,
    events: {
      ...events,
      restore: (producers) => records.producers.restore(producers),
      batch: (header, segment) => records.fold(header, segment),
      producers: () => [...records.producers.all()],
      scanned: (segment) => records.scanned(segment),
      foreign: (found, now: Now) => listener.logForeign(found, now),
    },
  });
}
