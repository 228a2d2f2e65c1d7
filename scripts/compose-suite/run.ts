import { spawnSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";

const POLL_INTERVAL_MS = 100;

interface RunOptions {
  readonly isQuiet?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** Gives what the command wrote to stdout, if quiet; throws with all that it wrote, unless its exit code is 0. */
export function run(command: string, args: readonly string[], { isQuiet = true, env = {} }: RunOptions = {}): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    stdio: isQuiet ? "pipe" : ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? `exit code ${status}\n${stdout}${stderr}`}`);
  return (stdout ?? "").trim();
}

export async function until(what: string, timeoutMs: number, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not after ${timeoutMs} ms`);
    await pause(POLL_INTERVAL_MS);
  }
}
