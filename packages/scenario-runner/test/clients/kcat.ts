import { spawn, spawnSync } from "node:child_process";

export interface KcatRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const isKcatInstalled = spawnSync("kcat", ["-V"]).status === 0;
/** Part of every title: a run without kcat shows what it left out, and how to get it. */
export const KCAT_TITLE = isKcatInstalled ? "kcat" : "kcat IS NOT INSTALLED (scripts/peers/kcat installs it)";

const TIMEOUT_MS = 30_000;

/** One run of kcat to its end. */
export function kcat(args: readonly string[], stdin: string | Uint8Array = ""): Promise<KcatRun> {
  return new Promise((resolve) => {
    const child = spawn("kcat", args, { timeout: TIMEOUT_MS });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on("error", () => undefined);
    child.once("close", (code) => resolve({ code, stdout: Buffer.concat(stdout).toString("utf8"), stderr: Buffer.concat(stderr).toString("utf8") }));
    child.stdin.end(stdin);
  });
}
