import { followCluster } from "../local-cluster/follow-cluster.ts";
import { type ClusterStatus, lookAtCluster, type SeenCluster, statusOf } from "../local-cluster/cluster-status.ts";
import type { ClusterDirectory } from "../local-cluster/cluster-directory.ts";
import { commandLine, DIRECTORY_HELP, DIRECTORY_OPTION, directoryOf } from "../local-cluster/directory-option.ts";
import { Interruption } from "../local-cluster/interruption.ts";
import { FIRST_PORT } from "../local-cluster/ports.ts";
import { beginCluster, DEFAULT_BROKERS, untilReady, type WantedCluster } from "../local-cluster/start-cluster.ts";
import { stopCluster } from "../local-cluster/stop-cluster.ts";
import { integerOption, readOptions } from "../options.ts";
import { UsageError } from "../usage-error.ts";

const HELP = `samsa up                                  three brokers in the foreground; Ctrl-C stops them
samsa up --detach                         the same in the background; samsa down stops them
samsa up --brokers 5 --port 19092         clients' ports 19092 to 19096
samsa up --brokers 3 --controllers 3      controllers of their own
samsa up --config log.retention.ms=60000  a configuration of every node
BOOTSTRAP=$(samsa up --detach)            stdout is the bootstrap line alone

Starts a cluster of separate processes, to be used, watched and broken: samsa status, kill, pause, partition, watch. If there is one in the
directory already, that one is started again: its ids, ports and data are kept.

  --brokers N         how many brokers (default ${DEFAULT_BROKERS}); up to five of them are controllers too
  --controllers N     N more nodes are the controllers, and the brokers are none
  --port P            brokers listen on P, P+1, … (default: ${FIRST_PORT}, or the next hundred where that is in use); control listeners are 10000 above
  --config KEY=VALUE  of every node, by Kafka's keys; may be repeated, and is kept
  --detach            return as soon as a first record can be written; the nodes stay
  --json              what samsa status --json prints, when the cluster is ready
${DIRECTORY_HELP.replace("--data DIR    ", "--data DIR         ")}

Nodes have Kafka's defaults but for the key profile (test: quick time-outs; --config profile=apache has Kafka's own) and replication: as many
replicas as there are brokers, three at most, of which all but one must be in sync.

Exit code 0: it was stopped in order; with --detach: it is ready, or was running already. 1: it was running already (without --detach), or every
node has ended. 2: the command line can't be understood, has a value that no node takes, or asks for another cluster than there is. 69: a port is
in use, a node can't start, or the directory is somebody else's: nothing is left running then. 130: interrupted before it was ready; nothing is left
running.
`;

const OPTIONS = {
  ...DIRECTORY_OPTION,
  brokers: { type: "string" },
  controllers: { type: "string" },
  port: { type: "string" },
  config: { type: "string", multiple: true },
  detach: { type: "boolean" },
  json: { type: "boolean" },
} as const;

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const FAILED = 69;
const SIGNALED = 130;

interface Values {
  readonly data?: string | undefined;
  readonly detach?: boolean | undefined;
  readonly json?: boolean | undefined;
}

export async function runUp(args: readonly string[]): Promise<number> {
  const parsed = readOptions(args, OPTIONS, HELP);
  if (parsed === undefined) return 0;
  const { values, positionals } = parsed;
  if (positionals.length > 0) throw new UsageError(`${JSON.stringify(positionals[0])} is no option; samsa up --help shows examples`);
  const directory = directoryOf(values);
  const startMs = performance.now();
  using interruption = new Interruption();
  const begun = await beginCluster(directory, wantedOf(values));
  if (begun.type === "already running") return alreadyRunning(directory, values);
  if (begun.isNew) say(`a new cluster in ${directory.path}`);
  const seen = await readyOrStopped(directory, interruption);
  if (seen === undefined) return interruption.isThere ? SIGNALED : FAILED;
  const status = statusOf(directory, seen);
  say(`${nodesIn(status)} after ${Math.round(performance.now() - startMs)} ms`);
  show(status, values);
  // Awaited here: whoever interrupts it is heard until it is over.
  return values.detach === true ? 0 : await stay(directory, seen, interruption);
}

function wantedOf(values: {
  readonly brokers?: string | undefined;
  readonly controllers?: string | undefined;
  readonly port?: string | undefined;
  readonly config?: readonly string[] | undefined;
}): WantedCluster {
  const number = (name: "brokers" | "controllers" | "port"): number | undefined =>
    values[name] === undefined ? undefined : integerOption(name, values[name], 0);
  return { brokers: number("brokers"), controllers: number("controllers"), port: number("port"), properties: new Map((values.config ?? []).map(parseConfig)) };
}

