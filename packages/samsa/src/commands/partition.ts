import type { ClusterDirectory } from "../local-cluster/cluster-directory.ts";
import type { ClusterFile } from "../local-cluster/cluster-file.ts";
import { cutOfNode } from "../local-cluster/cuts.ts";
import { DIRECTORY_HELP, DIRECTORY_OPTION, directoryOf } from "../local-cluster/directory-option.ts";
import { injectInto } from "../local-cluster/node-questions.ts";
import { liveProcess, stateOfProcess } from "../local-cluster/node-process.ts";
import { parseSide } from "../local-cluster/selectors.ts";
import { withNode } from "../local-cluster/start-cluster.ts";
import { readOptions } from "../options.ts";
import { UsageError } from "../usage-error.ts";

const PARTITION_HELP = `samsa partition 1 2,3     nothing passes between node 1 and the nodes 2 and 3
samsa partition 1,2 3,4   several cuts add up; samsa heal ends all of them

No byte passes in either direction, and no new connection; those that are there stay open. Clients, and samsa itself, still reach every node. A
node that is started while it is cut off is so from its first moment on.

${DIRECTORY_HELP}

Exit code 0: it is cut. 1: some node did not take it, and stderr says which. 2: the command line can't be understood, or names a node that there is
not. 69: there is no cluster in the directory.
`;

const HEAL_HELP = `samsa heal

Ends every cut of samsa partition, and every fault of samsa inject.

${DIRECTORY_HELP}

Exit code 0: healed. 1: some node did not take it, and stderr says which. 2: the command line can't be understood. 69: there is no cluster in the
directory.
`;

export async function runPartition(args: readonly string[]): Promise<number> {
  const parsed = readOptions(args, DIRECTORY_OPTION, PARTITION_HELP);
  if (parsed === undefined) return 0;
  const directory = directoryOf(parsed.values);
  const [left, right, ...rest] = parsed.positionals;
  if (left === undefined || right === undefined || rest.length > 0) throw new UsageError("two lists of ids are needed: samsa partition 1 2,3");
  const known = directory.read().nodes.map(({ id }) => id);
  const [a, b] = [parseSide(left, known), parseSide(right, known)];
  const both = a.filter((id) => b.includes(id));
  if (both.length > 0) throw new UsageError(`node ${both.join(", ")} can't be on both sides`);
  const file = await directory.update((now) => ({ ...now, cuts: [...now.cuts, { a, b }] }));
  const isDone = await tellAll(directory, file, [...a, ...b]);
  process.stdout.write(`nothing passes between ${nodes(a)} and ${nodes(b)}\n`);
  return isDone ? 0 : 1;
}

export async function runHeal(args: readonly string[]): Promise<number> {
  const parsed = readOptions(args, DIRECTORY_OPTION, HEAL_HELP);
  if (parsed === undefined) return 0;
  if (parsed.positionals.length > 0) throw new UsageError("samsa heal heals all, and takes no nodes");
  const directory = directoryOf(parsed.values);
  const file = await directory.update((now) => ({ ...now, cuts: [] }));
  const isDone = await tellAll(
    directory,
    file,
    file.nodes.map(({ id }) => id),
  );
  process.stdout.write("everything passes again\n");
  return isDone ? 0 : 1;
}

const nodes = (ids: readonly number[]): string => `${ids.length === 1 ? "node" : "nodes"} ${ids.join(",")}`;

/** What they are to do from now on. Who is gone is told when it starts, who stands still when it goes on. */
async function tellAll(directory: ClusterDirectory, file: ClusterFile, ids: readonly number[]): Promise<boolean> {
  const secret = directory.secretOf(file);
  const told = await Promise.all(
    file.nodes
      .filter(({ id }) => ids.includes(id))
      .map(async (node) => {
        const state = stateOfProcess(liveProcess(directory, node));
        if (state === "gone") return true;
        if (state === "stopped") return note(directory, node.id, "is paused: it does it when it goes on (samsa resume)");
        const problem = await injectInto(node, secret, cutOfNode(node.id, file) ?? { type: "heal" });
        return problem === null || note(directory, node.id, `does not do it: ${problem}`, false);
      }),
  );
  return told.every(Boolean);
}

async function note(directory: ClusterDirectory, id: number, what: string, isGood = true): Promise<boolean> {
  process.stderr.write(`samsa: node ${id} ${what}\n`);
  await directory.update((now) => withNode(now, id, { needsFaults: true }));
  return isGood;
}
