import type { CommittedOffset, GroupOffsets } from "../groups-state.ts";
import type { GroupRecord } from "../records/group-record.ts";
import { offsetTombstone } from "./offset-records.ts";
import type { OffsetReaders } from "./offset-readers.ts";

export interface ExpiryLimits {
  readonly wallMs: number;
  readonly retentionMs: number;
}

/**
 * Whether an offset has expired: after the time that its commit asked for, else after `offsets.retention.minutes` without anybody who reads the topic
 * (KIP-211). What a living group reads never expires (G06).
 */
function hasExpired(offset: CommittedOffset, group: OffsetReaders | undefined, { wallMs, retentionMs }: ExpiryLimits): boolean {
  const baseMs = baseTimeOf(offset, group);
  if (baseMs === undefined) return false;
  return offset.expireTimestamp >= 0 ? wallMs >= offset.expireTimestamp : wallMs - baseMs >= retentionMs;
}

/** Tombstones of those of a group's offsets that have expired. */
export const expiredOffsets = (group: string, offsets: GroupOffsets, readers: OffsetReaders, limits: ExpiryLimits): readonly GroupRecord[] =>
  [...offsets.values()].filter((offset) => hasExpired(offset, readers, limits)).map(({ topic, partition }) => offsetTombstone({ group, topic, partition }));

/** From when on nobody needs it; undefined: somebody may. */
function baseTimeOf({ topic, commitTimestamp }: CommittedOffset, group: OffsetReaders | undefined): number | undefined {
  if (group?.protocolType === undefined) return commitTimestamp;
  if (group.state === "Empty") return Math.max(group.stateTimestampMs, commitTimestamp);
  if (group.state !== "Stable") return undefined;
  const subscribed = group.subscribedTopics;
  return subscribed === undefined || subscribed.has(topic) ? undefined : commitTimestamp;
}
