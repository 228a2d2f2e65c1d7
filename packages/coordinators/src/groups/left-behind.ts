import { groupTombstone } from "./classic/classic-records.ts";
import { groupTombstones } from "./consumer/consumer-records.ts";
import { consumerGroupOf, type GroupsState, piecesOf } from "./groups-state.ts";
import type { GroupRecord } from "./records/group-record.ts";

/** What is left of a consumer group that is not there goes before there is one of that name again: nobody must be mixed up with members of the old one. */
export function tombstonesOfPieces(state: GroupsState, groupId: string): readonly GroupRecord[] {
  const pieces = piecesOf(state, groupId);
  return pieces === undefined ? [] : groupTombstones(pieces);
}

/** Tombstones of what no group is made of: a log that was damaged, or that another broker has written, may have pieces of a group, or two kinds of one. */
export function leftBehind(state: GroupsState): readonly GroupRecord[] {
  const pieces = [...state.consumer.values()].flatMap(({ groupId }) => tombstonesOfPieces(state, groupId));
  const classic = Array.from(state.classic.entries(), ([groupId]) => groupId).filter((groupId) => consumerGroupOf(state, groupId) !== undefined);
  return [...pieces, ...classic.map(groupTombstone)];
}
