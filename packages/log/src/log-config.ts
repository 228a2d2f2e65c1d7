import type { Recompression } from "@samsa/protocol/records";

/** What of a topic's configuration its logs go by. Kafka's keys stand beside the fields. */
export interface LogConfig {
  /** `log.segment.bytes`, `segment.bytes`: a segment is closed before a batch would make it larger. */
  readonly segmentBytes: number;
  /** `message.max.bytes`, `max.message.bytes`: of one batch as stored. */
  readonly maxMessageBytes: number;
  /** `compression.type` and its level; absent: batches are stored as producers compressed them. */
  readonly recompression?: Recompression | undefined;
  /** `message.timestamp.type`. */
  readonly messageTimestampType: "CreateTime" | "LogAppendTime";
  /** `message.timestamp.before.max.ms`: how old a record may be by our clock; absent: of any age. */
  readonly messageTimestampBeforeMaxMs?: number | undefined;
  /** `message.timestamp.after.max.ms`: how far a producer's clock may be ahead of ours; absent: any distance. */
  readonly messageTimestampAfterMaxMs?: number | undefined;
  /** `flush.messages`: fewer records than this may count as written without being synced; absent: any number. */
  readonly flushMessages?: number | undefined;
  /** `flush.ms`: a record waits for its sync for at most this long, and counts as written meanwhile; absent: for any time. */
  readonly flushMs?: number | undefined;
  /** `log.roll.ms`, `segment.ms`: a segment is closed when a record is so much younger than its first; absent: never for that. */
  readonly segmentMs?: number | undefined;
  /** `log.roll.jitter.ms`, `segment.jitter.ms`: up to so much earlier, each segment by its own. */
  readonly segmentJitterMs?: number | undefined;
  /** `log.index.interval.bytes`, `index.interval.bytes`; `INDEX_INTERVAL_BYTES` if left out. */
  readonly indexIntervalBytes?: number | undefined;
  /** `log.index.size.max.bytes`, `segment.index.bytes`: a segment is closed when one of its indexes is so long; absent: never for that. */
  readonly indexBytesMax?: number | undefined;
  /** `log.retention.ms`, `retention.ms`: segments whose youngest record is older are deleted; absent: none is for that. */
  readonly retentionMs?: number | undefined;
  /** `log.retention.bytes`, `retention.bytes`: the oldest segments are deleted while those behind them are so large; absent: none is for that. */
  readonly retentionBytes?: number | undefined;
  /** `log.cleanup.policy`, `cleanup.policy` has `delete`; without it only what lies before the log's start is deleted. False if left out. */
  readonly isDeletingOldSegments?: boolean;
  /** `log.cleanup.policy`, `cleanup.policy` has `compact`: of each key the newest record is kept, and no record comes without one. False if left out. */
  readonly isCompacted?: boolean;
  /** `log.cleaner.min.cleanable.ratio`, `min.cleanable.dirty.ratio`: the log is compacted when more of it is not; `MIN_CLEANABLE_DIRTY_RATIO` if left out. */
  readonly minCleanableDirtyRatio?: number;
  /** `log.cleaner.min.compaction.lag.ms`, `min.compaction.lag.ms`: a record stays for so long; absent: it need not. */
  readonly minCompactionLagMs?: number | undefined;
  /** `log.cleaner.max.compaction.lag.ms`, `max.compaction.lag.ms`: a record is compacted no later; absent: whenever. */
  readonly maxCompactionLagMs?: number | undefined;
  /** `log.cleaner.delete.retention.ms`, `delete.retention.ms`: how long tombstones can be read behind what they delete; `DELETE_RETENTION_MS` if left out. */
  readonly deleteRetentionMs?: number | undefined;
  /** `log.segment.delete.delay.ms`, `file.delete.delay.ms`: how long a deleted segment's files lie there under another name; `FILE_DELETE_DELAY_MS` if left out. */
  readonly fileDeleteDelayMs?: number | undefined;
  /** `producer.id.expiration.ms`: producers are forgotten that have written nothing for so long; absent: never. */
  readonly producerIdExpirationMs?: number | undefined;
}

/** Kafka's default of `index.interval.bytes`. */
export const INDEX_INTERVAL_BYTES = 4096;
/** Kafka's default of `file.delete.delay.ms`. */
export const FILE_DELETE_DELAY_MS = 60_000;
/** Kafka's default of `min.cleanable.dirty.ratio`. */
export const MIN_CLEANABLE_DIRTY_RATIO = 0.5;
/** Kafka's default of `delete.retention.ms`. */
export const DELETE_RETENTION_MS = 86_400_000;
/**
 * Bytes that compaction reads at once, and goes through in one turn, unless a batch is larger: of the smallest records some 2,500, which take about 5 ms on a machine
 * that does something else as well.
 */
export const CLEANER_READ_BYTES = 64 * 1024;
/** Bytes that the logs of one node keep in memory to find positions in closed segments by. */
export const INDEX_CACHE_BYTES = 16 * 1024 * 1024;
/** Stretches of closed segments that the logs of a node read at a time. */
export const COLD_READS_AT_A_TIME = 4;
/** Batches of the active segment that are known one by one, 47 bytes each; beyond it the older ones are looked up as those of a closed one. */
export const ACTIVE_INDEX_BATCHES_MAX = 262_144;
/** Of a log, between two reports of how far its recovery has come. */
export const RECOVERY_PROGRESS_MS = 1000;
/** How long a full disk is left alone before it is tried again. */
export const FULL_DISK_RETRY_MS = 500;
/** Bytes of recently appended batches that one partition keeps in memory for reads near its end. */
export const TAIL_CACHE_BYTES = 1024 * 1024;
/**
 * Unsynced bytes of the active segment after which it is synced in the background. Closing a segment waits for its
 * sync, so this bounds for how long appends are held up there.
 */
export const BACKGROUND_SYNC_BYTES = 32 * 1024 * 1024;
/** Bytes that recovery reads at once. */
export const RECOVERY_READ_BYTES = 1024 * 1024;
/** The largest batch that recovery believes in: a frame of the protocol is not larger. */
export const BATCH_BYTES_MAX = 100 * 1024 * 1024;
/** Producers whose sequences one partition remembers; beyond it the one that wrote least recently is forgotten. */
export const PRODUCERS_MAX = 10_000;
/** Batches per producer among which a duplicate is recognised: Kafka's clients have at most five requests under way. */
export const BATCHES_PER_PRODUCER = 5;
