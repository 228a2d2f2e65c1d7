import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Terminal } from "../../scripts/documents-suite/terminal.ts";

const TIMEOUT_MS = 30_000;
let directory: string;
let terminal: Terminal;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "samsa-terminal-"));
  terminal = new Terminal(directory, process.env, directory);
});
afterEach(async () => {
  await terminal.close();
  rmSync(directory, { recursive: true });
});

async function run(block: string): Promise<string> {
  terminal.type(block);
  const from = terminal.seen;
  expect(await terminal.until(() => !terminal.isRunning, TIMEOUT_MS)).toBe(true);
  return terminal.printedFrom(from);
}

test("both streams are seen, and what one block sets is there for the next", async () => {
  expect(await run("echo out; echo err >&2; export A=1; cd /")).toBe("out\nerr\n");
  expect(await run("echo $A $PWD")).toBe("1 /\n");
});

test("a command that fails in the middle of a block makes its exit code", async () => {
  await run("(exit 3)\necho on");
  expect(terminal.exitCode).toBe(3);
  await run("true || false");
  expect(terminal.exitCode).toBe(0);
});

test("Ctrl-C ends what runs, and the shell goes on", async () => {
  // It is the program that says so: the shell would have said it too early.
  terminal.type("bash -c 'echo begun; exec sleep 600'");
  expect(await terminal.until(() => terminal.printed.includes("begun"), TIMEOUT_MS)).toBe(true);
  terminal.interrupt();
  expect(await terminal.until(() => !terminal.isRunning, TIMEOUT_MS)).toBe(true);
  expect(await run("echo still here")).toBe("still here\n");
});

test("a block that ends the shell is seen to have failed to end", async () => {
  terminal.type("exit 0");
  expect(await terminal.until(() => terminal.exitCode !== undefined, TIMEOUT_MS)).toBe(false);
  expect(terminal.exitCode).toBeUndefined();
});
