import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { NodeProcess } from "../src/process-world/node-process.ts";

const directory = mkdtempSync(join(tmpdir(), "samsa-node-process-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A node whose program is this. */
function nodeThat(program: string): { readonly node: NodeProcess; readonly told: Promise<void>; readonly ended: Promise<void> } {
  const bundle = join(directory, "program.mjs");
  const told = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const node = new NodeProcess({
    id: 1,
    bundle,
    directory,
    properties: new Map(),
    areFaultsEnabled: false,
    onEvent: () => told.resolve(),
    onEnd: () => ended.resolve(),
  });
  writeFileSync(bundle, program);
  node.start();
  return { node, told: told.promise, ended: ended.promise };
}

test.each([
  ["process.exit(0)", /^node 1: exit code 0, and nobody had asked it to end:\nwhy/],
  ["process.exit(78)", /^node 1: exit code 78, and nobody had asked it to end:\nwhy/],
  ["process.abort()", /^node 1: ended by SIGABRT, and nobody had asked it to end:\n/],
])("a node that ends by itself has failed, however it ended: %s", async (end, failure) => {
  const { node, ended } = nodeThat(`console.error("why"); ${end};`);
  await ended;
  expect(node.failure).toMatch(failure);
  // Being killed afterwards, or started again, makes it no better.
  await node.kill("SIGKILL");
  node.start();
  await node.kill("SIGKILL");
  expect(node.failure).toMatch(failure);
});

test.each([
  ["SIGKILL", undefined],
  ["SIGTERM", /^node 1: exit code 3:\nwhy/],
] as const)("a node that ends as it was asked to has not failed, and one that is stopped ends with code 0: %s", async (signal, failure) => {
  const { node, told } = nodeThat(`process.on("SIGTERM", () => { console.error("why"); process.exit(3); }); setInterval(() => {}, 1000); console.log("{}");`);
  await told;
  expect(node.failure).toBeUndefined();
  await node.kill(signal);
  if (failure === undefined) expect(node.failure).toBeUndefined();
  else expect(node.failure).toMatch(failure);
});

test("a node that is stopped and ends with code 0 has not failed", async () => {
  const { node, told } = nodeThat(`process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000); console.log("{}");`);
  await told;
  await node.kill("SIGTERM");
  expect([node.ending, node.failure]).toEqual(["exit code 0", undefined]);
});
