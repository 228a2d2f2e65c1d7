import { existsSync } from "node:fs";
import { ProcessCluster } from "../../src/process-world/process-cluster.ts";
import { ClusterState } from "../../src/run/cluster-state.ts";
import type { NodeEvent } from "../../src/run/node-event.ts";
import { createLoadTopic, waitForLeaders } from "../../src/load/index.ts";

const BUNDLE = "dist/samsa.mjs";
const TIMEOUT_MS = 20_000;
const BROKERS = 3;
const WANTED_CONTROLLERS = process.env.SAMSA_CLIENTS_CONTROLLERS;
/** Nodes that are controllers only; none: the brokers are controllers too. */
const CONTROLLERS = Number(WANTED_CONTROLLERS ?? 0);
/** What breaks nodes is run with both; the rest has to pass with both. */
export const ROLES_OF_CLUSTERS: readonly number[] = WANTED_CONTROLLERS === undefined ? [0, 3] : [CONTROLLERS];
export const CLUSTER_TITLE = "three brokers, %i controllers of their own";

/** What clients see of three brokers with the ids 1, 2 and 3. */
export interface TestedCluster {
  /** `host:port` of each broker, by id. */
  readonly brokers: readonly string[];
  /** `host:port,host:port,…` */
  readonly bootstrap: string;
  createTopic(name: string, partitions: number): Promise<void>;
  stop(): Promise<void>;
}

/** Three real broker processes, and what their traces tell. */
export interface RunningCluster extends TestedCluster {
  readonly cluster: ProcessCluster;
  readonly state: ClusterState;
  /** All that the nodes told. */
  readonly events: readonly NodeEvent[];
}

/**
 * Names a cluster that runs already, by its three brokers in the order of their ids, with none of the tests' topics yet: Apache Kafka has to
 * pass as well what is asked of Samsa.
 */
const FOREIGN_BOOTSTRAP = process.env.SAMSA_CLIENTS_BOOTSTRAP;

export async function testedCluster(): Promise<TestedCluster> {
  if (FOREIGN_BOOTSTRAP === undefined) return startCluster();
  return seenByClients(FOREIGN_BOOTSTRAP.split(","), async () => undefined);
}

function seenByClients(brokers: readonly string[], stop: () => Promise<void>): TestedCluster {
  const addresses = brokers.map((text) => ({ host: text.slice(0, text.lastIndexOf(":")), port: Number(text.slice(text.lastIndexOf(":") + 1)) }));
  return {
    brokers,
    bootstrap: brokers.join(","),
    stop,
    createTopic: async (name, partitions) => {
      const topic = { name, partitions, replicationFactor: 3, minInsyncReplicas: 2 };
      await createLoadTopic(addresses, topic, TIMEOUT_MS);
      // Whoever sends with acks=0 is not told that an elected leader does not lead yet.
      await waitForLeaders(addresses, topic, TIMEOUT_MS);
    },
  };
}

/** `controllers`: nodes that are controllers only; none: the brokers are controllers too. */
export async function startCluster(controllers = CONTROLLERS): Promise<RunningCluster> {
  if (!existsSync(BUNDLE)) throw new Error(`${BUNDLE} is not built: npm run test:clients builds it`);
  const state = new ClusterState();
  const events: NodeEvent[] = [];
  const box: { cluster?: ProcessCluster } = {};
  const cluster = await ProcessCluster.start({
    bundle: BUNDLE,
    brokers: BROKERS,
    controllers,
    areFaultsEnabled: false,
    onEvent: (event) => {
      state.apply(event);
      events.push(event);
      box.cluster?.poke();
    },
  });
  box.cluster = cluster;
  if (!(await cluster.until(() => state.unfenced.size === BROKERS && state.activeController > 0, TIMEOUT_MS)))
    throw new Error("not every broker came into service");
  return { ...seenByClients(cluster.bootstrap, () => cluster.dispose()), cluster, state, events };
}

/** What a broker is killed for. */
export const ROLES = ["leader", "follower", "active controller"] as const;
export type Role = (typeof ROLES)[number];

/** Kills with SIGKILL whoever has the role for partition 0 of a topic, and waits until the others do without it. */
export async function killRole({ cluster, state }: RunningCluster, role: Role, topic: string): Promise<number> {
  const victim = state.resolve(role === "active controller" ? { type: "active-controller" } : { type: role, topic, partition: 0 });
  if (victim === undefined) throw new Error(`nobody is ${role} of ${topic}-0`);
  await cluster.node(victim).kill("SIGKILL");
  const isReplaced = (): boolean => {
    const { leader = -1, isr = [] } = state.partition(topic, 0) ?? {};
    return leader >= 0 && !isr.includes(victim) && state.activeController !== victim;
  };
  if (!(await cluster.until(isReplaced, TIMEOUT_MS))) throw new Error(`${topic}-0 still needs broker ${victim}, which was killed as ${role}`);
  return victim;
}
