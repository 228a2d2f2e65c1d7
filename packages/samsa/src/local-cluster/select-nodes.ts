import { Unavailable } from "../unavailable.ts";
import { UsageError } from "../usage-error.ts";
import type { ClusterDirectory } from "./cluster-directory.ts";
import { lookAtCluster } from "./cluster-status.ts";
import { parseSelector, resolveSelector, type Selector, topicOf } from "./selectors.ts";

/** A node that the user means, and why, where it was not named by its id. */
export interface SelectedNode {
  readonly id: number;
  readonly because: string | undefined;
}

/** As many as one answer may name. */
const PARTITIONS_MAX = 10_000;

/** Each node once. Roles are those of this moment. Throws `UsageError` for what is no node, `Unavailable` where nobody has the role. */
export async function selectNodes(directory: ClusterDirectory, texts: readonly string[]): Promise<readonly SelectedNode[]> {
  if (texts.length === 0) throw new UsageError("which node? An id, leader:TOPIC-PARTITION, controller or coordinator:GROUP is needed");
  const selectors = texts.map(parseSelector);
  const selected = new Map<number, SelectedNode>();
  for (const [index, selector] of selectors.entries()) {
    const resolved = await resolveNow(directory, selector);
    if (!resolved.ok) throw new Unavailable(`${texts[index]}: ${resolved.problem}`);
    for (const id of resolved.ids) if (!selected.has(id)) selected.set(id, { id, because: resolved.because });
  }
  return [...selected.values()];
}

async function resolveNow(directory: ClusterDirectory, selector: Selector) {
  const known = directory.read().nodes.map(({ id }) => id);
  if (selector.type === "ids") return resolveSelector(selector, known, undefined);
  const topic = topicOf(selector);
  const { freshest } = await lookAtCluster(directory, { topic: topic ?? null, partitionsMax: topic === undefined ? 0 : PARTITIONS_MAX, groupsMax: 0 });
  return resolveSelector(selector, known, freshest);
}
