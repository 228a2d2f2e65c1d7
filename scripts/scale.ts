/**
 * Many partitions on three brokers: creation, a broker's and the active controller's SIGKILL, restarts from a snapshot; times, memory, idle
 * processor time. The table goes to stdout, progress to stderr. With `--bootstrap` and `--peer` another cluster (Apache Kafka, say) is measured.
 *
 *   npm run scale -- [--partitions 10000] [--led 1000] [--controllers 0|3] [--replication-factor 3] [--per-topic 1000] [--rounds 3]
 *                    [--only creation,idle,failover,controller,restart] [--cpu-profile DIRECTORY] [--json]
 *                    [--peer PROGRAM --bootstrap HOST:PORT,…]
 *
 * `--led` is measured first, on a cluster whose brokers lead so many partitions each; 0 leaves it out.
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { peerSubject, samsaSubject, ScaleRun, type ScaleSubject } from "@samsa/scenario-runner/scale";
import { Figures } from "./bench/figures.ts";

const SECTIONS = ["creation", "idle", "failover", "controller", "restart"] as const;
const BROKERS = 3;
const BUNDLE = "dist/samsa.mjs";
/** So that a restart has a snapshot to begin with: the records of a few thousand partitions. */
const BYTES_BETWEEN_SNAPSHOTS = 256 * 1024;
/** Kafka's default: a disk that is busy with ten thousand new files may take longer for a sync than the tests' 400 ms. */
const ELECTION_TIMEOUT_MS = 1_000;

const { values } = parseArgs({
  options: {
    partitions: { type: "string", default: "10000" },
    led: { type: "string", default: "1000" },
    controllers: { type: "string", default: "0" },
    "replication-factor": { type: "string", default: "3" },
    "per-topic": { type: "string", default: "1000" },
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: SECTIONS.join(",") },
    "cpu-profile": { type: "string" },
    peer: { type: "string" },
    bootstrap: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const sections = new Set(values.only.split(","));
for (const section of sections)
  if (!(SECTIONS as readonly string[]).includes(section)) throw new RangeError(`--only knows ${SECTIONS.join(", ")}, not ${section}`);

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

async function start(): Promise<ScaleSubject> {
  if (values.peer !== undefined && values.bootstrap !== undefined) return peerSubject(values.peer, values.bootstrap);
  const profile = values["cpu-profile"];
  return samsaSubject({
    bundle: BUNDLE,
    controllers: Number(values.controllers),
    properties: new Map([
      ["metadata.log.max.record.bytes.between.snapshots", String(BYTES_BETWEEN_SNAPSHOTS)],
      ["controller.quorum.election.timeout.ms", String(ELECTION_TIMEOUT_MS)],
    ]),
    nodeOptions: profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`],
  });
}

async function measure(partitions: number): Promise<void> {
  const figures = new Figures();
  const contender = values.peer === undefined ? "samsa" : "peer";
  const note = (what: string, unit: string, value: number): void => {
    figures.add({ contender, what, unit, value });
    tell(`${what} ${value.toFixed(value < 100 ? 1 : 0)} ${unit} (load ${loadavg()[0]?.toFixed(1)})`);
  };
  tell(`${partitions} partitions, ${BROKERS} brokers, ${values.controllers} controllers of their own, replication factor ${values["replication-factor"]}`);
  const subject = await start();
  try {
    const run = new ScaleRun(subject, {
      partitions,
      partitionsPerTopic: Number(values["per-topic"]),
      replicationFactor: Number(values["replication-factor"]),
      rounds: Number(values.rounds),
      note,
      tell,
    });
    await run.creation();
    if (sections.has("idle")) await run.idle();
    if (sections.has("failover")) await run.failovers();
    if (sections.has("controller")) await run.controllerFailovers();
    if (sections.has("restart")) await run.restarts();
  } finally {
    await subject.dispose();
  }
  process.stdout.write(values.json ? `${JSON.stringify(figures.summary(), null, 2)}\n` : `${partitions} partitions\n${figures.table()}\n`);
}

const led = Number(values.led);
if (led > 0) await measure(led * BROKERS);
if (Number(values.partitions) > 0) await measure(Number(values.partitions));
process.exit();
