import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { identityOf, ownIdentity } from "@samsa/world-node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RunningServers } from "../src/running-servers.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "samsa-servers-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const write = (file: string, said: object): void => writeFileSync(join(directory, file), JSON.stringify(said));

test("a server is listed as long as it runs", () => {
  const servers = new RunningServers(directory);
  const unregister = servers.register({ nodeId: 3, roles: "broker" });
  expect(servers.list()).toMatchObject([{ pid: process.pid, nodeId: 3, roles: "broker" }]);
  unregister();
  expect(servers.list()).toEqual([]);
});

test("a process with the id of one that has ended is not taken for it, and its file goes", async () => {
  const other = spawn("sleep", ["60"]);
  await once(other, "spawn");
  write(`kafkaServer.${other.pid}.pid`, { ...identityOf(other.pid ?? 0), startedAt: "long ago", nodeId: 1, roles: "broker" });
  expect(new RunningServers(directory).list()).toEqual([]);
  expect(readdirSync(directory)).toEqual([]);
  other.kill();
});

test("a server of another host is not listed, for its id is somebody else's here; its file stays", () => {
  write("kafkaServer.7.pid", { ...ownIdentity(), host: `not-${hostname()}`, nodeId: 1, roles: "broker" });
  expect(new RunningServers(directory).list()).toEqual([]);
  expect(readdirSync(directory)).toEqual(["kafkaServer.7.pid"]);
});
