/**
 * The project's figures over real processes: start, failover, throughput, memory. With `--bootstrap` the same load goes by turns to another
 * cluster as well (Apache Kafka, say), so that ratios are of one machine at one time.
 *
 *   npm run bench -- [--only start,produce,consume,memory,failover] [--rounds 3] [--seconds 5] [--kills 9]
 *                    [--bootstrap HOST:PORT,…] [--cpu-profile DIRECTORY] [--json]
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { repeatedKills } from "@samsa/scenario-runner";
import {
  type Address,
  bytesPerSecond,
  consumeLoad,
  createLoadTopic,
  leadersOf,
  type LoadTopic,
  produceLoad,
  produceOnce,
  recordsPerSecond,
  waitForLeaders,
} from "@samsa/scenario-runner/load";
import { ProcessCluster } from "@samsa/scenario-runner/process-cluster";
import { Figures } from "./bench/figures.ts";

const SECTIONS = ["start", "produce", "consume", "memory", "failover"] as const;
const BUNDLE = "dist/samsa.mjs";
const BROKERS = 3;
const START_TIMEOUT_MS = 60_000;
const BATCH_BYTES = 128 * 1024;
const IN_FLIGHT = 5;
const WARM_UP_MS = 1_500;
const MAX_PARTITION_BYTES = 1024 * 1024;
const SETTLE_MS = 2_000;
const KILL_SEED = 1;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: SECTIONS.join(",") },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "5" },
    kills: { type: "string", default: "9" },
    bootstrap: { type: "string" },
    "cpu-profile": { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const sections = new Set(values.only.split(","));
for (const section of sections)
  if (!(SECTIONS as readonly string[]).includes(section)) throw new RangeError(`--only knows ${SECTIONS.join(", ")}, not ${section}`);
const rounds = Number(values.rounds);
const forMs = 1000 * Number(values.seconds);

interface Contender {
  readonly name: string;
  readonly bootstrap: readonly Address[];
  readonly cluster?: ProcessCluster;
}

const figures = new Figures();
const tell = (line: string): void => void process.stderr.write(`${line}\n`);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const topicNamed = (name: string, partitions: number): LoadTopic => ({ name, partitions, replicationFactor: 3, minInsyncReplicas: 2 });
const addressOf = (text: string): Address => ({ host: text.slice(0, text.lastIndexOf(":")), port: Number(text.slice(text.lastIndexOf(":") + 1)) });
const note = (contender: string, what: string, unit: string, value: number): void => {
  figures.add({ contender, what, unit, value });
  tell(`${contender}: ${what} ${value.toFixed(value < 100 ? 1 : 0)} ${unit} (load ${loadavg()[0]?.toFixed(1)})`);
};

async function startCluster(nodeOptions: readonly string[] = []): Promise<ProcessCluster> {
  return ProcessCluster.start({ bundle: BUNDLE, brokers: BROKERS, areFaultsEnabled: false, isTraced: false, nodeOptions, onEvent: () => undefined });
}

/** From nothing running to the first record that all in-sync replicas have. */
async function measureStart(): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const startMs = performance.now();
    const cluster = await startCluster();
    try {
      const bootstrap = cluster.bootstrap.map(addressOf);
      const topic = topicNamed("first", 1);
      await createLoadTopic(bootstrap, topic, START_TIMEOUT_MS);
      const [leader] = await leadersOf(bootstrap, topic, START_TIMEOUT_MS);
      if (leader === undefined) throw new RangeError("a topic has a partition");
      await produceOnce(leader, topic, 100);
      note("samsa", "start to first acknowledged record", "ms", performance.now() - startMs);
    } finally {
      await cluster.dispose();
    }
  }
}

async function measureThroughput(): Promise<void> {
  const profile = values["cpu-profile"];
  const cluster = await startCluster(profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`]);
  const contenders: Contender[] = [{ name: "samsa", bootstrap: cluster.bootstrap.map(addressOf), cluster }];
  if (values.bootstrap !== undefined) contenders.push({ name: "peer", bootstrap: values.bootstrap.split(",").map(addressOf) });
  try {
    await createLoadTopic(contenders[0]?.bootstrap ?? [], topicNamed("idle", 6), START_TIMEOUT_MS);
    if (sections.has("memory")) {
      await pause(SETTLE_MS);
      noteMemory(cluster, "idle");
    }
    for (let round = 1; round <= rounds; round++) for (const contender of contenders) await measureLoads(contender, round);
  } finally {
    await cluster.stop(START_TIMEOUT_MS);
    await cluster.dispose();
  }
}

async function measureLoads({ name, bootstrap, cluster }: Contender, round: number): Promise<void> {
  for (const recordBytes of [1024, 100]) {
    const topic = topicNamed(`load-${recordBytes}-${process.pid}-${round}`, 6);
    await createLoadTopic(bootstrap, topic, START_TIMEOUT_MS);
    const leaders = await waitForLeaders(bootstrap, topic, START_TIMEOUT_MS);
    const produced = await produceLoad({ topic, leaders, recordBytes, batchBytes: BATCH_BYTES, inFlight: IN_FLIGHT, acks: -1, warmUpMs: WARM_UP_MS, forMs });
    if (sections.has("produce") && recordBytes === 1024) note(name, "produce, acks=all, 1 KiB", "MB/s", bytesPerSecond(produced) / 1e6);
    if (sections.has("produce") && recordBytes === 100) note(name, "produce, acks=all, 100 B", "k records/s", recordsPerSecond(produced) / 1e3);
    if (recordBytes !== 1024) continue;
    if (sections.has("memory") && cluster !== undefined) noteMemory(cluster, "loaded");
    if (!sections.has("consume")) continue;
    const consumed = await consumeLoad({ topic, leaders, maxPartitionBytes: MAX_PARTITION_BYTES, warmUpMs: WARM_UP_MS, forMs });
    note(name, "consume, 1 KiB", "MB/s", bytesPerSecond(consumed) / 1e6);
  }
}

function noteMemory(cluster: ProcessCluster, when: string): void {
  for (const { residentBytes } of cluster.nodes)
    if (residentBytes !== undefined) note("samsa", `resident memory per broker, ${when}`, "MiB", residentBytes / 2 ** 20);
}

async function measureFailover(): Promise<void> {
  const result = await repeatedKills({ bundle: BUNDLE, kills: Number(values.kills), seed: KILL_SEED, tell });
  for (const { role, wasActiveController, gapMs } of result.kills) {
    if (wasActiveController) note("samsa", "gap after SIGKILL of leader and active controller", "ms", gapMs);
    else if (role === "leader") note("samsa", "gap after SIGKILL of a leader", "ms", gapMs);
  }
  for (const failure of result.failures) tell(`FAILED: ${failure}`);
  if (result.failures.length > 0 || !result.verdict.isClean) process.exitCode = 1;
}

if (sections.has("start")) await measureStart();
if (["produce", "consume", "memory"].some((section) => sections.has(section))) await measureThroughput();
if (sections.has("failover")) await measureFailover();
process.stdout.write(values.json ? `${JSON.stringify(figures.summary(), null, 2)}\n` : figures.table());
