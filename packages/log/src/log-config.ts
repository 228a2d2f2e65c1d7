/** What of a topic's configuration its logs go by. Kafka's keys stand beside the fields. */
export interface LogConfig {
  /** `log.segment.bytes`, `segment.bytes`: a segment is closed before a batch would make it larger. */
  readonly segmentBytes: number;
  /** `message.max.bytes`, `max.message.bytes`: of one batch as stored. */
  readonly maxMessageBytes: number;
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
}

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
