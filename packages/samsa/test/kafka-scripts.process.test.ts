import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import { hostname, tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TOOLS } from "@samsa/tools";

const BIN = resolve("bin");
const TIMEOUT_MS = 30_000;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let directory: string;
let logDirectory: string;

async function run(script: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(script, args, { env: { ...process.env, LOG_DIR: logDirectory, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

const script = (name: string): string => join(BIN, `${name}.sh`);
const until = (isSo: () => Promise<boolean> | boolean): Promise<unknown> => vi.waitUntil(isSo, { timeout: TIMEOUT_MS });

/** The shipped configuration, with ports and directories of the test's. */
async function serverArguments(): Promise<{ readonly args: readonly string[]; readonly bootstrap: string }> {
  const [port, controlPort] = [await freePort(), await freePort()];
  const overrides = [
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controlPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    `controller.quorum.voters=1@127.0.0.1:${controlPort}`,
    `log.dirs=${join(directory, "data")}`,
  ];
  return { args: ["config/server.properties", ...overrides.flatMap((pair) => ["--override", pair])], bootstrap: `127.0.0.1:${port}` };
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "samsa-scripts-"));
  logDirectory = join(directory, "logs");
});
afterEach(async () => {
  await run(script("kafka-server-stop"));
  await until(() => !existsSync(logDirectory) || !readdirSync(logDirectory).some((file) => file.endsWith(".pid")));
  rmSync(directory, { recursive: true });
});

describe("bin", { timeout: 2 * TIMEOUT_MS }, () => {
  test("has a script for each tool, and for the server", () => {
    const names = [...TOOLS.keys(), "kafka-server-start", "kafka-server-stop"].map((name) => `${name}.sh`);
    expect(readdirSync(BIN).toSorted()).toEqual([...names, "samsa"].toSorted());
  });

  test("a script finds the project behind symbolic links, from any directory", async () => {
    const link = join(directory, "topics");
    const linkToLink = join(directory, "kafka-topics.sh");
    symlinkSync(script("kafka-topics"), link);
    symlinkSync(basename(link), linkToLink);
    expect(await run(linkToLink, ["--version"])).toEqual({ code: 0, stdout: "4.3.0\n", stderr: "" });
  });

  test("an old Node of the system is passed over, and a missing bundle is told of", async () => {
    const old = join(directory, "old");
    mkdirSync(old);
    writeFileSync(join(old, "node"), '#!/bin/sh\n[ "$1" = --version ] && echo v18.20.4 || exit 99\n', { mode: 0o755 });
    const path = { PATH: `${old}:/usr/bin:/bin` };
    expect(await run(script("kafka-topics"), ["--version"], path)).toMatchObject({ code: 0, stdout: "4.3.0\n" });
    const copy = join(directory, "copy");
    cpSync(BIN, join(copy, "bin"), { recursive: true });
    const withoutNode = await run(join(copy, "bin", "kafka-topics.sh"), ["--version"], path);
    expect([withoutNode.code, withoutNode.stderr]).toEqual([1, `samsa: Node 22.15 or later is needed; npm ci in ${copy} installs one\n`]);
    const withoutBundle = await run(join(copy, "bin", "kafka-topics.sh"), ["--version"]);
    expect([withoutBundle.code, withoutBundle.stderr]).toEqual([1, `samsa: it is not built yet: run 'npm ci && npm run build' in ${copy}\n`]);
  });

  test("a server starts as a daemon with the shipped configuration, serves, and stops", async () => {
    const { args, bootstrap } = await serverArguments();
    expect(await run(script("kafka-server-start"), ["-daemon", ...args])).toEqual({ code: 0, stdout: "", stderr: "" });
    const created = await run(script("kafka-topics"), [
      "--create",
      "--bootstrap-server",
      bootstrap,
      "--partitions",
      "1",
      "--replication-factor",
      "1",
      "--topic",
      "first-topic",
    ]);
    expect(created).toEqual({ code: 0, stdout: "Created topic first-topic.\n", stderr: "" });
    expect(await run(script("kafka-server-stop"))).toEqual({ code: 0, stdout: "", stderr: "" });
    await until(async () => (await run(script("kafka-server-stop"))).code === 1);
    expect(readFileSync(join(logDirectory, "kafkaServer.out"), "utf8")).toContain("listening");
  });

  test("a server in the foreground is stopped as well, and ends in order", async () => {
    const { args, bootstrap } = await serverArguments();
    const ended = run(script("kafka-server-start"), args);
    expect((await run(script("kafka-topics"), ["--bootstrap-server", bootstrap, "--list"])).code).toBe(0);
    expect((await run(script("kafka-server-stop"))).code).toBe(0);
    expect((await ended).code).toBe(0);
    expect(readdirSync(logDirectory)).toEqual([]);
  });

  test("where its directory of logs can't be written a server runs all the same in the foreground, and as a daemon it does not", async () => {
    const { args } = await serverArguments();
    const nowhere = { LOG_DIR: "/dev/null/logs" };
    const daemon = await run(script("kafka-server-start"), ["-daemon", ...args], nowhere);
    expect(daemon).toMatchObject({ code: 2, stderr: expect.stringMatching(/can't be written to \/dev\/null\/logs: .*; set LOG_DIR/) });
    const inTheWay = createServer().listen(Number(/127\.0\.0\.1:(\d+)/.exec(args.join(" "))?.[1]), "127.0.0.1");
    await once(inTheWay, "listening");
    const foreground = await run(script("kafka-server-start"), args, nowhere);
    inTheWay.close();
    expect(foreground.stderr).toMatch(/kafka-server-stop will not find this server \(.*\); set LOG_DIR/);
  });

  test("a server is stopped by its id or its roles, and by nobody else's", async () => {
    const { args, bootstrap } = await serverArguments();
    const stop = (...words: readonly string[]): Promise<Ended> => run(script("kafka-server-stop"), words);
    const none = { code: 1, stdout: "No kafka server to stop\n", stderr: "" };
    const ended = run(script("kafka-server-start"), args);
    expect((await run(script("kafka-topics"), ["--bootstrap-server", bootstrap, "--list"])).code).toBe(0);
    expect(await stop("--node-id=2")).toEqual(none);
    expect(await stop("--process-role=broker")).toEqual(none);
    expect(await stop("--node-id=2", "--process-role=broker,controller")).toEqual(none);
    expect((await stop("--nod-id=1")).code).toBe(2);
    expect(await stop("--process-role=broker,controller")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect((await ended).code).toBe(0);
    const again = run(script("kafka-server-start"), args);
    expect((await run(script("kafka-topics"), ["--bootstrap-server", bootstrap, "--list"])).code).toBe(0);
    expect((await stop("--node-id=1", "--process-role=nobody")).code).toBe(0);
    expect((await again).code).toBe(0);
  });

  test("without a server there is none to stop, also where one has left its file behind", async () => {
    const none = { code: 1, stdout: "No kafka server to stop\n", stderr: "" };
    expect(await run(script("kafka-server-stop"))).toEqual(none);
    mkdirSync(logDirectory);
    const left = join(logDirectory, `kafkaServer.${process.pid}.pid`);
    writeFileSync(left, JSON.stringify({ pid: process.pid, host: hostname(), bootId: "another", startedAt: "1" }));
    expect(await run(script("kafka-server-stop"))).toEqual(none);
    expect(existsSync(left)).toBe(false);
  });

  test("without a configuration the usage is told on stdout", async () => {
    const path = script("kafka-server-start");
    expect(await run(path)).toEqual({ code: 1, stdout: `USAGE: ${path} [-daemon] server.properties [--override property=value]*\n`, stderr: "" });
  });

  test("samsa tells its version, which is its package's", async () => {
    const { version } = JSON.parse(readFileSync("packages/samsa/package.json", "utf8")) as { readonly version: string };
    expect(await run(join(BIN, "samsa"), ["--version"])).toEqual({ code: 0, stdout: `samsa ${version}\n`, stderr: "" });
  });
});
