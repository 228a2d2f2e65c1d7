import { type LeaderEpoch, type Now, offset } from "@samsa/stdx";
import { type DeleteOutcome, failed } from "./outcomes.ts";
import type { ReplicaLog } from "./replica-log.ts";

/** As DeleteRecords says it. */
const UP_TO_HIGH_WATERMARK = -1;

/** Moves the start of a leader's log. What was known to be committed may be ahead of what a new leader has written. */
export function deleteBefore(
  log: ReplicaLog,
  { beforeOffset, highWatermark, leaderEpoch }: { readonly beforeOffset: number; readonly highWatermark: number; readonly leaderEpoch: LeaderEpoch },
  now: Now,
): DeleteOutcome {
  const end = Math.min(highWatermark, log.writtenEnd);
  const before = beforeOffset === UP_TO_HIGH_WATERMARK ? end : beforeOffset;
  if (before < 0 || before > end) return failed("OFFSET_OUT_OF_RANGE", `offset ${beforeOffset} is not between 0 and the high watermark ${end}`);
  log.moveStartTo(offset(before), now);
  return { type: "deleted", leaderEpoch, startOffset: offset(before) };
}
