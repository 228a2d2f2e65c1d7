import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { Kafka, logLevel, Partitioners } from "kafkajs";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { ClusterStatus } from "../src/local-cluster/cluster-status.ts";

const BUNDLE = resolve("dist/samsa.mjs");
/** Away from what the system gives to whoever dials, also with the control listeners above. */
const somePort = (): number => 12_000 + 10 * randomInt(900);
/** A broker that is not heard of is fenced after two seconds. */
const QUICK_FENCING = ["--config", "broker.session.timeout.ms=2000", "--config", "broker.heartbeat.interval.ms=200"];

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let directory: string;
let children: ChildProcess[];

/** `npm test` builds it first: a build here would pull it away from under other suites. */
beforeAll(() => {
  if (!existsSync(BUNDLE)) expect(spawnSync(process.execPath, ["scripts/bundle.ts"], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
});
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), "samsa-up-")), "cluster");
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  if (existsSync(directory)) await samsa("down", "--timeout", "0");
  rmSync(join(directory, ".."), { recursive: true, force: true });
});

function begin(...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [BUNDLE, ...args, "--data", directory], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  return child;
}

async function ended(child: ChildProcess): Promise<Ended> {
  const [[code], stdout, stderr] = await Promise.all([once(child, "close"), text(child.stdout!), text(child.stderr!)]);
  return { code: code as number | null, stdout, stderr };
}

const samsa = (...args: readonly string[]): Promise<Ended> => ended(begin(...args));

async function statusNow(): Promise<ClusterStatus> {
  return JSON.parse((await samsa("status", "--json")).stdout) as ClusterStatus;
}

async function until(condition: (status: ClusterStatus) => boolean): Promise<ClusterStatus> {
  for (;;) {
    const status = await statusNow();
    if (condition(status)) return status;
    await delay(50);
  }
}

const stateOf = ({ nodes }: ClusterStatus, id: number) => nodes.find((node) => node.id === id)?.state;
const areAllRunning = ({ nodes }: ClusterStatus): boolean => nodes.every(({ state }) => state === "running");
const isWhole = (status: ClusterStatus): boolean => areAllRunning(status) && status.partitions?.underReplicated === 0;

function isThere(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.trim().startsWith("Z");
}

const pidsOf = ({ nodes }: ClusterStatus): readonly number[] => nodes.flatMap(({ pid }) => (pid === null ? [] : [pid]));

async function write(bootstrap: string, value: string): Promise<void> {
  const kafka = new Kafka({ brokers: bootstrap.split(","), logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic: "orders", acks: -1, messages: [{ value }] });
  await producer.disconnect();
}

