import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type LocalNode, planLocalNodes } from "@samsa/scenario-runner";
import { readNodeConfig } from "@samsa/server";
import { Unavailable } from "../unavailable.ts";
import { UsageError } from "../usage-error.ts";
import { type ClusterDirectory, SECRET_FILE } from "./cluster-directory.ts";
import { type ClusterFile, FORMAT_VERSION, type NodeRecord } from "./cluster-file.ts";
import { isReady, lookAtCluster, type SeenCluster, stateOf } from "./cluster-status.ts";
import { liveProcess, logTail, propertiesOf, signal, startNode, untilGone } from "./node-process.ts";
import { choosePorts, demandFree } from "./ports.ts";

/** What the user asked for; undefined: whatever the cluster has, or the default. */
export interface WantedCluster {
  readonly brokers: number | undefined;
  readonly controllers: number | undefined;
  readonly port: number | undefined;
  readonly properties: ReadonlyMap<string, string>;
}

export const DEFAULT_BROKERS = 3;
/** Of brokers that vote as well: each voter more is one more that has to be heard. */
const VOTING_BROKERS_MAX = 5;
const REPLICAS_MAX = 3;
const POLL_MS = 20;

export type Begun = { readonly type: "already running" } | { readonly type: "started"; readonly isNew: boolean };

/**
 * Starts every node, of the cluster that is in the directory or of a new one. Ports, ids and data are kept; cuts are not. Throws `Unavailable`, and
 * then no process is left.
 */
export async function beginCluster(directory: ClusterDirectory, wanted: WantedCluster): Promise<Begun> {
  const isNew = !directory.isThere;
  const isOwn = !existsSync(directory.path);
  const isStarted = await begin(directory, wanted).finally(() => (isOwn ? directory.removeIfEmpty() : undefined));
  return isStarted ? { type: "started", isNew } : { type: "already running" };
}

/** False: some node runs. */
async function begin(directory: ClusterDirectory, wanted: WantedCluster): Promise<boolean> {
  return directory.locked(async () => {
    const file = directory.isThere ? agreed(directory.read(), wanted) : await newCluster(wanted);
    if (!directory.isThere) demandOwn(directory, file);
    if (file.nodes.some((node) => liveProcess(directory, node) !== undefined)) return false;
    if (directory.isThere) await demandFree(portsOf(file.nodes), `make a new cluster: its ports are kept as long as it lives (samsa down --wipe deletes it)`);
    const plan = {
      ...file,
      properties: { ...file.properties, ...Object.fromEntries(wanted.properties) },
      nodes: file.nodes.map((node) => ({ ...node, process: null, ending: null, needsFaults: false })),
      cuts: [],
    };
    checkProperties(directory, plan);
    directory.makeSecret();
    await startAll(directory, plan);
    return true;
  });
}

/** What lies where a new cluster's nodes would live is somebody else's, unless a cluster's secret lies beside it: `samsa down --wipe` deletes it one day. */
function demandOwn(directory: ClusterDirectory, file: ClusterFile): void {
  if (existsSync(directory.secretPath(file))) return;
  const foreign = file.nodes.map(({ id }) => directory.node(id).home).find((home) => existsSync(home));
  if (foreign !== undefined)
    throw new Unavailable(`${foreign} is there, and samsa has not made it: a cluster would write into it; choose another directory with --data DIR`);
}

/** Before they are kept: with a value that no node takes the cluster would not start again either. */
function checkProperties(directory: ClusterDirectory, file: ClusterFile): void {
  for (const node of file.nodes) {
    const result = readNodeConfig(propertiesOf(directory, file, node));
    if (!result.ok) throw new UsageError(result.errors.map(({ key, problem }) => `${key} ${problem}`).join("; "));
  }
}

export const portsOf = (nodes: readonly LocalNode[]): readonly number[] =>
  nodes.flatMap(({ clientPort, controlPort }) => (clientPort === undefined ? [controlPort] : [clientPort, controlPort]));

