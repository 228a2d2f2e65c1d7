import { DIRECTORY_HELP, DIRECTORY_OPTION, directoryOf } from "../local-cluster/directory-option.ts";
import { liveProcess } from "../local-cluster/node-process.ts";
import { stopCluster } from "../local-cluster/stop-cluster.ts";
import { integerOption, readOptions } from "../options.ts";
import { Unavailable } from "../unavailable.ts";
import { UsageError } from "../usage-error.ts";

const HELP = `samsa down                stops every node; samsa up starts the same cluster again
samsa down --wipe         and deletes its data, its ports and its secret

Nodes get SIGTERM, also those that are paused or cut off, and SIGKILL when the time is over.

  --timeout S    seconds until a node is killed (default 10)
  --wipe         delete all that samsa up has made in the directory
${DIRECTORY_HELP}

Exit code 0: no node runs any more. 2: the command line can't be understood. 69: there is no cluster in the directory.
`;

const OPTIONS = { ...DIRECTORY_OPTION, timeout: { type: "string" }, wipe: { type: "boolean" } } as const;

const TIMEOUT_S = 10;

export async function runDown(args: readonly string[]): Promise<number> {
  const parsed = readOptions(args, OPTIONS, HELP);
  if (parsed === undefined) return 0;
  const { values, positionals } = parsed;
  if (positionals.length > 0) throw new UsageError(`${JSON.stringify(positionals[0])} is no option; samsa down --help shows examples`);
  const directory = directoryOf(values);
  const { stopped, forced } = await stopCluster(directory, integerOption("timeout", values.timeout, TIMEOUT_S) * 1000);
  say(stopped.length === 0 ? "no node was running" : `stopped ${stopped.length === 1 ? "node" : "nodes"} ${stopped.join(", ")}`);
  if (forced.length > 0) say(`${forced.length === 1 ? "node" : "nodes"} ${forced.join(", ")} did not end in time and had to be killed`);
  if (values.wipe !== true) return 0;
  await directory.locked(() => {
    const file = directory.read();
    if (file.nodes.some((node) => liveProcess(directory, node) !== undefined))
      throw new Unavailable("another command has started nodes meanwhile, so nothing was deleted; run samsa down --wipe again");
    directory.wipe(file);
  });
  directory.removeIfEmpty();
  say(`deleted what was in ${directory.path}`);
  return 0;
}

const say = (text: string): void => void process.stderr.write(`samsa: ${text}\n`);