function parseConfig(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--config ${JSON.stringify(text)} must be KEY=VALUE`);
  const [key, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  // It is written into a server.properties, where it would go on in the next line, or begin one.
  if (/[\r\n]|\\$/.test(`${key}${value}`)) throw new UsageError(`--config ${JSON.stringify(text)} has a line's end, or ends with a backslash`);
  return [key, value];
}

/** Whatever goes wrong from here on, no process is left. */
async function readyOrStopped(directory: ClusterDirectory, interruption: Interruption): Promise<SeenCluster | undefined> {
  try {
    const seen = await untilReady(directory, READY_TIMEOUT_MS, () => interruption.isThere);
    if (seen !== undefined) return seen;
    say(
      interruption.isThere
        ? `interrupted; what was started is stopped`
        : `not ready after ${READY_TIMEOUT_MS / 1000} s, and stopped again: ${await standing(directory)}`,
    );
  } catch (error) {
    await stopCluster(directory, 0);
    throw error;
  }
  await stopCluster(directory, 0);
  return undefined;
}

async function standing(directory: ClusterDirectory): Promise<string> {
  const { nodes } = statusOf(directory, await lookAtCluster(directory));
  return nodes.map(({ id, state, log }) => `node ${id} is ${state} (${log})`).join(", ");
}

async function alreadyRunning(directory: ClusterDirectory, values: Values): Promise<number> {
  const status = statusOf(directory, await lookAtCluster(directory));
  const notRunning = status.nodes.filter(({ state }) => state !== "running");
  say(`the cluster in ${directory.path} is running already`);
  for (const { id, state } of notRunning)
    say(`node ${id} is ${state}${state === "killed" || state === "stopped" || state === "failed" ? `: ${commandLine(`start ${id}`, values)}` : ""}`);
  process.stdout.write(values.json === true ? `${JSON.stringify(status)}\n` : `${status.bootstrap}\n`);
  return values.detach === true ? 0 : 1;
}

function nodesIn({ nodes, controller }: ClusterStatus): string {
  const brokers = nodes.filter(({ port }) => port !== null).length;
  const controllers = nodes.length - brokers;
  const what = `${brokers} ${brokers === 1 ? "broker" : "brokers"}${controllers === 0 ? "" : ` and ${controllers} ${controllers === 1 ? "controller" : "controllers"}`}`;
  return `${what} ready (node ${controller} is the active controller)`;
}

function show(status: ClusterStatus, values: Values): void {
  process.stdout.write(values.json === true ? `${JSON.stringify(status)}\n` : `${status.bootstrap}\n`);
  if (values.json === true) return;
  const [first = ""] = status.bootstrap.split(",");
  const next = [
    ["produce", `echo hello | ${commandLine(`kafka-console-producer --bootstrap-server ${first} --topic greetings`, {})}`],
    ["consume", commandLine(`kafka-console-consumer --bootstrap-server ${first} --topic greetings --from-beginning`, {})],
    ["look", commandLine("status", values)],
    ["watch", commandLine("watch", values)],
    ["break", commandLine("kill leader:greetings-0", values)],
    ["mend", commandLine("start ID", values)],
    ["stop", values.detach === true ? commandLine("down", values) : "Ctrl-C"],
  ].map(([what = "", command = ""]) => `  ${what.padEnd(8)} ${command}`);
  process.stderr.write(`\n${next.join("\n")}\n\n`);
}

/** Until the user, or another command, stops the cluster. */
async function stay(directory: ClusterDirectory, seen: SeenCluster, interruption: Interruption): Promise<number> {
  const end = await followCluster(directory, { seen, tell: say, signal: interruption.once });
  if (end === "gone" && !directory.isThere) {
    say("the cluster was stopped and deleted by another command");
    return 0;
  }
  if (end === "gone") {
    const { nodes } = statusOf(directory, await lookAtCluster(directory));
    const isAsked = nodes.every(({ state }) => state === "stopped" || state === "killed");
    say(isAsked ? "every node was stopped by another command" : "every node has ended; their logs say why");
    return isAsked ? 0 : 1;
  }
  say("stopping in order; once more, and the nodes are killed");
  const { forced } = await stopCluster(directory, STOP_TIMEOUT_MS, interruption.again);
  say(forced.length === 0 ? `stopped; the data stay in ${directory.path}` : `stopped; node ${forced.join(", ")} had to be killed`);
  return 0;
}

const say = (text: string): void => void process.stderr.write(`samsa: ${text}\n`);
