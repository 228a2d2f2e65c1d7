import { setTimeout as delay } from "node:timers/promises";
import type { ClusterDirectory } from "../local-cluster/cluster-directory.ts";
import { lookAtCluster } from "../local-cluster/cluster-status.ts";
import { DIRECTORY_HELP, DIRECTORY_OPTION, directoryOf } from "../local-cluster/directory-option.ts";
import { Interruption } from "../local-cluster/interruption.ts";
import { readOptions } from "../options.ts";
import { UsageError } from "../usage-error.ts";
import { changesBetween, standing } from "../watch/changes.ts";
import { type ClusterView, viewOf } from "../watch/cluster-view.ts";
import { screenOf, type ToldChange } from "../watch/screen.ts";
import { Terminal } from "../watch/terminal.ts";

const HELP = `samsa watch
samsa watch | tee what-happened.txt

Shows the cluster of samsa up live: nodes, partitions with leader, epoch, ISR, high watermark and the end of each replica's log (by its own account;
a star is at those that are not in the ISR), groups with state, members and lag, and what changed, in words. It goes on whatever is broken. Where
stdout is no terminal, it says how things stand, then one line for each change. q or Ctrl-C leaves.

${DIRECTORY_HELP}

Exit code 0: left. 2: the command line can't be understood. 69: there is no cluster in the directory.
`;

const INTERVAL_MS = 250;
/** What is kept to be shown below; a terminal has fewer rows. */
const CHANGES_MAX = 200;
const WATCHED = { topic: null, partitionsMax: 500, groupsMax: 50 } as const;

export async function runWatch(args: readonly string[]): Promise<number> {
  const parsed = readOptions(args, DIRECTORY_OPTION, HELP);
  if (parsed === undefined) return 0;
  if (parsed.positionals.length > 0) throw new UsageError(`${JSON.stringify(parsed.positionals[0])} is no option; samsa watch --help shows examples`);
  const directory = directoryOf(parsed.values);
  directory.read();
  using interruption = new Interruption();
  if (process.stdout.isTTY) await watchOnScreen(directory, interruption.once);
  else await watchInLines(directory, interruption.once);
  return 0;
}

async function watchOnScreen(directory: ClusterDirectory, interrupted: AbortSignal): Promise<void> {
  const left = new AbortController();
  const signal = AbortSignal.any([interrupted, left.signal]);
  using terminal = new Terminal(process.stdout, process.stdin, () => left.abort());
  const told: ToldChange[] = [];
  let last: ClusterView | undefined;
  const show = (): void => {
    if (last !== undefined) terminal.show(screenOf(last, told, terminal.size));
  };
  process.stdout.on("resize", show);
  await watch(directory, signal, (view, changes) => {
    last = view;
    told.push(...changes);
    told.splice(0, Math.max(0, told.length - CHANGES_MAX));
    show();
  });
  process.stdout.off("resize", show);
}

async function watchInLines(directory: ClusterDirectory, signal: AbortSignal): Promise<void> {
  let isFirst = true;
  // Whoever read has gone, as `head` does.
  const left = new AbortController();
  process.stdout.on("error", () => left.abort());
  await watch(directory, AbortSignal.any([signal, left.signal]), (view, changes) => {
    const lines = isFirst ? standing(view).map((sentence) => ({ at: timeNow(), sentence })) : changes;
    isFirst = false;
    if (lines.length > 0) process.stdout.write(`${lines.map(({ at, sentence }) => `${at}  ${sentence}`).join("\n")}\n`);
  });
}

/** Looks several times a second, until it is aborted or the cluster is deleted. */
async function watch(directory: ClusterDirectory, signal: AbortSignal, seen: (view: ClusterView, changes: readonly ToldChange[]) => void): Promise<void> {
  let before: ClusterView | undefined;
  while (!signal.aborted && directory.isThere) {
    const view = viewOf(await lookAtCluster(directory, WATCHED));
    if (signal.aborted) return;
    const changes = before === undefined ? [] : changesBetween(before, view);
    seen(
      view,
      changes.map((sentence) => ({ at: timeNow(), sentence })),
    );
    // What nobody who answers knows is compared with what was known last.
    before = view.isKnown || before === undefined ? view : { ...before, nodes: view.nodes, cuts: view.cuts };
    await delay(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
}

const timeNow = (): string => new Date().toTimeString().slice(0, 8);
