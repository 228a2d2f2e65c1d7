import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Address } from "../load/wire-connection.ts";
import { ProcessCluster } from "../process-world/process-cluster.ts";

const run = promisify(execFile);

/** A cluster of processes that can be killed and started again one by one. */
export interface ScaleSubject {
  readonly brokers: ReadonlyMap<number, Address>;
  /** Brokers, and nodes that are controllers only. */
  readonly nodes: readonly number[];
  pid(id: number): number | undefined;
  kill(id: number, signal: "SIGKILL" | "SIGTERM"): Promise<void>;
  start(id: number): Promise<void>;
  activeController(): Promise<number>;
  /** Index of the last snapshot that the node began with, in its log; undefined where it does not tell, or there was none. */
  restoredIndex(id: number): number | undefined;
  dispose(): Promise<void>;
}

export interface SamsaSubjectOptions {
  readonly bundle: string;
  readonly controllers: number;
  readonly properties: ReadonlyMap<string, string>;
  readonly nodeOptions: readonly string[];
}

const BROKERS = 3;
const STOP_TIMEOUT_MS = 60_000;

export async function samsaSubject({ bundle, controllers, properties, nodeOptions }: SamsaSubjectOptions): Promise<ScaleSubject> {
  const cluster = await ProcessCluster.start({
    bundle,
    brokers: BROKERS,
    controllers,
    areFaultsEnabled: false,
    isTraced: false,
    properties,
    nodeOptions,
    onEvent: () => undefined,
  });
  const addresses = [...cluster.controlAddresses].filter(([id]) => controllers === 0 || id > BROKERS);
  const voters = addresses.map(([id, { host, port }]) => `${id}@${host}:${port}`).join(",");
  return {
    brokers: new Map(cluster.bootstrap.map((text, index) => [index + 1, addressOf(text)])),
    nodes: cluster.nodes.map(({ id }) => id),
    pid: (id) => cluster.node(id).pid,
    kill: (id, signal) => cluster.node(id).kill(signal),
    start: async (id) => cluster.node(id).start(),
    activeController: async () => {
      const { stdout } = await run(process.execPath, [bundle, "quorum", "--voters", voters, "--secret-file", cluster.secretFile, "--json"]);
      return Number(JSON.parse(stdout).leader);
    },
    restoredIndex: (id) => lastRestored(readFileSync(join(cluster.dataDirectory(id), "..", "broker.log"), "utf8")),
    dispose: async () => {
      await cluster.stop(STOP_TIMEOUT_MS);
      await cluster.dispose();
    },
  };
}

/** Of a node's log: what it says since it was started last. */
function lastRestored(log: string): number | undefined {
  const lines = log.slice(log.lastIndexOf('"kind":"started"')).split("\n");
  const restored = lines.find((line) => line.includes('"kind":"raft-restored"'));
  return restored === undefined ? undefined : Number(/"index":(\d+)/.exec(restored)?.[1]);
}

/** Apache Kafka, run by a program with the commands `pid ID`, `start ID` and `tool metadata-quorum …`. */
export function peerSubject(program: string, bootstrap: string): ScaleSubject {
  const brokers = new Map(bootstrap.split(",").map((text, index) => [index + 1, addressOf(text)]));
  const pids = new Map<number, number>();
  const find = async (id: number): Promise<void> => void pids.set(id, Number((await run(program, ["pid", String(id)])).stdout));
  return {
    brokers,
    nodes: [...brokers.keys()],
    pid: (id) => pids.get(id),
    kill: async (id, signal) => {
      await find(id);
      const pid = pids.get(id);
      if (pid !== undefined) await end(pid, signal);
    },
    start: async (id) => {
      await run(program, ["start", String(id)]);
      await find(id);
    },
    activeController: async () => {
      for (const id of brokers.keys()) await find(id);
      const { stdout } = await run(program, ["tool", "metadata-quorum", "--bootstrap-server", bootstrap, "describe", "--status"]);
      return Number(/LeaderId:\s+(\d+)/.exec(stdout)?.[1]);
    },
    restoredIndex: () => undefined,
    dispose: async () => undefined,
  };
}

async function end(pid: number, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  process.kill(pid, signal);
  const isThere = (): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  while (isThere()) await new Promise((resume) => void setTimeout(resume, 1));
}

const addressOf = (text: string): Address => ({ host: text.slice(0, text.lastIndexOf(":")), port: Number(text.slice(text.lastIndexOf(":") + 1)) });
