import { ErrorCode, type ErrorName, newOffsetDeleteResponse, type OffsetDeleteRequest, type OffsetDeleteResponse } from "@samsa/protocol";
import { CONSUMER_PROTOCOL_TYPE } from "../classic/classic-group.ts";
import { type GroupOffsets, offsetKey } from "../groups-state.ts";
import type { GroupRecord } from "../records/group-record.ts";
import type { OffsetReaders } from "./offset-readers.ts";
import { offsetTombstone } from "./offset-records.ts";

export const offsetDeleteFailed = (error: ErrorName): OffsetDeleteResponse => newOffsetDeleteResponse({ errorCode: ErrorCode[error] });

/** Offsets of topics that no member reads (KIP-496); an offset that is not there is deleted already. */
export function deleteOffsets(
  { groupId, topics }: OffsetDeleteRequest,
  group: OffsetReaders,
  offsets: GroupOffsets,
): { readonly records: readonly GroupRecord[]; readonly response: OffsetDeleteResponse } {
  // What members of another protocol than consumers' read can't be told.
  if (group.state !== "Empty" && group.protocolType !== CONSUMER_PROTOCOL_TYPE) return { records: [], response: offsetDeleteFailed("NON_EMPTY_GROUP") };
  const records: GroupRecord[] = [];
  const subscribed = group.subscribedTopics;
  const answered = topics.map(({ name, partitions }) => {
    const isRead = group.size > 0 && (subscribed === undefined || subscribed.has(name));
    if (!isRead)
      for (const { partitionIndex: partition } of partitions)
        if (offsets.get(offsetKey(name, partition)) !== undefined) records.push(offsetTombstone({ group: groupId, topic: name, partition }));
    const errorCode = ErrorCode[isRead ? "GROUP_SUBSCRIBED_TO_TOPIC" : "NONE"];
    return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) };
  });
  return { records, response: newOffsetDeleteResponse({ topics: answered }) };
}
