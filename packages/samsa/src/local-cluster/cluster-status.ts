import { bootstrapOf } from "@samsa/scenario-runner";
import type { BrokerReport, NodeReport, ReportLimits } from "@samsa/server";
import type { ProcessState } from "@samsa/world-node";
import type { ClusterDirectory } from "./cluster-directory.ts";
import type { ClusterFile, Cut, NodeRecord } from "./cluster-file.ts";
import { type Answered, freshest, reportOf } from "./node-questions.ts";
import { liveProcess, stateOfProcess } from "./node-process.ts";

/**
 * | state | the process | and |
 * |---|---|---|
 * | starting | runs | does not listen yet, or has not registered yet |
 * | running | runs | serves clients; of a node that is only a controller: answers |
 * | fenced | runs | the controller does not count on it: nobody is sent to it |
 * | silent | runs | is dialled, but does not answer in time |
 * | paused | is stopped by SIGSTOP | |
 * | stopping | runs | has been told to end |
 * | killed, stopped | is gone | an operator ended it by SIGKILL, by SIGTERM |
 * | failed | is gone | nobody asked it to: its log says why |
 */
export type NodeState = "starting" | "running" | "fenced" | "silent" | "paused" | "stopping" | "killed" | "stopped" | "failed";

export interface NodeStatus {
  readonly id: number;
  readonly state: NodeState;
  /** Null: there is none. */
  readonly pid: number | null;
  /** Of clients; null on a node that is no broker. */
  readonly port: number | null;
  readonly controlPort: number;
  readonly roles: readonly ("broker" | "controller")[];
  readonly isActiveController: boolean;
  readonly dataDirectory: string;
  readonly log: string;
  /** How many partitions it leads, has a replica of, and is in the ISR of. Null: nobody who knows can be asked, or it is no broker. */
  readonly leads: number | null;
  readonly replicas: number | null;
  readonly inSync: number | null;
}

/** What `samsa status --json` prints. */
export interface ClusterStatus {
  readonly version: 1;
  readonly directory: string;
  readonly bootstrap: string;
  /** Null: nobody who answers knows one. */
  readonly controller: number | null;
  readonly controllerEpoch: number | null;
  readonly nodes: readonly NodeStatus[];
  readonly partitions: { readonly total: number; readonly leaderless: number; readonly underReplicated: number } | null;
  readonly cuts: readonly Cut[];
}

/** What was seen of a node: its process, and what it answered if it was asked. */
export interface SeenNode {
  readonly node: NodeRecord;
  readonly pid: number | undefined;
  readonly process: ProcessState;
  readonly answer: Answered | undefined;
}

export interface SeenCluster {
  readonly file: ClusterFile;
  readonly nodes: readonly SeenNode[];
  /** Of the node that knows most; undefined if none answers. */
  readonly freshest: NodeReport | undefined;
}

/** Counts alone. */
export const NO_PARTITIONS: ReportLimits = { topic: null, partitionsMax: 0, groupsMax: 0 };

/** Looks at every process and asks every node that can answer, all at once. Ends within the time that one answer may take. */
export async function lookAtCluster(directory: ClusterDirectory, wanted: ReportLimits = NO_PARTITIONS): Promise<SeenCluster> {
  const file = directory.read();
  const secret = directory.secretOf(file);
  const nodes = await Promise.all(
    file.nodes.map(async (node): Promise<SeenNode> => {
      const identity = liveProcess(directory, node);
      const process = stateOfProcess(identity);
      const answer = process === "running" ? await reportOf(node, secret, wanted) : undefined;
      return { node, pid: identity?.pid, process, answer };
    }),
  );
  const answers = new Map(nodes.flatMap(({ node, answer }) => (answer === undefined ? [] : [[node.id, answer] as const])));
  return { file, nodes, freshest: freshest(answers) };
}

export function statusOf(directory: ClusterDirectory, { file, nodes, freshest: known }: SeenCluster): ClusterStatus {
  return {
    version: 1,
    directory: directory.path,
    bootstrap: bootstrapOf(file.nodes).join(","),
    controller: known === undefined || known.controller < 0 ? null : known.controller,
    controllerEpoch: known?.controllerEpoch ?? null,
    nodes: nodes.map((seen) => statusOfNode(directory, seen, known)),
    partitions: known === undefined ? null : { total: known.partitionCount, leaderless: known.leaderlessCount, underReplicated: known.underReplicatedCount },
    cuts: file.cuts,
  };
}

function statusOfNode(directory: ClusterDirectory, seen: SeenNode, known: NodeReport | undefined): NodeStatus {
  const { node, pid } = seen;
  const { id, isBroker, isController, clientPort, controlPort } = node;
  const broker = known?.brokers.find((one) => one.id === id);
  const paths = directory.node(id);
  const counts = known === undefined || !isBroker ? undefined : (broker ?? { leads: 0, replicas: 0, inSync: 0 });
  return {
    id,
    state: stateOf(seen, broker),
    pid: pid ?? null,
    port: clientPort ?? null,
    controlPort,
    roles: [...(isBroker ? (["broker"] as const) : []), ...(isController ? (["controller"] as const) : [])],
    isActiveController: known?.controller === id,
    dataDirectory: paths.data,
    log: paths.log,
    leads: counts?.leads ?? null,
    replicas: counts?.replicas ?? null,
    inSync: counts?.inSync ?? null,
  };
}

/** See `NodeState`. `broker`: what the metadata say of it. */
export function stateOf({ node, process, answer }: Omit<SeenNode, "pid">, broker: BrokerReport | undefined): NodeState {
  if (process === "gone") return node.process === null ? "stopped" : (node.ending ?? "failed");
  if (node.ending !== null && node.process !== null) return "stopping";
  if (process === "stopped") return "paused";
  if (answer === undefined || !answer.ok) return answer?.problem.includes("ECONNREFUSED") === true ? "starting" : "silent";
  if (!node.isBroker) return "running";
  if (broker === undefined) return "starting";
  return broker.isFenced ? "fenced" : "running";
}

/** A client's first produce with acks=all would succeed: there is a controller, and every broker is in service by the account of each of them. */
export function isReady({ nodes, file }: SeenCluster): boolean {
  const brokers = file.nodes.filter(({ isBroker }) => isBroker);
  return nodes.every(({ answer }) => {
    if (answer === undefined || !answer.ok || answer.report.controller < 0) return false;
    return brokers.every(({ id }) => answer.report.brokers.some((broker) => broker.id === id && !broker.isFenced));
  });
}
