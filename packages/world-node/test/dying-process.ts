import { type ChildProcess, spawn } from "node:child_process";
import type { ConformanceWorld } from "@samsa/world/conformance";

const HOST = "127.0.0.1";
/** Listens and tells where; what comes over it is never looked at, for the process is stopped by then. */
const PROGRAM = `require("node:net").createServer().listen(0, ${JSON.stringify(HOST)}, function () { process.stdout.write(this.address().port + "\\n"); });`;

const children = new Set<ChildProcess>();

/** SIGSTOP makes the moment last in which a killed process executes nothing and its listener is still there. */
export const dying: ConformanceWorld["dying"] = (_transport, done) => {
  const child = spawn(process.execPath, ["-e", PROGRAM], { stdio: ["ignore", "pipe", "inherit"] });
  children.add(child);
  child.stdout.once("data", (data: Buffer) => {
    child.kill("SIGSTOP");
    done({ host: HOST, port: Number(data.toString()), end: () => void child.kill("SIGKILL") });
  });
};

/** Also of a case that failed nobody is left behind. */
export function endAllDying(): void {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
}
