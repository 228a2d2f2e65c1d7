import type { NodeState } from "../local-cluster/cluster-status.ts";
import { formatCut } from "../local-cluster/cuts.ts";
import type { ClusterView, GroupView, PartitionView } from "./cluster-view.ts";

/** So many alike are told one by one; more are counted. */
const TOLD_SINGLY_MAX = 4;

const BECAME: Readonly<Record<NodeState, string>> = {
  starting: "starts",
  running: "is in service",
  fenced: "is fenced: no client is sent to it",
  silent: "runs, but does not answer",
  paused: "is paused (SIGSTOP)",
  stopping: "is stopping (SIGTERM)",
  killed: "was killed (SIGKILL)",
  stopped: "is stopped",
  failed: "has ended by itself: its log says why",
};

/** What changed from one look to the next, in words, causes first: nodes, the controller, partitions, groups. Ends of logs are no news. */
export function changesBetween(before: ClusterView, after: ClusterView): readonly string[] {
  const known = before.isKnown && after.isKnown ? [...controllerChange(before, after), ...partitionChanges(before, after), ...groupChanges(before, after)] : [];
  return [...nodeChanges(before, after), ...cutChanges(before, after), ...known];
}

function nodeChanges(before: ClusterView, after: ClusterView): readonly string[] {
  const states = new Map(before.nodes.map(({ id, state }) => [id, state]));
  return after.nodes.flatMap(({ id, state }) => {
    const was = states.get(id);
    if (was === state) return [];
    return [`node ${id} ${was === "paused" && state === "running" ? "goes on (SIGCONT)" : BECAME[state]}`];
  });
}

function cutChanges(before: ClusterView, after: ClusterView): readonly string[] {
  const was = before.cuts.map(formatCut);
  const is = after.cuts.map(formatCut);
  const begun = is.filter((cut) => !was.includes(cut)).map((cut) => `nothing passes between the nodes ${cut.replace(" | ", " and ")}`);
  return is.length === 0 && was.length > 0 ? ["every cut is healed"] : begun;
}

function controllerChange(before: ClusterView, after: ClusterView): readonly string[] {
  if (before.controller === after.controller && before.controllerEpoch === after.controllerEpoch) return [];
  if (after.controller === undefined) return before.controller === undefined ? [] : ["no controller is active: nothing can be created, changed or failed over"];
  return [`node ${after.controller} is the active controller (epoch ${after.controllerEpoch})`];
}

/** `alike`: partitions of which this can be said together. */
interface PartitionChange {
  readonly name: string;
  readonly alike: string;
}

function partitionChanges(before: ClusterView, after: ClusterView): readonly string[] {
  const was = new Map(before.partitions.map((partition) => [partition.name, partition]));
  const moves: PartitionChange[] = [];
  for (const partition of after.partitions) {
    const earlier = was.get(partition.name);
    if (earlier !== undefined) moves.push(...changesOf(earlier, partition));
  }
  return [...topicChanges(before, after), ...together(moves)];
}

function changesOf(before: PartitionView, after: PartitionView): readonly PartitionChange[] {
  const { name, leader, leaderEpoch, isr } = after;
  const changes: PartitionChange[] = [];
  if (leader < 0 && before.leader >= 0) changes.push({ name, alike: `has no leader: node ${before.leader} led, and nobody in the ISR can take over` });
  else if (leader !== before.leader) changes.push({ name, alike: `is led by node ${leader} now${before.leader < 0 ? "" : `, no longer by ${before.leader}`}` });
  else if (leaderEpoch !== before.leaderEpoch) changes.push({ name, alike: `is still led by node ${leader}, in a new epoch` });
  const left = before.isr.filter((id) => !isr.includes(id));
  const joined = isr.filter((id) => !before.isr.includes(id));
  const now = isr.length === 0 ? "empty" : isr.toSorted((a, b) => a - b).join(",");
  if (left.length > 0) changes.push({ name, alike: `loses ${left.join(",")} from its ISR, which is ${now}` });
  if (joined.length > 0) changes.push({ name, alike: `has ${joined.join(",")} in its ISR again, which is ${now}` });
  return changes;
}

function together(changes: readonly PartitionChange[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const { name, alike } of changes) groups.set(alike, [...(groups.get(alike) ?? []), name]);
  return [...groups].flatMap(([alike, names]) => {
    if (names.length <= TOLD_SINGLY_MAX) return names.map((name) => `${name} ${alike}`);
    return [`each of ${names.length} partitions (${names.slice(0, 2).join(", ")}, …) ${alike}`];
  });
}

function topicChanges(before: ClusterView, after: ClusterView): readonly string[] {
  // Those that were not named may have been there.
  if (before.partitions.length < before.partitionCount || after.partitions.length < after.partitionCount) return [];
  const was = partitionsByTopic(before);
  const is = partitionsByTopic(after);
  const came = [...is].flatMap(([topic, partitions]) => {
    const earlier = was.get(topic);
    if (earlier === undefined) return [`topic ${topic} is there, with ${count(partitions)}`];
    return earlier === partitions ? [] : [`topic ${topic} has ${count(partitions)}, no longer ${earlier}`];
  });
  return [...came, ...[...was.keys()].filter((topic) => !is.has(topic)).map((topic) => `topic ${topic} is gone`)];
}

const count = (partitions: number): string => `${partitions} ${partitions === 1 ? "partition" : "partitions"}`;

function partitionsByTopic({ partitions }: ClusterView): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { topic } of partitions) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  return counts;
}

function groupChanges(before: ClusterView, after: ClusterView): readonly string[] {
  const was = new Map(before.groups.map((group) => [group.groupId, group]));
  return after.groups.flatMap((group) => changesOfGroup(was.get(group.groupId), group));
}

function changesOfGroup(before: GroupView | undefined, { groupId, state, memberCount, coordinator }: GroupView): readonly string[] {
  const members = `${memberCount} ${memberCount === 1 ? "member" : "members"}`;
  if (before === undefined) return [`group ${groupId} is ${state}, with ${members}, coordinated by node ${coordinator}`];
  const moved = before.coordinator === coordinator ? [] : [`group ${groupId} is coordinated by node ${coordinator} now, no longer by ${before.coordinator}`];
  const isSame = before.state === state && before.memberCount === memberCount;
  return isSame ? moved : [...moved, `group ${groupId} is ${state}, with ${members}`];
}

/** How things stand, for whoever begins to look. */
export function standing(view: ClusterView): readonly string[] {
  const { nodes, controller, controllerEpoch, isKnown, partitionCount, leaderlessCount, underReplicatedCount, cuts } = view;
  return [
    ...nodes.map(({ id, state }) => `node ${id} ${BECAME[state]}`),
    ...cuts.map((cut) => `nothing passes between the nodes ${formatCut(cut).replace(" | ", " and ")}`),
    controller === undefined
      ? "no controller is active, or nobody who knows answers"
      : `node ${controller} is the active controller (epoch ${controllerEpoch})`,
    ...(isKnown ? [`${count(partitionCount)}, ${leaderlessCount} without a leader, ${underReplicatedCount} under-replicated`] : []),
    ...view.groups.flatMap((group) => changesOfGroup(undefined, group)),
  ];
}
