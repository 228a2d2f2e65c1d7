import type { GroupMetadataValue, OffsetCommitValue } from "@samsa/protocol/group-records";
import { PersistentMap } from "@samsa/stdx";
import type { GroupRecord } from "./records/group-record.ts";

/** An offset that a group has committed, as the log has it. */
export interface CommittedOffset extends OffsetCommitValue {
  readonly topic: string;
  readonly partition: number;
}

/** Of one group, by `offsetKey`. */
export type GroupOffsets = PersistentMap<CommittedOffset>;

/** What the log of one partition of `__consumer_offsets` says. Immutable. */
export interface GroupsState {
  readonly classic: PersistentMap<GroupMetadataValue>;
  readonly offsets: PersistentMap<GroupOffsets>;
}

export const EMPTY_GROUPS: GroupsState = { classic: PersistentMap.empty(), offsets: PersistentMap.empty() };

/** No topic has a colon in its name. */
export const offsetKey = (topic: string, partition: number): string => `${topic}:${partition}`;

const NO_OFFSETS: GroupOffsets = PersistentMap.empty();

export const offsetsOf = ({ offsets }: GroupsState, groupId: string): GroupOffsets => offsets.get(groupId) ?? NO_OFFSETS;

/** Pure; the state after one batch of records. */
export function replayGroupRecords(state: GroupsState, records: readonly GroupRecord[]): GroupsState {
  const classic = new Map<string, GroupMetadataValue | undefined>();
  const offsets = new Map<string, Map<string, CommittedOffset | undefined>>();
  for (const record of records) {
    if (record.name === "GroupMetadata") classic.set(record.key.group, record.value ?? undefined);
    if (record.name !== "OffsetCommit") continue;
    const { group, topic, partition } = record.key;
    const changed = offsets.get(group) ?? new Map<string, CommittedOffset | undefined>();
    offsets.set(group, changed.set(offsetKey(topic, partition), record.value === null ? undefined : { ...record.value, topic, partition }));
  }
  const changedGroups = new Map<string, GroupOffsets | undefined>();
  for (const [group, changed] of offsets) {
    const after = offsetsOf(state, group).with(changed);
    changedGroups.set(group, after.size === 0 ? undefined : after);
  }
  return { classic: state.classic.with(classic), offsets: state.offsets.with(changedGroups) };
}
