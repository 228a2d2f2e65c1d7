import type { GroupDescription } from "../admin/group-descriptions.ts";
import { MISSING, row, widthOf } from "./table.ts";

const GROUP_WIDTH_MIN = 15;
const COORDINATOR_WIDTH_MIN = 25;

/** One group, and who coordinates it. */
export function stateTable(group: GroupDescription, isVerbose: boolean): string {
  const { id, host, port } = group.coordinator;
  const coordinator = `${host}:${port}  (${id})`;
  const columns: readonly (readonly [title: string, cell: string | number, width: number])[] = [
    ["GROUP", group.id, widthOf(GROUP_WIDTH_MIN, [group.id])],
    ["COORDINATOR (ID)", coordinator, widthOf(COORDINATOR_WIDTH_MIN, [coordinator])],
    ["ASSIGNMENT-STRATEGY", group.assignor || MISSING, 20],
    ["STATE", group.state, 20],
    ...(isVerbose
      ? ([
          ["GROUP-EPOCH", group.groupEpoch ?? MISSING, 15],
          ["TARGET-ASSIGNMENT-EPOCH", group.targetAssignmentEpoch ?? MISSING, 25],
        ] as const)
      : []),
    ["#MEMBERS", group.members.length, 0],
  ];
  const widths = columns.map(([, , width]) => width);
  const titles = columns.map(([title]) => title);
  const cells = columns.map(([, cell]) => cell);
  return `\n${row(widths, titles)}\n${row(widths, cells)}\n`;
}
