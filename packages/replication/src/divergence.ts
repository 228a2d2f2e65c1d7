import { type LeaderEpoch, NO_EPOCH, offset, type Offset } from "@samsa/stdx";
import { failed, type Failed } from "./outcomes.ts";
import type { EpochEnd, ReplicaLog } from "./replica-log.ts";

/** Where a reader says it stands: it has everything below `fetchOffset`, the last of it written in `lastFetchedEpoch`. */
export interface ReaderPosition {
  readonly fetchOffset: Offset;
  /** −1: it has nothing, or does not say. */
  readonly lastFetchedEpoch: LeaderEpoch;
}

/**
 * Undefined where we can go on from where the reader's log ends. Else the largest epoch ≤ the reader's last one that we have, and where it
 * ends here (KIP-279). The start of the next larger epoch would not do (KAFKA-6361):
 *
 * 1. B leads epoch 1 and writes offset 1, which nobody copies. A leads epoch 2 and writes another offset 1, nobody copies.
 * 2. B leads epoch 3 and writes offset 2. A asks it about epoch 2, which B has never seen.
 * 3. "Epoch 3 starts at 2" lets A keep its offset 1, which is not B's. "Epoch 1 ends at 2" sends A back to its own epoch 1.
 *
 * Epoch −1, with our log's start: what the reader has continues nowhere in this log, or can't be told to. It is deleted here, so that a follower
 * loses nothing with it. One that went on would bring back what an unclean election has lost:
 *
 * 1. A, B and C have committed offset 35 of epoch 4; B and C lose it with their power. B is elected, and commits another offset 35, of epoch 7.
 * 2. Retention deletes it: B's log starts at 36, where it ends. A comes back with its own offset 35, and fetches from 36 on.
 * 3. "Go on" takes A into the ISR with that record, and with what it says of its producer, whose retry would be a duplicate if A led.
 *
 * A leader that has begun since the deletion does not know of which epoch the record was. Who `mayBeCounted` on then goes on, for it has what was
 * committed: it could die beginning anew, and be elected with nothing.
 */
export function divergenceOf(log: ReplicaLog, reader: ReaderPosition, mayBeCounted: boolean): EpochEnd | undefined {
  const { fetchOffset, lastFetchedEpoch } = reader;
  const endsAtStart = fetchOffset === log.logStartOffset && lastFetchedEpoch >= 0 && log.endOffsetForEpoch(lastFetchedEpoch).leaderEpoch < 0;
  const isUnknown = log.epochBeforeStart < 0;
  if (endsAtStart && (isUnknown ? !mayBeCounted : log.epochBeforeStart !== lastFetchedEpoch)) return { leaderEpoch: NO_EPOCH, endOffset: log.logStartOffset };
  return endOfCommon(log, reader);
}

function endOfCommon(log: ReplicaLog, { fetchOffset, lastFetchedEpoch }: ReaderPosition): EpochEnd | undefined {
  if (lastFetchedEpoch >= 0) {
    const common = log.endOffsetForEpoch(lastFetchedEpoch);
    // All that the reader has was deleted here: it goes on where we start.
    if (common.leaderEpoch < 0 && fetchOffset === log.logStartOffset) return undefined;
    if (common.leaderEpoch < 0) return { leaderEpoch: NO_EPOCH, endOffset: log.logStartOffset };
    if (common.leaderEpoch < lastFetchedEpoch || common.endOffset < fetchOffset) return common;
  }
  const continues = log.logStartOffset <= fetchOffset && fetchOffset <= log.appendedEnd;
  return continues ? undefined : { leaderEpoch: NO_EPOCH, endOffset: log.logStartOffset };
}

/**
 * As above for a consumer, which is sent to its reset policy where nothing goes on: nobody can have read in an epoch that has not begun (as Kafka). Where
 * we start it goes on, whatever it has read before.
 */
export function consumersDivergence(log: ReplicaLog, reader: ReaderPosition, currentEpoch: LeaderEpoch): EpochEnd | Failed | undefined {
  const { fetchOffset, lastFetchedEpoch } = reader;
  if (lastFetchedEpoch > Math.max(log.latestEpoch, currentEpoch)) return failed("OFFSET_OUT_OF_RANGE", `epoch ${lastFetchedEpoch} has not begun here`);
  const diverging = endOfCommon(log, reader);
  return diverging?.leaderEpoch === NO_EPOCH ? failed("OFFSET_OUT_OF_RANGE", `offset ${fetchOffset} is not in this log`) : diverging;
}

/**
 * Where an epoch ends here, as OffsetForLeaderEpoch tells it: the largest epoch ≤ the one asked for, and its end. Of an epoch later than any of this log
 * nothing is known. Of one before its first, whose records are gone, the asker can go on where this log starts.
 */
export function epochEndOf(log: ReplicaLog, epoch: LeaderEpoch): EpochEnd {
  if (epoch < 0 || epoch > log.latestEpoch) return { leaderEpoch: NO_EPOCH, endOffset: offset(-1) };
  const end = log.endOffsetForEpoch(epoch);
  return end.leaderEpoch < 0 ? { leaderEpoch: epoch, endOffset: log.logStartOffset } : end;
}

/** What a follower does to its log: keep the records below `toOffset`, or keep none and start there. */
export interface Truncation {
  readonly type: "suffix" | "all";
  readonly toOffset: Offset;
}

/**
 * A follower's side: what the leader has of its epoch `leaders.leaderEpoch`, cut with what we have of it. If we do not know that epoch
 * either, everything after our largest smaller one goes, and the next fetch asks about that one. Each round ends below the last, so
 * that it terminates after at most as many rounds as the log has epochs.
 */
export function truncationFor(log: ReplicaLog, leaders: EpochEnd): Truncation {
  if (leaders.leaderEpoch < 0) return { type: "all", toOffset: leaders.endOffset };
  const own = log.endOffsetForEpoch(leaders.leaderEpoch);
  // All we have was written in later epochs than anything the leader has there.
  if (own.leaderEpoch < 0) return { type: "all", toOffset: smaller(leaders.endOffset, log.logStartOffset) };
  const toOffset = own.leaderEpoch === leaders.leaderEpoch ? smaller(own.endOffset, leaders.endOffset) : own.endOffset;
  return toOffset < log.logStartOffset ? { type: "all", toOffset } : { type: "suffix", toOffset };
}

const smaller = (a: Offset, b: Offset): Offset => (a < b ? a : b);
