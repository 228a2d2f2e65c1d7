import type { ScenarioFault } from "../scenario-fault.ts";

export interface StruckNode {
  readonly name: string;
  /** Names of the partitions that it leads. */
  readonly led: readonly string[];
  readonly isActiveController: boolean;
}

const WORDS: Readonly<Record<string, string>> = {
  crash: "is killed (SIGKILL)",
  "power-loss": "loses power",
  stop: "is asked to stop (SIGTERM)",
  pause: "is paused (SIGSTOP)",
  "disk-full": "has no space left on its disk",
  "log-dir-failure": "has a log directory that fails with EIO",
};

/** A fault in words, with the roles that its victims have when it strikes. */
export function describeStrike(fault: ScenarioFault, nodes: readonly StruckNode[]): string {
  const [victim] = nodes;
  if (victim === undefined) return `fault: ${fault.type}`;
  if (fault.type === "partition") return describePartition(nodes, fault.isOneWay);
  const roles = `(${rolesOf(victim)})`;
  if (fault.type === "plant") return `${victim.name} is told to lie: ${fault.plant} in ${fault.topic}, after ${fault.afterBatches} more batches ${roles}`;
  return `${victim.name} ${WORDS[fault.type] ?? `suffers ${fault.type}`} ${roles}`;
}

function describePartition(nodes: readonly StruckNode[], isOneWay: boolean): string {
  const who = nodes.map((node) => `${node.name} (${rolesOf(node)})`).join(" and ");
  const verb = nodes.length === 1 ? "is" : "are";
  return isOneWay
    ? `nothing that ${who} sends reaches the other nodes; what they send does arrive`
    : `${who} ${verb} cut off from the other nodes; clients reach all`;
}

const rolesOf = ({ led, isActiveController }: StruckNode): string =>
  [...(led.length === 0 ? [] : [`leader of ${led.join(", ")}`]), isActiveController ? "active controller" : "not the active controller"].join("; ");
