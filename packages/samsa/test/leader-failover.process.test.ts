import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";

const BUNDLE = "dist/samsa.mjs";

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function samsa(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [BUNDLE, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** `npm test` builds it first: a build here would pull it away from under other suites. */
beforeAll(() => {
  if (existsSync(BUNDLE)) return;
  const { status, stderr } = spawnSync(process.execPath, ["scripts/bundle.ts"], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
});

test("three processes, a killed leader, kafkajs: the story on stderr, one JSON with a clean verdict on stdout", async () => {
  const { code, stdout, stderr } = await samsa("scenario", "run", "leader-failover", "--json");
  const result: unknown = JSON.parse(stdout);
  expect(result).toMatchObject({ isClean: true, isAsExpected: true, failures: [], verdict: { isClean: true, permitted: [] } });
  expect(stderr).toMatch(/is killed \(SIGKILL\) \(leader of .*orders-0/);
  expect(stderr).toContain("orders-0 is acknowledged again");
  expect(stderr).toContain("every replica is in the ISR of its partition");
  expect(code).toBe(0);
});

test("a broker that lies turns the verdict red, with topic, partition, offset and value", async () => {
  const { code, stdout } = await samsa("scenario", "run", "leader-failover", "--plant", "duplicate");
  expect(stdout).toMatch(/duplicate: 10 records of orders-\d are delivered twice/);
  expect(stdout).toMatch(/VIOLATED[\s\S]*duplicated: one value at more than one offset \(10\)\n {4}orders-\d, offset \d+, value \d+: /);
  expect(code).toBe(1);
});

test("what can't be understood ends with code 2 and says why", async () => {
  expect(await samsa("scenario", "run", "leader-failover", "--seed", "1", "--plant", "reorder")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("can't do: plant"),
  });
  expect(await samsa("scenario", "run", "nonsense")).toMatchObject({ code: 2, stderr: expect.stringContaining("there is leader-failover") });
  expect(await samsa("scenario", "run")).toMatchObject({ code: 2, stderr: expect.stringContaining("a scenario is needed, or --all: leader-failover") });
  expect(await samsa("scenario", "leader-failover")).toMatchObject({ code: 2, stderr: expect.stringContaining("samsa scenario run NAME is needed") });
  expect(await samsa("nonsense")).toMatchObject({ code: 2 });
});
