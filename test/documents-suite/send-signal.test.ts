import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { sendSignal } from "../../scripts/documents-suite/send-signal.ts";

test("a signal ends a process, and to one that has ended it is nothing", async () => {
  const child = spawn("sleep", ["600"], { stdio: "ignore" });
  const { pid } = child;
  if (pid === undefined) throw new Error("sleep does not start");
  sendSignal(pid, "SIGKILL");
  await once(child, "exit");
  sendSignal(pid, "SIGKILL");
  expect(child.signalCode).toBe("SIGKILL");
});
