import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { RunningServers } from "../running-servers.ts";
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
  const unregister = new RunningServers(logDirectory()).register();
  try {
    return await runBroker(["--config", ...args]);
  } finally {
    unregister();
  }
}

/** Its words go to a file that begins anew. Whether it can start is told there. */
function startDaemon(args: readonly string[]): Promise<number> {
  const directory = logDirectory();
  mkdirSync(directory, { recursive: true });
  const out = openSync(join(directory, "kafkaServer.out"), "w");
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

/** `kafka-server-stop`: SIGTERM to each node that was started from this directory; it does not wait for them. */
export function stopServers(): number {
  const running = new RunningServers(logDirectory()).list();
  if (running.length === 0) {
    process.stdout.write("No kafka server to stop\n");
    return 1;
  }
  for (const pid of running) process.kill(pid, "SIGTERM");
  return 0;
}
