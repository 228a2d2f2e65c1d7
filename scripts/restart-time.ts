/**
 * How long a broker takes to read a large active segment after SIGKILL: from the start of the process until the log is known, and how much of it
 * was read. A producer that is none, an idempotent one, and the same log without its recovery point, which is read as a whole and told of.
 *
 *   node scripts/restart-time.ts [--megabytes 950]     of one partition, in one segment of 1 GiB
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ProcessCluster } from "@samsa/scenario-runner/process-cluster";
import { type Address, createLoadTopic, endOffsetsOf, type LoadTopic, waitForLeaders } from "@samsa/scenario-runner/load";
import { writeRecords } from "./restart-time/write-records.ts";
import { finish } from "./tally.ts";

const TIMEOUT_MS = 120_000;
const MIB = 1024 * 1024;
const SEGMENT_BYTES = 1024 * MIB;
/** A background sync comes behind 32 MiB; as much may have been written while it, and its snapshot, were under way. */
const SCANNED_BYTES_MAX = 3 * 32 * MIB;
/** Of which a second and more is the reading. */
const TOLD_AFTER_MS = 3000;
const PROGRESS_LINE = /recovering [^ ]+: \d+ of \d+ MiB/g;

interface Start {
  /** From the start of the process. */
  readonly recoveredMs: number;
  /** Until the leader tells the log's end. */
  readonly servingMs: number;
  readonly scannedBytes: number;
  readonly endOffset: number;
}

const { values } = parseArgs({ options: { megabytes: { type: "string", default: "950" } } });
const bytes = Number(values.megabytes) * MIB;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

interface Told {
  isUp: boolean;
  /** Of the log that is waited for. */
  directory: string;
  startedAt: number;
  recovered: Pick<Start, "recoveredMs" | "scannedBytes"> | undefined;
}

/** One broker, and what its last start has told. */
class Restarts {
  private readonly cluster: ProcessCluster;
  private readonly told: Told;

  private constructor(cluster: ProcessCluster, told: Told) {
    this.cluster = cluster;
    this.told = told;
  }

  static async begin(): Promise<Restarts> {
    const told: Told = { isUp: false, directory: "", startedAt: 0, recovered: undefined };
    const cluster = await ProcessCluster.start({
      bundle: "dist/samsa.mjs",
      brokers: 1,
      areFaultsEnabled: false,
      properties: new Map([["log.segment.bytes", String(SEGMENT_BYTES)]]),
      onEvent: (event) => {
        const sinceMs = performance.now() - told.startedAt;
        if (event.kind === "log-recovered" && event.path === told.directory) told.recovered = { recoveredMs: sinceMs, scannedBytes: event.scannedBytes ?? 0 };
        if (event.kind === "broker-unfenced") told.isUp = true;
        cluster.poke();
      },
    });
    const restarts = new Restarts(cluster, told);
    if (!(await cluster.until(() => told.isUp, TIMEOUT_MS))) throw new Error("the broker did not start");
    return restarts;
  }

  get bootstrap(): readonly Address[] {
    const [host = "", port = ""] = (this.cluster.bootstrap[0] ?? "").split(":");
    return [{ host, port: Number(port) }];
  }

  get progressLines(): readonly string[] {
    return this.cluster.node(1).log.match(PROGRESS_LINE) ?? [];
  }

  /** Kills it, and starts it again. */
  async restart(topic: LoadTopic, meanwhile: (dataDirectory: string) => void = () => undefined): Promise<Start> {
    const { told, bootstrap } = this;
    const node = this.cluster.node(1);
    await node.kill("SIGKILL");
    meanwhile(this.cluster.dataDirectory(1));
    Object.assign(told, { directory: `${topic.name}-0`, startedAt: performance.now(), recovered: undefined });
    node.start();
    const [endOffset = -1] = await endOffsetsOf(topic, await waitForLeaders(bootstrap, topic, TIMEOUT_MS), TIMEOUT_MS);
    const servingMs = performance.now() - told.startedAt;
    await this.cluster.until(() => told.recovered !== undefined, TIMEOUT_MS);
    if (told.recovered === undefined) throw new Error(`${topic.name} was not read in time:\n${node.log}`);
    return { ...told.recovered, servingMs, endOffset };
  }

  dispose(): Promise<void> {
    return this.cluster.dispose();
  }
}

const tally = { passed: 0, failed: 0, skipped: 0 };

function judge(what: string, isGood: boolean): void {
  if (isGood) tally.passed++;
  else tally.failed++;
  if (!isGood) print(`FAILED: ${what}`);
}

function tell(what: string, { recoveredMs, servingMs, scannedBytes }: Start): void {
  print(`${what}: ${(recoveredMs / 1000).toFixed(2)} s to the log, ${(servingMs / 1000).toFixed(2)} s to serving, ${(scannedBytes / MIB).toFixed(1)} MiB read`);
}

async function killUnder(restarts: Restarts, isIdempotent: boolean): Promise<LoadTopic> {
  const topic = { name: isIdempotent ? "idempotent" : "plain", partitions: 1, replicationFactor: 1, minInsyncReplicas: 1 };
  const { bootstrap } = restarts;
  await createLoadTopic(bootstrap, topic, TIMEOUT_MS);
  const leaders = await waitForLeaders(bootstrap, topic, TIMEOUT_MS);
  const written = await writeRecords({ leader: leaders[0] as Address, topic: topic.name, bytes, isIdempotent });
  const start = await restarts.restart(topic);
  tell(`${topic.name} producer, ${(written.bytes / MIB).toFixed(0)} MiB in ${(written.forMs / 1000).toFixed(1)} s`, start);
  judge(`${written.records} records were acknowledged, the log ends at ${start.endOffset}`, start.endOffset === written.records);
  judge(`at most ${SCANNED_BYTES_MAX / MIB} MiB are read`, start.scannedBytes <= SCANNED_BYTES_MAX);
  return topic;
}

async function readWhole(restarts: Restarts, topic: LoadTopic): Promise<void> {
  const before = restarts.progressLines.length;
  const start = await restarts.restart(topic, (data) => rmSync(join(data, "recovery-point-offset-checkpoint")));
  tell("without recovery points, with the other log beside it", start);
  const lines = restarts.progressLines.slice(before);
  for (const line of lines) print(`  ${line}`);
  judge("all of it is read", start.scannedBytes >= bytes);
  judge("a start that takes long tells how far it has come", start.recoveredMs < TOLD_AFTER_MS || lines.length > 0);
}

const restarts = await Restarts.begin();
try {
  await killUnder(restarts, false);
  await readWhole(restarts, await killUnder(restarts, true));
} finally {
  await restarts.dispose();
}
finish(tally);
