import { coordinatorPartition } from "@samsa/broker";
import type { NodeReport, PartitionReport } from "@samsa/server";
import { UsageError } from "../usage-error.ts";

/** Nodes as users name them: by id, or by the role that one has now. */
export type Selector =
  | { readonly type: "ids"; readonly ids: readonly number[] }
  | { readonly type: "leader"; readonly topic: string; readonly partition: number }
  | { readonly type: "controller" }
  | { readonly type: "coordinator"; readonly group: string };

export const SELECTORS_HELP = `  2  or  2,3               node 2; the nodes 2 and 3
  leader:orders-0          the leader of partition 0 of topic orders
  controller               the active controller
  coordinator:GROUP        the coordinator of a consumer group`;

const OFFSETS_TOPIC = "__consumer_offsets";
const FORMS = "an id (2), several (2,3), leader:TOPIC-PARTITION, controller or coordinator:GROUP";

/** Throws `UsageError` for what is no selector. */
export function parseSelector(text: string): Selector {
  if (/^\d+(?:,\d+)*$/.test(text)) return { type: "ids", ids: text.split(",").map(Number) };
  if (text === "controller") return { type: "controller" };
  const [, topic, partition] = /^leader:(.+)-(\d+)$/.exec(text) ?? [];
  if (topic !== undefined) return { type: "leader", topic, partition: Number(partition) };
  const [, group] = /^coordinator:(.+)$/s.exec(text) ?? [];
  if (group !== undefined) return { type: "coordinator", group };
  throw new UsageError(`${JSON.stringify(text)} names no node; it must be ${FORMS}`);
}

/** Ids of one side of a partition: `1` or `2,3`. */
export function parseSide(text: string, known: readonly number[]): readonly number[] {
  const selector = parseSelector(text);
  if (selector.type !== "ids") throw new UsageError(`${JSON.stringify(text)} is no list of ids, such as 1 or 2,3`);
  return knownIds(selector.ids, known);
}

/** The topic whose partitions have to be asked for before the selector can be resolved; undefined: none. */
export function topicOf(selector: Selector): string | undefined {
  return selector.type === "leader" ? selector.topic : selector.type === "coordinator" ? OFFSETS_TOPIC : undefined;
}

/** Who it is, and as what; or why there is nobody. */
export type Resolved =
  { readonly ok: true; readonly ids: readonly number[]; readonly because: string | undefined } | { readonly ok: false; readonly problem: string };

/** `report`: what is known, with the partitions of the selector's topic. Throws `UsageError` for ids that no node has. */
export function resolveSelector(selector: Selector, known: readonly number[], report: NodeReport | undefined): Resolved {
  if (selector.type === "ids") return { ok: true, ids: knownIds(selector.ids, known), because: undefined };
  if (report === undefined) return { ok: false, problem: "no node answers, so nobody knows who that is; name nodes by their ids" };
  if (selector.type === "controller") return one(report.controller, "the active controller", "no controller is active");
  if (selector.type === "leader") {
    const name = `${selector.topic}-${selector.partition}`;
    const partition = partitionIn(report, selector);
    return partition === undefined
      ? { ok: false, problem: `there is no partition ${name}` }
      : one(partition.leader, `leader of ${name}`, `nobody leads ${name}`);
  }
  const { group } = selector;
  const count = report.partitions.filter(({ topic }) => topic === OFFSETS_TOPIC).length;
  if (count === 0) return { ok: false, problem: "no group has a coordinator yet: none was ever asked for" };
  const leader = partitionIn(report, { topic: OFFSETS_TOPIC, partition: coordinatorPartition(group, count) })?.leader ?? -1;
  return one(leader, `coordinator of group ${group}`, `group ${group} has no coordinator now`);
}

const one = (id: number, because: string, problem: string): Resolved => (id < 0 ? { ok: false, problem } : { ok: true, ids: [id], because });

const partitionIn = ({ partitions }: NodeReport, { topic, partition }: { readonly topic: string; readonly partition: number }): PartitionReport | undefined =>
  partitions.find((one) => one.topic === topic && one.partition === partition);

function knownIds(ids: readonly number[], known: readonly number[]): readonly number[] {
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length > 0) throw new UsageError(`there is no node ${unknown.join(", ")}; there is ${known.join(", ")}`);
  return [...new Set(ids)];
}
