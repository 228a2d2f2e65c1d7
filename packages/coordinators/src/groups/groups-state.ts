import type { GroupMetadataValue, OffsetCommitValue } from "@samsa/protocol/group-records";
import { PersistentMap } from "@samsa/stdx";
import { type ConsumerGroupState, isConsumerGroupRecord, isForgotten, newConsumerGroup, replayConsumerGroup } from "./consumer/consumer-group-state.ts";
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
  /** With those of which only pieces are left, see `consumerGroupOf`. */
  readonly consumer: PersistentMap<ConsumerGroupState>;
  readonly offsets: PersistentMap<GroupOffsets>;
}

export const EMPTY_GROUPS: GroupsState = { classic: PersistentMap.empty(), consumer: PersistentMap.empty(), offsets: PersistentMap.empty() };

/** No topic has a colon in its name. */
export const offsetKey = (topic: string, partition: number): string => `${topic}:${partition}`;

const NO_OFFSETS: GroupOffsets = PersistentMap.empty();

export const offsetsOf = ({ offsets }: GroupsState, groupId: string): GroupOffsets => offsets.get(groupId) ?? NO_OFFSETS;

/** Undefined where there is no such consumer group. */
export function consumerGroupOf({ consumer }: GroupsState, groupId: string): ConsumerGroupState | undefined {
  const group = consumer.get(groupId);
  return group !== undefined && group.epoch > 0 ? group : undefined;
}

export const consumerGroupsOf = ({ consumer }: GroupsState): readonly ConsumerGroupState[] => [...consumer.values()].filter(({ epoch }) => epoch > 0);

/** What is left of a consumer group that is not there: its records are to go before there is one of that name again. */
export function piecesOf({ consumer }: GroupsState, groupId: string): ConsumerGroupState | undefined {
  const group = consumer.get(groupId);
  return group !== undefined && group.epoch === 0 ? group : undefined;
}

/** Pure; the state after one batch of records. */
export function replayGroupRecords(state: GroupsState, records: readonly GroupRecord[]): GroupsState {
  const classic = new Map<string, GroupMetadataValue | undefined>();
  const consumer = new Map<string, ConsumerGroupState>();
  const offsets = new Map<string, Map<string, CommittedOffset | undefined>>();
  for (const record of records) {
    if (record.name === "GroupMetadata") classic.set(record.key.group, record.value ?? undefined);
    if (isConsumerGroupRecord(record)) {
      const { groupId } = record.key;
      consumer.set(groupId, replayConsumerGroup(consumer.get(groupId) ?? state.consumer.get(groupId) ?? newConsumerGroup(groupId), record));
    }
    if (record.name !== "OffsetCommit") continue;
    const { group, topic, partition } = record.key;
    const changed = offsets.get(group) ?? new Map<string, CommittedOffset | undefined>();
    offsets.set(group, changed.set(offsetKey(topic, partition), record.value === null ? undefined : { ...record.value, topic, partition }));
  }
  const changedOffsets = new Map<string, GroupOffsets | undefined>();
  for (const [group, changed] of offsets) {
    const after = offsetsOf(state, group).with(changed);
    changedOffsets.set(group, after.size === 0 ? undefined : after);
  }
  const changedGroups = Array.from(consumer, ([groupId, group]) => [groupId, isForgotten(group) ? undefined : group] as const);
  return { classic: state.classic.with(classic), consumer: state.consumer.with(new Map(changedGroups)), offsets: state.offsets.with(changedOffsets) };
}
