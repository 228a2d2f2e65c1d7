import type { GroupCoordinator } from "@samsa/coordinators";

export interface CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** A group that the node coordinates. */
export interface GroupReport {
  readonly groupId: string;
  /** In Kafka's words: Stable, PreparingRebalance, … */
  readonly state: string;
  /** `classic` or `consumer`. */
  readonly type: string;
  readonly memberCount: number;
  /** By topic and partition; of `offsetCount`, as many as the report has room for. */
  readonly offsets: readonly CommittedOffset[];
  readonly offsetCount: number;
}

/** Of all groups in one report. */
const OFFSETS_MAX = 10_000;
/** The first version of DescribeGroups whose answers say that a group is not there. */
const DESCRIBE_GROUPS_VERSION = 6;

/** What is asked of a coordinator. */
export type ReportedCoordinator = Pick<GroupCoordinator, "listGroups" | "describeGroup" | "describeConsumerGroup" | "offsetFetch">;

/** By id, at most `groupsMax` of them. */
export function groupReports(coordinators: readonly ReportedCoordinator[], groupsMax: number): readonly GroupReport[] {
  let room = OFFSETS_MAX;
  return coordinators
    .flatMap((coordinator) => coordinator.listGroups().map((group) => ({ coordinator, group })))
    .toSorted((a, b) => (a.group.groupId < b.group.groupId ? -1 : 1))
    .slice(0, groupsMax)
    .map(({ coordinator, group: { groupId, groupState, groupType } }) => {
      const all = committedOf(coordinator, groupId);
      const offsets = all.slice(0, room);
      room -= offsets.length;
      return { groupId, state: groupState, type: groupType, memberCount: membersOf(coordinator, groupId, groupType), offsets, offsetCount: all.length };
    });
}

const membersOf = (coordinator: ReportedCoordinator, groupId: string, type: string): number =>
  type === "consumer" ? coordinator.describeConsumerGroup(groupId).members.length : coordinator.describeGroup(groupId, DESCRIBE_GROUPS_VERSION).members.length;

function committedOf(coordinator: ReportedCoordinator, groupId: string): readonly CommittedOffset[] {
  const { topics } = coordinator.offsetFetch({ groupId, memberId: null, memberEpoch: -1, topics: null });
  return topics
    .flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, committedOffset }) => ({ topic: name, partition: partitionIndex, offset: committedOffset })),
    )
    .toSorted((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
}
