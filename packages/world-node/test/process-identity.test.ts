import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { identityOf, mayBeRunning, ownIdentity, processState } from "../src/process-identity.ts";
import { eventually } from "./eventually.ts";

let child: ChildProcess | undefined;
afterEach(() => {
  child?.kill("SIGKILL");
});

async function begin(program: string, ...args: readonly string[]): Promise<ReturnType<typeof ownIdentity>> {
  child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
  await once(child, "spawn");
  return identityOf(child.pid!)!;
}

test("a process runs, stands still, goes on and is gone", async () => {
  const identity = await begin("sleep", "1000");
  expect(processState(identity)).toBe("running");
  child!.kill("SIGSTOP");
  expect(await eventually(() => processState(identity) === "stopped")).toBe(true);
  expect(mayBeRunning(identity)).toBe(true);
  child!.kill("SIGCONT");
  expect(await eventually(() => processState(identity) === "running")).toBe(true);
  child!.kill("SIGKILL");
  await once(child!, "close");
  expect(processState(identity)).toBe("gone");
  expect(mayBeRunning(identity)).toBe(false);
  expect(identityOf(identity.pid)).toBeUndefined();
});

test("another process with its pid is not that process, nor is one before the last boot", () => {
  const own = ownIdentity();
  expect(processState(own)).toBe("running");
  expect(processState({ ...own, startedAt: `${own.startedAt}0` })).toBe("gone");
  expect(processState({ ...own, bootId: "another" })).toBe("gone");
  expect(mayBeRunning({ ...own, host: "another", bootId: "another" })).toBe(true);
});

test("one that has ended and that nobody has waited for is gone", async () => {
  // The shell's child becomes a zombie: `exec` leaves it a parent that never waits.
  await begin("sh", "-c", "sleep 0.01 & echo $!; exec sleep 1000");
  const [chunk] = (await once(child!.stdout!, "data")) as [Buffer];
  expect(await eventually(() => identityOf(Number(chunk.toString())) === undefined)).toBe(true);
});
