import type { ClusterDirectory } from "./cluster-directory.ts";
import type { ClusterFile } from "./cluster-file.ts";
import { injectInto } from "./node-questions.ts";
import { liveProcess, signal, stateOfProcess, untilGone } from "./node-process.ts";

export interface Stopped {
  /** Nodes that ran. */
  readonly stopped: readonly number[];
  /** Those of them that did not end in time, and were killed. */
  readonly forced: readonly number[];
}

/** SIGTERM to every node that runs, also to those that stand still, and SIGKILL when the time is over. What was cut is whole again before. */
export async function stopCluster(directory: ClusterDirectory, timeoutMs: number, impatience?: AbortSignal): Promise<Stopped> {
  const before = directory.read();
  const file = await directory.update((now) => ({
    ...now,
    nodes: now.nodes.map((node) => (liveProcess(directory, node) === undefined ? node : { ...node, ending: "stopped" })),
    cuts: [],
  }));
  if (before.cuts.length > 0) await healAll(directory, file);
  const running = file.nodes.flatMap((node) => {
    const process = liveProcess(directory, node);
    return process === undefined ? [] : [{ id: node.id, process }];
  });
  const ends = await Promise.all(
    running.map(async ({ id, process }) => {
      signal(process, "SIGTERM");
      signal(process, "SIGCONT");
      if (await untilGone(process, timeoutMs, impatience)) return { id, isForced: false };
      signal(process, "SIGKILL");
      await untilGone(process, Number.POSITIVE_INFINITY);
      return { id, isForced: true };
    }),
  );
  return { stopped: ends.map(({ id }) => id), forced: ends.filter(({ isForced }) => isForced).map(({ id }) => id) };
}

/** Why not, by node; those that stand still or are gone are not asked: what is gone has no cut, and who goes on is told then. */
export async function healAll(directory: ClusterDirectory, file: ClusterFile): Promise<ReadonlyMap<number, string>> {
  const secret = directory.secretOf(file);
  const running = file.nodes.filter((node) => stateOfProcess(liveProcess(directory, node)) === "running");
  const answers = await Promise.all(running.map(async (node) => [node.id, await injectInto(node, secret, { type: "heal" })] as const));
  return new Map(answers.flatMap(([id, problem]) => (problem === null ? [] : [[id, problem]])));
}
