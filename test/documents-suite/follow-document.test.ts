import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FollowedDocument } from "../../scripts/documents-suite/follow-document.ts";
import { passagesOf } from "../../scripts/documents-suite/passages.ts";
import { StepList } from "../../scripts/step-list.ts";

const FENCE = "```";
const NEVER = new AbortController().signal;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "samsa-followed-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Follows a document of blocks and comments, and gives what became of its steps. */
async function follow(...parts: readonly string[]): Promise<Pick<StepList, "passed" | "failed" | "skipped">> {
  const suite = new StepList({ isChain: true });
  const document = new FollowedDocument("a.md", { directory, env: process.env, besides: directory }, suite);
  try {
    await document.follow(passagesOf("a.md", parts.join("\n")), NEVER);
  } finally {
    await document.close();
  }
  const { passed, failed, skipped } = suite;
  return { passed, failed, skipped };
}

const typed = (text: string, ...comments: readonly string[]): string =>
  [...["terminal load", ...comments].map((comment) => `<!-- ${comment} -->`), `${FENCE}sh`, text, FENCE].join("\n");
const shows = (text: string): string => ["<!-- terminal load -->", `${FENCE}text`, text, FENCE].join("\n");

test("what prints in a terminal what it should and fails then does not get through", async () => {
  expect(await follow(typed("echo on\n(exit 1)"), shows("on"))).toEqual({ passed: 2, failed: 1, skipped: 0 });
  expect(await follow(typed("echo on"), shows("on"))).toEqual({ passed: 3, failed: 0, skipped: 0 });
});

test("how a block in a terminal has ended is looked at before the next one is typed there", async () => {
  expect(await follow(typed("(exit 1)"), typed("echo on"))).toEqual({ passed: 1, failed: 1, skipped: 0 });
  expect(await follow(typed("exit 0"), typed("echo on"))).toEqual({ passed: 1, failed: 1, skipped: 0 });
});

test("a block in a terminal ends with the exit code that is told, and is waited for", async () => {
  expect(await follow(typed("sleep 0.2; (exit 3)", "exit code 3"))).toEqual({ passed: 2, failed: 0, skipped: 0 });
  expect(await follow(typed("(exit 3)", "exit code 4"))).toEqual({ passed: 1, failed: 1, skipped: 0 });
  expect(await follow(typed("true", "exit code 3"))).toEqual({ passed: 1, failed: 1, skipped: 0 });
});

test("what a Ctrl-C ends, and what runs on at the end, has no exit code to look at", async () => {
  const program = "bash -c 'echo on; exec sleep 600'";
  expect(await follow(typed(program), shows("on"), "<!-- Ctrl-C in load -->")).toEqual({ passed: 3, failed: 0, skipped: 0 });
  expect(await follow(typed(program), shows("on"))).toEqual({ passed: 3, failed: 0, skipped: 0 });
});
