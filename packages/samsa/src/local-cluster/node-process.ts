import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { localNodeProperties } from "@samsa/scenario-runner";
import { identityOf, lockHolder, type ProcessIdentity, processState, type ProcessState } from "@samsa/world-node";
import { Unavailable } from "../unavailable.ts";
import type { ClusterDirectory } from "./cluster-directory.ts";
import type { ClusterFile, NodeRecord } from "./cluster-file.ts";
import { cutOfNode } from "./cuts.ts";

const LOG_TAIL_LINES = 8;
const POLL_MS = 10;

/** The program that is running; nodes are started by its path. */
export function ownProgram(): string {
  const [, path] = process.argv;
  if (path === undefined) throw new Unavailable("nodes are started by the path of this program, which is unknown");
  return realpathSync(path);
}

/** A process of its own session: it outlives the terminal, and no Ctrl-C reaches it. With the cuts of the cluster from its first moment on. */
export async function startNode(directory: ClusterDirectory, file: ClusterFile, node: NodeRecord): Promise<ProcessIdentity> {
  const paths = directory.prepareNode(node.id);
  writeFileSync(paths.properties, formatProperties(propertiesOf(directory, file, node)));
  const cut = cutOfNode(node.id, file);
  const faults = ["--enable-faults", ...(cut === undefined ? [] : ["--fault", JSON.stringify(cut)])];
  const log = openSync(paths.log, "a");
  const child = spawn(process.execPath, [ownProgram(), "broker", "--config", paths.properties, ...faults], {
    stdio: ["ignore", log, log],
    cwd: paths.home,
    detached: true,
  });
  closeSync(log);
  await once(child, "spawn");
  child.unref();
  const identity = child.pid === undefined ? undefined : identityOf(child.pid);
  if (identity === undefined) throw new Unavailable(`node ${node.id} ended at once; its log is ${paths.log}\n${logTail(paths.log)}`);
  return identity;
}

export function propertiesOf(directory: ClusterDirectory, file: ClusterFile, node: NodeRecord): ReadonlyMap<string, string> {
  const files = { dataDirectory: directory.node(node.id).data, secretFile: directory.secretPath(file) };
  return localNodeProperties(node, file.nodes, files, new Map(Object.entries(file.properties)));
}

/** A backslash at the end of a line would join the next one. */
function formatProperties(properties: ReadonlyMap<string, string>): string {
  const lines = [...properties].map(([key, value]) => `${key}=${value}`);
  return `# Written by samsa up whenever the node starts; samsa up --config KEY=VALUE changes it.\n${lines.join("\n")}\n`;
}

/** The node's process, also one that somebody else started on its data; undefined if there is none. */
export function liveProcess(directory: ClusterDirectory, node: NodeRecord): ProcessIdentity | undefined {
  if (node.process !== null && processState(node.process) !== "gone") return node.process;
  const holder = lockHolder(directory.node(node.id).data);
  return holder !== undefined && processState(holder) !== "gone" ? holder : undefined;
}

export const stateOfProcess = (identity: ProcessIdentity | undefined): ProcessState => (identity === undefined ? "gone" : processState(identity));

/** To that very process: a pid that was used again is left alone. False: it is gone. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (processState(identity) === "gone") return false;
  try {
    process.kill(identity.pid, name);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}

/** False if the time ran out, or nobody wants to wait any longer. */
export async function untilGone(identity: ProcessIdentity, timeoutMs: number, impatience?: AbortSignal): Promise<boolean> {
  const endMs = performance.now() + timeoutMs;
  while (processState(identity) !== "gone") {
    if (performance.now() >= endMs || impatience?.aborted === true) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** The last that a node told. */
export function logTail(path: string): string {
  if (!existsSync(path)) return "";
  return readFileSync(path, "utf8").trimEnd().split("\n").slice(-LOG_TAIL_LINES).join("\n");
}
