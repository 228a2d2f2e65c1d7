import { leaderEpoch, type LeaderEpoch, type Now, offset, type Offset } from "@samsa/stdx";
import type { Follower } from "./follower.ts";
import type { Leader } from "./leader.ts";
import { failed, type ListOffsetOutcome } from "./outcomes.ts";
import type { ReplicaLog } from "./replica-log.ts";
import type { OffsetRequest } from "./replica-requests.ts";

/** Special timestamps of ListOffsets. */
const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;

/** Larger than any timestamp of a record: 2^53. */
const TIMESTAMP_END = 2 ** 53;

const NO_RECORD: ListOffsetOutcome = { type: "found", offset: offset(-1), timestampMs: -1, leaderEpoch: leaderEpoch(-1) };

export interface OffsetQuery {
  readonly log: ReplicaLog;
  /** Below which records may be seen: high watermark or last stable offset. */
  readonly visibleEnd: Offset;
  readonly epochStartOffset: Offset;
  readonly timestamp: number;
  readonly leaderEpoch: LeaderEpoch;
}

/** What of a log this reader may be told of. */
export function visibleTo(
  reader: OffsetRequest["reader"],
  role: Leader | Follower,
  { log, highWatermark, lastStableOffset }: { readonly log: ReplicaLog; readonly highWatermark: Offset; readonly lastStableOffset: Offset },
): Pick<OffsetQuery, "visibleEnd" | "epochStartOffset"> {
  // Who sees all that there is sees nothing go back.
  if (reader !== "committed" && reader !== "uncommitted") return { visibleEnd: log.writtenEnd, epochStartOffset: log.writtenEnd };
  const visibleEnd = reader === "committed" ? lastStableOffset : highWatermark;
  return { visibleEnd, epochStartOffset: role.type === "leader" ? role.epochStartOffset : visibleEnd };
}

/**
 * A new leader's high watermark lags behind what the old one had shown to consumers until followers have fetched up to the start of
 * its epoch. Until then "latest" would go back, and a record that consumers have read could seem not to exist (P21, KIP-207).
 */
export function listOffset(query: OffsetQuery, answer: (result: ListOffsetOutcome, now: Now) => void, now: Now): void {
  const { log, visibleEnd, epochStartOffset, timestamp } = query;
  const isBehindEpoch = visibleEnd < epochStartOffset;
  const notYet = (): ListOffsetOutcome =>
    failed("OFFSET_NOT_AVAILABLE", `the high watermark is at ${visibleEnd}, this leader's epoch starts at ${epochStartOffset}`);
  const answerFound: Found = (result, at) => answer(result === undefined ? (isBehindEpoch ? notYet() : NO_RECORD) : { type: "found", ...result }, at);
  if (timestamp === EARLIEST) {
    // The epoch of the first record: of the record before the offset after it.
    const epoch = log.logStartOffset < log.appendedEnd ? log.epochBefore(offset(log.logStartOffset + 1)) : query.leaderEpoch;
    answer({ type: "found", offset: log.logStartOffset, timestampMs: -1, leaderEpoch: epoch }, now);
  } else if (timestamp === LATEST) {
    answer(isBehindEpoch ? notYet() : { type: "found", offset: visibleEnd, timestampMs: -1, leaderEpoch: query.leaderEpoch }, now);
  } else if (timestamp === MAX_TIMESTAMP) {
    if (isBehindEpoch) answer(notYet(), now);
    else new MaxTimestampSearch(log, visibleEnd, answerFound).start();
  } else {
    log.findByTimestamp(timestamp, visibleEnd, answerFound);
  }
}

type Found = Parameters<ReplicaLog["findByTimestamp"]>[2];
type TimestampedOffset = Exclude<Parameters<Found>[0], undefined>;

/**
 * The first record with the largest timestamp (KIP-734), from "first record at or after a timestamp" alone: a binary search over
 * timestamps, of at most 53 look-ups.
 */
class MaxTimestampSearch {
  private readonly log: ReplicaLog;
  private readonly endOffset: Offset;
  private readonly answer: Found;
  /** The record found with the largest timestamp so far; nothing has one of `tooLarge`. */
  private best: TimestampedOffset | undefined;
  private tooLarge = TIMESTAMP_END;

  constructor(log: ReplicaLog, endOffset: Offset, answer: Found) {
    this.log = log;
    this.endOffset = endOffset;
    this.answer = answer;
  }

  start(): void {
    this.look(0);
  }

  private look(timestampMs: number): void {
    this.log.findByTimestamp(timestampMs, this.endOffset, (result, now) => {
      if (result === undefined) this.tooLarge = timestampMs;
      else if (this.best === undefined || result.timestampMs > this.best.timestampMs) this.best = result;
      const low = this.best?.timestampMs;
      if (low === undefined || low + 1 >= this.tooLarge) this.answer(this.best, now);
      else this.look(low + Math.ceil((this.tooLarge - low) / 2));
    });
  }
}
