import { lookAtCluster, statusOf } from "../local-cluster/cluster-status.ts";
import { DIRECTORY_HELP, DIRECTORY_OPTION, directoryOf } from "../local-cluster/directory-option.ts";
import { formatStatus } from "../local-cluster/format-status.ts";
import { readOptions } from "../options.ts";
import { UsageError } from "../usage-error.ts";

const HELP = `samsa status
samsa status --json

Shows the cluster of samsa up: where clients find it, the active controller, and every node with its state (starting, running, fenced, silent,
paused, stopping, killed, stopped, failed), process, port, roles, and, by the metadata of the node that knows most, how many partitions it
leads and of how many of its replicas it is in the ISR. "?" is what nobody who answers knows. It ends within two seconds, whatever is broken.

  --json         one object, with a version
${DIRECTORY_HELP}

Exit code 0: some node runs. 1: none does. 2: the command line can't be understood. 69: there is no cluster in the directory.
`;

const OPTIONS = { ...DIRECTORY_OPTION, json: { type: "boolean" } } as const;

export async function runStatus(args: readonly string[]): Promise<number> {
  const parsed = readOptions(args, OPTIONS, HELP);
  if (parsed === undefined) return 0;
  const { values, positionals } = parsed;
  if (positionals.length > 0) throw new UsageError(`${JSON.stringify(positionals[0])} is no option; samsa status --help shows examples`);
  const directory = directoryOf(values);
  const status = statusOf(directory, await lookAtCluster(directory));
  process.stdout.write(values.json === true ? `${JSON.stringify(status)}\n` : formatStatus(status));
  return status.nodes.some(({ pid }) => pid !== null) ? 0 : 1;
}