/** As a group does that has read nothing and is gone. */
async function commitNothingRead(bootstrap: string, groupId: string): Promise<void> {
  const admin = new Kafka({ brokers: bootstrap.split(","), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.setOffsets({ groupId, topic: "orders", partitions: [{ partition: 0, offset: "0" }] });
  await admin.disconnect();
}

async function recordsIn(bootstrap: string): Promise<number> {
  const admin = new Kafka({ brokers: bootstrap.split(","), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets("orders");
  await admin.disconnect();
  return offsets.reduce((sum, { high }) => sum + Number(high), 0);
}

test("a cluster in the background is broken in every way by hand, watched, mended, and stopped; its data and ports stay until they are wiped", async () => {
  const up = await samsa("up", "--detach", "--json", "--port", String(somePort()), ...QUICK_FENCING);
  expect(up).toMatchObject({ code: 0 });
  const status = JSON.parse(up.stdout) as ClusterStatus;
  expect(status).toMatchObject({ version: 1, controller: expect.any(Number), cuts: [] });
  expect(status.nodes.map(({ state }) => state)).toEqual(["running", "running", "running"]);
  const { bootstrap } = status;

  await write(bootstrap, "one");
  expect(await samsa("up", "--detach")).toMatchObject({ code: 0, stdout: `${bootstrap}\n`, stderr: expect.stringContaining("is running already") });
  expect(await samsa("up", "--detach", "--brokers", "4")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--brokers is 4, but the cluster that is there has 3"),
  });

  const watching = begin("watch");
  const watched = text(watching.stdout!);
  await once(watching.stdout!, "readable");

  await commitNothingRead(bootstrap, "readers");
  const killed = await samsa("kill", "leader:orders-0");
  expect(killed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^node \d, leader of orders-0, killed \(SIGKILL, pid \d+\)\n$/) });
  const victim = Number(/^node (\d)/.exec(killed.stdout)?.[1]);
  const without = await until((now) => now.controller !== null && now.controller !== victim && now.partitions?.leaderless === 0);
  expect(stateOf(without, victim)).toBe("killed");
  await write(bootstrap, "two");
  expect(await samsa("kill", String(victim))).toMatchObject({ code: 1, stderr: expect.stringContaining(`node ${victim} is not running`) });

  expect(await samsa("start", String(victim))).toMatchObject({ code: 0 });
  await until(isWhole);

  expect(await samsa("pause", "controller")).toMatchObject({ code: 0, stdout: expect.stringContaining("paused (SIGSTOP") });
  const paused = (await until(({ nodes }) => nodes.some(({ state }) => state === "paused"))).nodes.find(({ state }) => state === "paused")!.id;
  // Who stands still is told of its cut when it goes on.
  const others = [1, 2, 3].filter((id) => id !== paused).join(",");
  expect(await samsa("partition", String(paused), others)).toMatchObject({ code: 0, stderr: expect.stringContaining(`node ${paused} is paused`) });
  expect(await samsa("resume", String(paused))).toMatchObject({ code: 0 });
  expect(readFileSync(join(directory, `node-${paused}`, "node.log"), "utf8")).toContain('"fault":"partition"');
  const cut = await until((now) => stateOf(now, paused) === "fenced");
  expect(cut.cuts).toEqual([{ a: [paused], b: others.split(",").map(Number) }]);
  // Started while it is cut off, it is so from its first moment on: it never comes into service.
  expect(await samsa("kill", String(paused))).toMatchObject({ code: 0 });
  expect(await samsa("start", String(paused), "--timeout", "0")).toMatchObject({ code: 0, stdout: expect.stringContaining("started, and") });
  await until((now) => stateOf(now, paused) === "fenced");
  expect(await samsa("heal")).toMatchObject({ code: 0 });
  await until(isWhole);

  const stopped = await samsa("stop", "coordinator:readers");
  expect(stopped).toMatchObject({ code: 0, stdout: expect.stringMatching(/^node \d, coordinator of group readers, stopped \(SIGTERM/) });
  expect(stateOf(await statusNow(), Number(/\d/.exec(stopped.stdout)?.[0]))).toBe("stopped");
  const running = pidsOf(await statusNow());
  watching.kill("SIGINT");
  expect(await once(watching, "close")).toEqual([0, null]);
  expect(await watched).toMatch(new RegExp(`node ${victim} was killed \\(SIGKILL\\)[^]*orders-0[^\\n]* loses ${victim} from its ISR[^]*every cut is healed`));
  expect(await watched).toMatch(/group readers is [A-Z]\w+, with \d members?, coordinated by node \d/);

  expect(await samsa("down")).toMatchObject({ code: 0, stderr: expect.stringContaining("stopped nodes") });
  expect(running.filter(isThere)).toEqual([]);
  expect(await samsa("status")).toMatchObject({ code: 1, stdout: expect.stringContaining("stopped") });
  expect(readdirSync(directory).toSorted()).toEqual(["cluster.json", "cluster.secret", "node-1", "node-2", "node-3"]);

  expect(await samsa("up", "--detach")).toMatchObject({ code: 0, stdout: `${bootstrap}\n` });
  expect(await recordsIn(bootstrap)).toBe(2);
  expect(await samsa("down", "--wipe")).toMatchObject({ code: 0 });
  expect(existsSync(directory)).toBe(false);
}, 180_000);

test("in the foreground it tells what happens, and a signal stops it in order", async () => {
  const up = begin("up", "--brokers", "1", "--port", String(somePort()), "--config", "num.partitions=2");
  const end = ended(up);
  await once(up.stdout!, "readable");
  const pids = pidsOf(await statusNow());
  expect(pids).toHaveLength(1);
  await write((await statusNow()).bootstrap, "one");
  expect((await statusNow()).partitions?.total).toBe(2);
  up.kill("SIGINT");
  expect(await end).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(
      /hello \| (.+) kafka-console-producer[^]* \1 kafka-console-consumer[^]* \1 kill leader:greetings-0[^]*stopping in order[^]*stopped; the data stay/,
    ),
  });
  expect(pids.filter(isThere)).toEqual([]);

  const again = begin("up");
  const endOfAgain = ended(again);
  await once(again.stdout!, "readable");
  expect(await samsa("kill", "1")).toMatchObject({ code: 0 });
  expect(await endOfAgain).toMatchObject({ code: 0, stderr: expect.stringMatching(/node 1 was killed[^]*every node was stopped by another command/) });
});

