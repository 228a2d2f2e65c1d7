import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLoadTopic, type LoadTopic, produceOnce, waitForLeaders } from "@samsa/scenario-runner/load";
import { build } from "esbuild";
import { Child } from "./child.ts";
import { addressesOf, type Contender, START_TIMEOUT_MS, startPeer, startSamsa } from "./contender.ts";
import { goOn, hold } from "./held.ts";
import type { BenchOptions } from "./options.ts";
import type { Report } from "./report.ts";

const IN_PROCESS = "dist/bench-in-process.mjs";
const WHAT = "start to first record acknowledged by all, as processes";
const RECORD_BYTES = 100;

/** From nothing running to the first record that all in-sync replicas have. */
export async function measureStarts({ rounds, peer }: BenchOptions, report: Report): Promise<void> {
  await bundleInProcessNodes();
  if (peer !== undefined && peer.command === undefined) report.skipped("the peer's start", "--peer-command would bring one up");
  for (let round = 0; round < rounds; round++) {
    await measureStart(() => startSamsa(), report);
    await measureInProcess(report);
    if (peer?.command !== undefined) await measureStart(() => startPeer(peer), report);
  }
}

async function measureStart(start: () => Promise<Contender>, report: Report): Promise<void> {
  const topic: LoadTopic = { name: "first", partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 };
  const startMs = performance.now();
  const contender = await start();
  try {
    const bootstrap = addressesOf(contender);
    await createLoadTopic(bootstrap, topic, START_TIMEOUT_MS);
    const [leader] = await waitForLeaders(bootstrap, topic, START_TIMEOUT_MS);
    if (leader === undefined) throw new RangeError("a topic has a partition");
    await produceOnce(leader, topic, RECORD_BYTES);
    report.note(contender, WHAT, "ms", performance.now() - startMs);
  } finally {
    await contender.dispose();
  }
}

async function measureInProcess(report: Report): Promise<void> {
  await goOn();
  const directory = mkdtempSync(join(tmpdir(), "samsa-bench-"));
  const removeDirectory = hold(() => rmSync(directory, { recursive: true, force: true }));
  try {
    let told = "";
    await new Child(process.execPath, [IN_PROCESS, directory], { onLine: (line) => (told = line) }).ended;
    const { sinceCallMs, sinceProcessMs } = JSON.parse(told);
    report.note({ name: "samsa" }, "start to first record acknowledged by all, in process, from the call", "ms", sinceCallMs);
    report.note({ name: "samsa" }, "start to first record acknowledged by all, in process, from the start of the process", "ms", sinceProcessMs);
  } finally {
    await removeDirectory();
  }
}

async function bundleInProcessNodes(): Promise<void> {
  await build({
    entryPoints: ["scripts/bench/in-process-nodes.ts"],
    outfile: IN_PROCESS,
    bundle: true,
    platform: "node",
    target: "node22.15",
    format: "esm",
    legalComments: "none",
    logLevel: "error",
    external: ["@node-rs/crc32", "pino", "kafkajs", "msgpackr-extract", "bufferutil", "utf-8-validate"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
}
