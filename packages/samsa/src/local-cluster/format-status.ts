import type { ClusterStatus, NodeStatus } from "./cluster-status.ts";
import { formatCut } from "./cuts.ts";
import { formatTable } from "./text-table.ts";

/** What nobody who can be asked knows. */
export const UNKNOWN = "?";

export function formatStatus(status: ClusterStatus): string {
  const { bootstrap, controller, controllerEpoch, nodes, partitions, cuts } = status;
  const head = [
    ["Bootstrap", bootstrap],
    ["Controller", controller === null ? UNKNOWN : `node ${controller}, epoch ${controllerEpoch}`],
    ["Partitions", partitions === null ? UNKNOWN : formatPartitions(partitions)],
    ...(cuts.length === 0 ? [] : [["Cut off", cuts.map(formatCut).join("; ")]]),
  ].map(([name = "", value = ""]) => `${`${name}:`.padEnd(12)}${value}`);
  const rows = [["Node", "State", "Pid", "Port", "Role", "Leads", "InSync", "Data"], ...nodes.map(rowOf)];
  return `${[...head, "", ...formatTable(rows)].join("\n")}\n`;
}

function formatPartitions({ total, leaderless, underReplicated }: NonNullable<ClusterStatus["partitions"]>): string {
  return [
    String(total),
    ...(leaderless > 0 ? [`${leaderless} without a leader`] : []),
    ...(underReplicated > 0 ? [`${underReplicated} under-replicated`] : []),
  ].join(", ");
}

function rowOf(node: NodeStatus): readonly string[] {
  const { id, state, pid, port, controlPort, isActiveController, leads, inSync, replicas, dataDirectory } = node;
  const isBroker = node.roles.includes("broker");
  const count = (value: number | null): string => (isBroker ? (value === null ? UNKNOWN : String(value)) : "-");
  return [
    String(id),
    state,
    pid === null ? "-" : String(pid),
    String(port ?? controlPort),
    `${node.roles.join("+")}${isActiveController ? " (active)" : ""}`,
    count(leads),
    replicas === null ? count(null) : `${inSync} of ${replicas}`,
    dataDirectory,
  ];
}