test("interrupted before it is ready it leaves no process behind", async () => {
  const up = begin("up", "--brokers", "2", "--port", String(somePort()));
  const end = ended(up);
  await once(up.stderr!, "readable");
  const status = await statusNow();
  expect(pidsOf(status)).toHaveLength(2);
  up.kill("SIGINT");
  expect([0, 130]).toContain((await end).code);
  expect(pidsOf(status).filter(isThere)).toEqual([]);
});

test("two at the same time: one starts the cluster, the other finds it there", async () => {
  const port = String(somePort());
  const both = await Promise.all([1, 2].map(() => samsa("up", "--detach", "--brokers", "1", "--port", port)));
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(both.filter(({ stderr }) => stderr.includes("is running already"))).toHaveLength(1);
  expect(pidsOf(await statusNow())).toHaveLength(1);
});

test("an occupied port is named before anything is made, and a node that can't start ends the rest with its log", async () => {
  const port = somePort();
  const server = createServer();
  await new Promise<void>((done) => server.listen(port + 1, "127.0.0.1", () => done()));
  expect(await samsa("up", "--port", String(port))).toMatchObject({
    code: 69,
    stdout: "",
    stderr: expect.stringContaining(`port ${port + 1} is in use by another program`),
  });
  expect(existsSync(directory)).toBe(false);
  await new Promise((done) => server.close(done));
  expect(await samsa("up", "--detach", "--brokers", "2", "--port", String(port))).toMatchObject({ code: 0 });
  await samsa("down");
  const data = join(directory, "node-2", "data");
  rmSync(data, { recursive: true });
  writeFileSync(data, "");
  const bad = await samsa("up");
  expect(bad).toMatchObject({ code: 69, stderr: expect.stringMatching(/node 2 has ended by itself[^]*node-2\/data/) });
  expect(pidsOf(await statusNow())).toEqual([]);
});

test("a value that no node takes is refused before it is kept, and a directory of somebody else before it is written to", async () => {
  const bad = await samsa("up", "--config", "min.insync.replicas=0");
  expect(bad).toMatchObject({ code: 2, stderr: expect.stringMatching(/^samsa: .*min\.insync\.replicas is "0"/m) });
  expect(await samsa("up", "--config", "x.y=c:\\")).toMatchObject({ code: 2, stderr: expect.stringContaining("ends with a backslash") });
  expect(existsSync(directory)).toBe(false);
  const own = join(directory, "node-1", "server.properties");
  mkdirSync(join(directory, "node-1"), { recursive: true });
  writeFileSync(own, "mine");
  expect(await samsa("up")).toMatchObject({ code: 69, stderr: expect.stringContaining(`${join(directory, "node-1")} is there, and samsa has not made it`) });
  expect([readFileSync(own, "utf8"), existsSync(join(directory, "cluster.json"))]).toEqual(["mine", false]);
});

test("nobody need read what a command says of itself", async () => {
  const deaf = begin("status");
  deaf.stderr!.destroy();
  const [code] = (await once(deaf, "exit")) as [number | null];
  expect(code).toBe(69);
});
