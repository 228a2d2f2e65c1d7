import type { ClassicGroup } from "../classic/classic-group.ts";
import type { CommittedOffset } from "../groups-state.ts";

/**
 * Whether an offset has expired: after the time that its commit asked for, else after `offsets.retention.minutes` without anybody who reads the topic
 * (KIP-211). What a living group reads never expires (G06).
 */
export function hasExpired(
  offset: CommittedOffset,
  group: ClassicGroup | undefined,
  { wallMs, retentionMs }: { readonly wallMs: number; readonly retentionMs: number },
): boolean {
  const baseMs = baseTimeOf(offset, group);
  if (baseMs === undefined) return false;
  return offset.expireTimestamp >= 0 ? wallMs >= offset.expireTimestamp : wallMs - baseMs >= retentionMs;
}

/** From when on nobody needs it; undefined: somebody may. */
function baseTimeOf({ topic, commitTimestamp }: CommittedOffset, group: ClassicGroup | undefined): number | undefined {
  if (group?.protocolType === undefined) return commitTimestamp;
  if (group.state === "Empty") return Math.max(group.stateTimestampMs, commitTimestamp);
  if (group.state !== "Stable") return undefined;
  const subscribed = group.subscribedTopics;
  return subscribed === undefined || subscribed.has(topic) ? undefined : commitTimestamp;
}
