import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Throughput } from "@samsa/scenario-runner/load";
import { Child } from "../child.ts";
import { hold } from "../held.ts";
import { type AckStream, BATCH_BYTES, bootstrapOf, type Latencies, LINGER_MS, type LoadClient, type LoadRun, RECORDS_PER_SECOND } from "./load-client.ts";

export const KAFKA_TOOLS = "scripts/peers/kafka-tools";
const BATCHES = [`batch.size=${BATCH_BYTES}`, `linger.ms=${LINGER_MS}`];
/** Of the records that are counted: a Java machine is slow at first. */
const WARM_UP_SHARE = 0.5;
const FETCH_BYTES = 1024 * 1024;
const JOIN_GROUP = 11;
const FIND_COORDINATOR = 10;
const FETCH_TIME_COLUMN = 7;
const BYTES_COLUMN = 2;
const RECORDS_COLUMN = 4;

/** Apache Kafka's own tools, on its Java client. consumer-perf reads as a group. */
export function javaTools(version: string): LoadClient {
  return {
    id: "java",
    name: `Java ${version}`,
    produce: async (run, acks) => {
      const line = await producerPerf(run, -1, [...BATCHES, `acks=${acks}`]);
      const perSecond = Number(/([\d.]+) records\/sec/.exec(line)?.[1]);
      const bytes = run.records * run.recordBytes;
      return { records: run.records, bytes, durationMs: (run.records * 1000) / perSecond, sentBytes: bytes * (1 + WARM_UP_SHARE) };
    },
    consume: consumerPerf,
    consumeNeeds: new Set([FIND_COORDINATOR, JOIN_GROUP]),
    latency: producerLatency,
    acknowledge: verifiableProducer,
  };
}

async function producerLatency(run: LoadRun): Promise<Latencies> {
  const line = await producerPerf(run, RECORDS_PER_SECOND, [...BATCHES, "acks=-1"]);
  return { p50Ms: Number(/(\d+) ms 50th/.exec(line)?.[1]), p99Ms: Number(/(\d+) ms 99th/.exec(line)?.[1]) };
}

/** The last line that it prints sums up what came after the warm-up. */
async function producerPerf(run: LoadRun, throughput: number, properties: readonly string[]): Promise<string> {
  const warmUp = Math.floor(run.records * WARM_UP_SHARE);
  let last = "";
  const options = ["--bootstrap-server", bootstrapOf(run), "--topic", run.topic.name, "--record-size", String(run.recordBytes)];
  const amounts = ["--num-records", String(run.records + warmUp), "--warmup-records", String(warmUp), "--throughput", String(throughput)];
  const onLine = (line: string): void => {
    if (line.includes("99.9th")) last = line;
  };
  await new Child(KAFKA_TOOLS, ["producer-perf", ...options, ...amounts, "--command-property", ...properties], { onLine }).ended;
  return last;
}

/** Without the time that its group takes to form. */
async function consumerPerf(run: LoadRun): Promise<Throughput> {
  let columns: readonly string[] = [];
  const options = [
    "--bootstrap-server",
    bootstrapOf(run),
    "--topic",
    run.topic.name,
    "--num-records",
    String(run.records),
    "--fetch-size",
    String(FETCH_BYTES),
  ];
  const onLine = (line: string): void => {
    const cells = line.split(",").map((cell) => cell.trim());
    if (cells.length > FETCH_TIME_COLUMN) columns = cells;
  };
  await new Child(KAFKA_TOOLS, ["consumer-perf", ...options, "--hide-header"], { onLine }).ended;
  const cell = (index: number): number => Number(columns[index]);
  return { records: cell(RECORDS_COLUMN), bytes: cell(BYTES_COLUMN) * 2 ** 20, durationMs: cell(FETCH_TIME_COLUMN) };
}

function verifiableProducer(run: LoadRun, onAck: () => void): AckStream {
  const directory = mkdtempSync(join(tmpdir(), "samsa-bench-"));
  const removeDirectory = hold(() => rmSync(directory, { recursive: true, force: true }));
  const config = join(directory, "producer.properties");
  // The tool itself would not retry.
  writeFileSync(config, "retries=2147483647\n");
  const options = ["--bootstrap-server", bootstrapOf(run), "--topic", run.topic.name, "--throughput", String(RECORDS_PER_SECOND), "--acks", "-1"];
  const onLine = (line: string): void => {
    if (line.includes("producer_send_success")) onAck();
  };
  const child = new Child(KAFKA_TOOLS, ["verifiable-producer", ...options, "--command-config", config], { onLine });
  return {
    stop: async () => {
      await child.stop();
      await removeDirectory();
    },
  };
}
