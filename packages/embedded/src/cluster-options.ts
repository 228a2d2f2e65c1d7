import { join } from "node:path";
import { type NodeConfig, readNodeConfig } from "@samsa/server";
import { ClusterError } from "./cluster-error.ts";

export interface ClusterOptions {
  /** Their ids are 1, 2, …; default 3. */
  readonly brokers?: number;
  /** Nodes that are controllers only, with the ids behind the brokers. Default 0: the brokers are controllers too. */
  readonly controllers?: number;
  /**
   * Kafka's keys of `server.properties`, for every node; they go before the defaults of the cluster, which are made for tests: short time-outs (`profile=test`),
   * groups that wait for nobody (`group.initial.rebalance.delay.ms=0`), one partition of `__consumer_offsets`, replication factor 3 and
   * `min.insync.replicas=2` where there are brokers enough.
   */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** The trace has also what happens with every record: appends, high watermarks, entries of the metadata log. Default false. */
  readonly isTraceDetailed?: boolean;
  /** Until all brokers serve; default 30 seconds. */
  readonly startTimeoutMs?: number;
}

/** Nodes of one cluster; more would be a mistake. */
const NODES_MAX = 32;
/** A message takes less than a millisecond here. */
const ELECTION_TIMEOUT_MS = 300;
const HOST = "127.0.0.1";
/** What the cluster sets for each node by itself. */
const OWN_KEYS = [
  "node.id",
  "process.roles",
  "listeners",
  "advertised.listeners",
  "controller.quorum.voters",
  "log.dirs",
  "log.dir",
  "metadata.log.dir",
  "samsa.cluster.secret.file",
];

export interface Shape {
  readonly brokers: number;
  readonly controllers: number;
}

/** What a node is and where. */
export interface NodePlan {
  readonly id: number;
  readonly isBroker: boolean;
  readonly isController: boolean;
  /** undefined for a node that serves no clients. */
  readonly clientPort: number | undefined;
  readonly controlPort: number;
}

/** Throws BAD_OPTION. */
export function shapeOf({ brokers = 3, controllers = 0 }: ClusterOptions): Shape {
  if (!Number.isInteger(brokers) || brokers < 1) throw new ClusterError("BAD_OPTION", `brokers is ${brokers}; it must be a whole number from 1`);
  if (!Number.isInteger(controllers) || controllers < 0)
    throw new ClusterError("BAD_OPTION", `controllers is ${controllers}; it must be a whole number from 0`);
  if (brokers + controllers > NODES_MAX)
    throw new ClusterError("BAD_OPTION", `${brokers + controllers} nodes are more than the ${NODES_MAX} that a cluster in one process may have`);
  return { brokers, controllers };
}

/** Two ports for a broker, one for a node that is a controller only. */
export const portCountOf = ({ brokers, controllers }: Shape): number => 2 * brokers + controllers;

export function planNodes({ brokers, controllers }: Shape, ports: readonly number[]): readonly NodePlan[] {
  return Array.from({ length: brokers + controllers }, (_, index) => ({
    id: index + 1,
    isBroker: index < brokers,
    isController: controllers === 0 || index >= brokers,
    clientPort: index < brokers ? ports[brokers + controllers + index] : undefined,
    controlPort: ports[index] ?? 0,
  }));
}

/** What other nodes dial. */
export const endpointsOf = ({ clientPort, controlPort }: NodePlan): readonly string[] =>
  [clientPort, controlPort].flatMap((port) => (port === undefined ? [] : [`${HOST}:${port}`]));

export const clientAddress = ({ clientPort }: NodePlan): string => `${HOST}:${clientPort}`;

/** Throws BAD_OPTION for a key that is unknown, has a bad value, or is the cluster's own. */
export function configOf(
  plan: NodePlan,
  all: readonly NodePlan[],
  { config = {}, directory }: { readonly config?: ClusterOptions["config"]; readonly directory: string },
): NodeConfig {
  const own = OWN_KEYS.find((key) => key in config);
  if (own !== undefined) throw new ClusterError("BAD_OPTION", `config has ${own}, which the cluster sets for each of its nodes itself; leave it out`);
  const given = Object.entries(config).map(([key, value]): [string, string] => [key, String(value)]);
  const result = readNodeConfig(new Map([...defaultsOf(all), ...given, ...ownOf(plan, all, directory)]));
  const problems = result.ok ? result.warnings : [...result.errors, ...result.warnings];
  if (result.ok && problems.length === 0) return result.config;
  throw new ClusterError("BAD_OPTION", `config: ${problems.map(({ key, problem }) => `${key} ${problem}`).join("; ")}`);
}

function defaultsOf(all: readonly NodePlan[]): ReadonlyMap<string, string> {
  const brokers = all.filter(({ isBroker }) => isBroker).length;
  const replicas = String(Math.min(brokers, 3));
  return new Map([
    ["profile", "test"],
    ["controller.quorum.election.timeout.ms", String(ELECTION_TIMEOUT_MS)],
    ["offsets.topic.num.partitions", "1"],
    ["offsets.topic.replication.factor", replicas],
    ["default.replication.factor", replicas],
    ["min.insync.replicas", brokers >= 3 ? "2" : "1"],
  ]);
}

function ownOf({ id, isBroker, isController, clientPort, controlPort }: NodePlan, all: readonly NodePlan[], directory: string): ReadonlyMap<string, string> {
  const voters = all.filter((one) => one.isController).map((one) => `${one.id}@${HOST}:${one.controlPort}`);
  const listeners = [...(clientPort === undefined ? [] : [`PLAINTEXT://${HOST}:${clientPort}`]), `CONTROLLER://${HOST}:${controlPort}`];
  return new Map([
    ["node.id", String(id)],
    ["process.roles", [...(isBroker ? ["broker"] : []), ...(isController ? ["controller"] : [])].join(",")],
    ["listeners", listeners.join(",")],
    ["controller.quorum.voters", voters.join(",")],
    ["log.dirs", join(directory, `node-${id}`)],
  ]);
}
