import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ProcessIdentity } from "@samsa/world-node";
import { signal } from "../local-cluster/node-process.ts";
import { loadConfig } from "../node-process.ts";
import { type RunningServer, RunningServers } from "../running-servers.ts";
import { UsageError } from "../usage-error.ts";
import { runBroker } from "./broker.ts";

/** Where Kafka's scripts keep what a server says: `logs` in the directory that `bin` lies in, unless LOG_DIR says otherwise. */
const logDirectory = (): string => resolve(process.env.LOG_DIR ?? join(process.env.SAMSA_HOME ?? ".", "logs"));

const USAGE = "[-daemon] server.properties [--override property=value]*";

/** `kafka-server-start`: runs a node in the foreground, or, with `-daemon`, leaves one running behind it. */
export async function startServer(args: readonly string[]): Promise<number> {
  if (args.length === 0) {
    process.stdout.write(`USAGE: ${process.env.SAMSA_COMMAND ?? "kafka-server-start"} ${USAGE}\n`);
    return 1;
  }
  const [first, ...rest] = args;
  if (first === "-daemon") return startDaemon(rest);
  const unregister = register(nodeOf(first, rest));
  try {
    return await runBroker(["--config", ...args]);
  } finally {
    unregister();
  }
}

/** It runs all the same where the directory of logs can't be written: only `kafka-server-stop` does not find it then. */
function register(server: Omit<RunningServer, "pid">): () => void {
  try {
    return new RunningServers(logDirectory()).register(server);
  } catch (error) {
    process.stderr.write(`samsa: kafka-server-stop will not find this server (${messageOf(error)}); set LOG_DIR to a directory that can be written\n`);
    return () => undefined;
  }
}

/** What it is, by which it can be stopped alone. What is wrong with its configuration ends it here. */
function nodeOf(path: string | undefined, rest: readonly string[]): { readonly nodeId: number; readonly roles: string } {
  const overrides = rest.flatMap((word, index) => (word.startsWith("--override=") ? [word.slice(11)] : rest[index - 1] === "--override" ? [word] : []));
  const { nodeId, isBroker, isController } = loadConfig(path, overrides, () => undefined);
  return { nodeId, roles: [isBroker ? ["broker"] : [], isController ? ["controller"] : []].flat().join(",") };
}

/** Its words go to a file that begins anew. Whether it can start is told there. */
function startDaemon(args: readonly string[]): Promise<number> {
  const out = openOutput(logDirectory());
  const main = process.argv[1] ?? "";
  const child = spawn(process.execPath, [...process.execArgv, main, "kafka-server-start", ...args], { detached: true, stdio: ["ignore", out, out] });
  closeSync(out);
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("spawn", () => {
      child.unref();
      done(0);
    });
  });
}

function openOutput(directory: string): number {
  try {
    mkdirSync(directory, { recursive: true });
    return openSync(join(directory, "kafkaServer.out"), "w");
  } catch (error) {
    throw new UsageError(`what the server says can't be written to ${directory}: ${messageOf(error)}; set LOG_DIR to a directory that can be written`);
  }
}

const STOP_USAGE = "USAGE: kafka-server-stop [--node-id=ID | --process-role=broker|controller|broker,controller]";

/**
 * `kafka-server-stop`: SIGTERM to each node that was started from this directory, or to the one with this id, or to those with just these roles (KIP-979; of
 * both the id counts). It does not wait for them.
 */
export function stopServers(args: readonly string[]): number {
  const wanted = { nodeId: valueOf(args, "node-id"), role: valueOf(args, "process-role") };
  checkStopArguments(args);
  const running = new RunningServers(logDirectory()).list().filter(({ nodeId, roles }) => {
    if (wanted.nodeId !== undefined) return String(nodeId) === wanted.nodeId;
    return wanted.role === undefined || roles === wanted.role;
  });
  if (running.length === 0) {
    process.stdout.write("No kafka server to stop\n");
    return 1;
  }
  const refusals = running.flatMap((server) => refusalOf(server) ?? []);
  for (const refusal of refusals) process.stderr.write(`${refusal}\n`);
  return refusals.length === 0 ? 0 : 1;
}

/** Why it can't be told to stop; the others are all the same. */
function refusalOf(server: ProcessIdentity & RunningServer): string | undefined {
  try {
    signal(server, "SIGTERM");
    return undefined;
  } catch (error) {
    return `process ${server.pid} (node ${server.nodeId}) can't be stopped: ${messageOf(error)}`;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const valueOf = (args: readonly string[], name: string): string | undefined => args.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);

/** Kafka's script passes over what it does not know, and then stops every server: nobody wants that who has mistyped an id. */
function checkStopArguments(args: readonly string[]): void {
  const unknown = args.find((word) => !/^--(?:node-id|process-role)=./.test(word));
  if (unknown !== undefined) throw new UsageError(`${JSON.stringify(unknown)} is no option\n${STOP_USAGE}`);
}
