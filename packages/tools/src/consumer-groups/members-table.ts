import { groupByTopic, type TopicPartition } from "../admin/ask-leaders.ts";
import type { GroupDescription, GroupMember } from "../admin/group-descriptions.ts";
import { MISSING, row, widthOf } from "./table.ts";

interface Column {
  readonly title: string;
  readonly of: (member: GroupMember) => string | number;
  readonly width: number;
}

/** Each column as wide as its longest cell, each row but for those of `--verbose` with a space at its end. */
export function membersTable(group: GroupDescription, isVerbose: boolean): string {
  const { members } = group;
  const column = (title: string, of: Column["of"], least: number): Column => ({ title, of, width: widthOf(least, members.map(of)) });
  const isAnyStatic = members.some(({ instanceId }) => instanceId !== null && instanceId !== "");
  const columns = [
    column("GROUP", () => group.id, 15),
    column("CONSUMER-ID", ({ id }) => id, 15),
    ...(isAnyStatic ? [column("GROUP-INSTANCE-ID", ({ instanceId }) => instanceId ?? "", 17)] : []),
    column("HOST", ({ host }) => host, 15),
    column("CLIENT-ID", ({ clientId }) => clientId, 15),
    { title: "#PARTITIONS", of: ({ assignment }: GroupMember) => assignment.length, width: 15 },
    ...(isVerbose ? verboseColumns(group, column) : [{ title: "", of: () => "", width: 0 }]),
  ];
  const widths = columns.map(({ width }) => width);
  const rows = [columns.map(({ title }) => title), ...members.map((member) => columns.map(({ of }) => of(member)))];
  return `\n${rows.map((cells) => `${row(widths, cells)}\n`).join("")}`;
}

function verboseColumns(group: GroupDescription, column: (title: string, of: Column["of"], least: number) => Column): readonly Column[] {
  const isMigrating = [true, false].every((isUpgraded) => group.members.some((member) => member.isUpgraded === isUpgraded));
  return [
    { title: "CURRENT-EPOCH", of: ({ epoch }) => epoch ?? MISSING, width: 15 },
    column("CURRENT-ASSIGNMENT", ({ assignment }) => assignmentText(assignment), 20),
    { title: "TARGET-EPOCH", of: () => group.targetAssignmentEpoch ?? MISSING, width: 15 },
    column("TARGET-ASSIGNMENT", ({ targetAssignment }) => assignmentText(targetAssignment), 20),
    ...(isMigrating ? [{ title: "UPGRADED", of: ({ isUpgraded }: GroupMember) => String(isUpgraded ?? MISSING), width: 0 }] : []),
  ];
}

/** `orders:0,1;payments:2`, by topic and partition. */
function assignmentText(assignment: readonly TopicPartition[]): string {
  if (assignment.length === 0) return MISSING;
  const texts = [...groupByTopic(assignment)].map(
    ([topic, group]) =>
      `${topic}:${group
        .map(({ partition }) => partition)
        .toSorted((a, b) => a - b)
        .join(",")}`,
  );
  return texts.toSorted().join(";");
}