async function newCluster({ brokers = DEFAULT_BROKERS, controllers = 0, port }: WantedCluster): Promise<ClusterFile> {
  if (brokers < 1) throw new UsageError("--brokers must be 1 or more");
  const block = await choosePorts(brokers + controllers, port);
  const nodes = planLocalNodes({
    brokers,
    controllers,
    brokersThatVoteMax: VOTING_BROKERS_MAX,
    clientPort: (index) => block.client + index,
    controlPort: (index) => block.control + index,
  });
  return {
    version: FORMAT_VERSION,
    secretFile: SECRET_FILE,
    properties: replicationProperties(brokers),
    nodes: nodes.map((node) => ({ ...node, process: null, ending: null, needsFaults: false })),
    cuts: [],
  };
}

/** So that a broker can be lost: topics that are made by being written to have replicas, and acks=all waits for more than the leader. */
function replicationProperties(brokers: number): Readonly<Record<string, string>> {
  const replicas = Math.min(REPLICAS_MAX, brokers);
  return {
    "default.replication.factor": String(replicas),
    "offsets.topic.replication.factor": String(replicas),
    "min.insync.replicas": String(Math.max(1, replicas - 1)),
  };
}

/** Throws `UsageError` if another cluster is asked for than there is. */
function agreed(file: ClusterFile, { brokers, controllers, port }: WantedCluster): ClusterFile {
  const has = {
    brokers: file.nodes.filter(({ isBroker }) => isBroker).length,
    controllers: file.nodes.filter(({ isBroker }) => !isBroker).length,
    port: file.nodes[0]?.clientPort,
  };
  for (const [option, wanted, is] of [
    ["brokers", brokers, has.brokers],
    ["controllers", controllers, has.controllers],
    ["port", port, has.port],
  ] as const)
    if (wanted !== undefined && wanted !== is)
      throw new UsageError(
        `--${option} is ${wanted}, but the cluster that is there has ${is}: leave it out to start that one, delete it with samsa down --wipe, or make another with --data DIR`,
      );
  return file;
}

/** Each process is written down as soon as it is there. Under the lock. */
async function startAll(directory: ClusterDirectory, plan: ClusterFile): Promise<void> {
  let file = plan;
  directory.write(file);
  try {
    for (const node of plan.nodes) {
      const process = await startNode(directory, file, node);
      file = withNode(file, node.id, { process });
      directory.write(file);
    }
  } catch (error) {
    await killAll(directory, file);
    throw error;
  }
}

export const withNode = (file: ClusterFile, id: number, change: Partial<NodeRecord>): ClusterFile => ({
  ...file,
  nodes: file.nodes.map((node) => (node.id === id ? { ...node, ...change } : node)),
});

async function killAll(directory: ClusterDirectory, { nodes }: ClusterFile): Promise<void> {
  for (const node of nodes) {
    const process = liveProcess(directory, node);
    if (process === undefined) continue;
    signal(process, "SIGKILL");
    await untilGone(process, Number.POSITIVE_INFINITY);
  }
}

/** Until a first produce would succeed. Undefined: the time ran out, or `isInterrupted`. Throws `Unavailable` if a node ends by itself. */
export async function untilReady(directory: ClusterDirectory, timeoutMs: number, isInterrupted: () => boolean): Promise<SeenCluster | undefined> {
  const endMs = performance.now() + timeoutMs;
  while (!isInterrupted() && performance.now() < endMs) {
    const seen = await lookAtCluster(directory);
    if (isReady(seen)) return seen;
    const failed = seen.nodes.find((node) => stateOf(node, undefined) === "failed")?.node.id;
    if (failed !== undefined) throw new Unavailable(describeFailure(directory, failed));
    await delay(POLL_MS);
  }
  return undefined;
}

export function describeFailure(directory: ClusterDirectory, id: number): string {
  const { log } = directory.node(id);
  return `node ${id} has ended by itself; the end of its log, ${log}:\n${logTail(log)}`;
}
