import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig, loadSecret } from "../src/node-process.ts";
import { UsageError } from "../src/usage-error.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "samsa-config-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const load = (path: string | undefined, ...overrides: readonly string[]) => loadConfig(path, overrides, () => undefined);

test("overrides alone are enough, and are taken as they are", () => {
  const config = load(undefined, "node.id=4", "log.dirs=/data/a b=c#d");
  expect(config).toMatchObject({ nodeId: 4, logDir: "/data/a b=c#d" });
});

test("an override wins over the file", () => {
  const path = join(directory, "server.properties");
  writeFileSync(path, "node.id=1\nlog.dirs=/one\n");
  expect(load(path, "node.id=2")).toMatchObject({ nodeId: 2, logDir: "/one" });
});

test("every bad key is named in one error", () => {
  expect(() => load(undefined, "node.id=x", "min.insync.replicas=0")).toThrow(/node\.id.*min\.insync\.replicas/);
});

test("an override without a value's sign and a file that is not there are usage errors", () => {
  expect(() => load(undefined, "node.id")).toThrow('--override "node.id" must be KEY=VALUE');
  expect(() => load(join(directory, "none"))).toThrow(UsageError);
});

test("a node of a cluster of its own makes its secret, which only its user may read", () => {
  const config = load(undefined, "node.id=1", `log.dirs=${join(directory, "data")}`);
  const secret = loadSecret(config);
  const path = join(directory, "data", "cluster.secret");
  expect(Buffer.from(secret).toString()).toBe(readFileSync(path, "utf8").trim());
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(loadSecret(config)).toEqual(secret);
});

test("the nodes of a larger cluster must be given a secret, and not a short one", () => {
  const voters = "controller.quorum.voters=1@localhost:1,2@localhost:2";
  expect(() => loadSecret(load(undefined, "node.id=1", voters, `log.dirs=${directory}`))).toThrow(/samsa\.cluster\.secret\.file must be set/);
  const path = join(directory, "secret");
  writeFileSync(path, "short\n");
  expect(() => loadSecret(load(undefined, "node.id=1", voters, `samsa.cluster.secret.file=${path}`))).toThrow(/shorter than/);
});
