import { setTimeout as delay } from "node:timers/promises";
import type { ClusterDirectory } from "../local-cluster/cluster-directory.ts";
import { lookAtCluster, type NodeState, statusOf } from "../local-cluster/cluster-status.ts";
import { DIRECTORY_HELP, DIRECTORY_OPTION, directoryOf } from "../local-cluster/directory-option.ts";
import { liveProcess, startNode } from "../local-cluster/node-process.ts";
import { demandFree } from "../local-cluster/ports.ts";
import { selectNodes } from "../local-cluster/select-nodes.ts";
import { describeFailure, portsOf, withNode } from "../local-cluster/start-cluster.ts";
import { integerOption, readOptions } from "../options.ts";

const HELP = `samsa start 2
samsa start 1,2

Starts nodes that were killed or stopped, on the data that they have. What cuts them off still does.

  --timeout S    how long to wait until a node is in service (default 5); it stays, whatever it is by then
${DIRECTORY_HELP}

Exit code 0: started. 1: some node was running already, or ended by itself. 2: the command line can't be understood, or names a node that there is
not. 69: there is no cluster in the directory, or a port is in use.
`;

const OPTIONS = { ...DIRECTORY_OPTION, timeout: { type: "string" } } as const;

const TIMEOUT_S = 5;
const POLL_MS = 20;

export async function runStart(args: readonly string[]): Promise<number> {
  const parsed = readOptions(args, OPTIONS, HELP);
  if (parsed === undefined) return 0;
  const { values, positionals } = parsed;
  const directory = directoryOf(values);
  const timeoutMs = integerOption("timeout", values.timeout, TIMEOUT_S) * 1000;
  const selected = await selectNodes(directory, positionals);
  const outcomes: boolean[] = [];
  for (const { id } of selected) outcomes.push(await start(directory, id));
  const states = await Promise.all(
    selected.map(async ({ id }, index) => [id, outcomes[index] === true ? await settled(directory, id, timeoutMs) : undefined] as const),
  );
  for (const [id, state] of states) {
    if (state === undefined) process.stderr.write(`samsa: node ${id} is running already\n`);
    else if (state === "failed") process.stderr.write(`samsa: ${describeFailure(directory, id)}\n`);
    else process.stdout.write(`node ${id} is ${state === "running" ? "in service" : `started, and ${state}`}\n`);
  }
  return states.every(([, state]) => state !== undefined && state !== "failed") ? 0 : 1;
}

/** False: it was running. */
async function start(directory: ClusterDirectory, id: number): Promise<boolean> {
  return directory.locked(async () => {
    const file = directory.read();
    const node = file.nodes.find((one) => one.id === id);
    if (node === undefined || liveProcess(directory, node) !== undefined) return false;
    await demandFree(portsOf([node]), "start the node when it has ended");
    const process = await startNode(directory, file, node);
    directory.write(withNode(file, id, { process, ending: null, needsFaults: false }));
    return true;
  });
}

/** In service, or whatever it is when the time is over. */
async function settled(directory: ClusterDirectory, id: number, timeoutMs: number): Promise<NodeState> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const { nodes } = statusOf(directory, await lookAtCluster(directory));
    const state = nodes.find((node) => node.id === id)?.state ?? "failed";
    if (state === "running" || state === "failed" || performance.now() >= endMs) return state;
    await delay(POLL_MS);
  }
}
