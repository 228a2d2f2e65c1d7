import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Throughput } from "@samsa/scenario-runner/load";
import { Child } from "../child.ts";
import { hold } from "../held.ts";
import {
  type AckStream,
  BATCH_BYTES,
  bootstrapOf,
  LINGER_MS,
  type LoadClient,
  type LoadRun,
  type Produced,
  RECORDS_PER_SECOND,
  type TailReader,
} from "./load-client.ts";

const PROPERTIES = [`batch.size=${BATCH_BYTES}`, `linger.ms=${LINGER_MS}`].flatMap((property) => ["-X", property]);
const LINES_PER_WRITE = 1000;
const PATIENT = ["-X", "message.timeout.ms=0"];
/** Between two bursts of records. */
const TICK_MS = 5;

/** kcat, which is librdkafka. It reads without a group. */
export function kcat(version: string): LoadClient {
  return { id: "kcat", name: `librdkafka ${version}`, produce, consume, tail, acknowledge };
}

async function produce(run: LoadRun, acks: -1 | 1): Promise<Produced> {
  const { records, recordBytes } = run;
  const directory = mkdtempSync(join(tmpdir(), "samsa-bench-"));
  const removeDirectory = hold(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, "records");
  writeLines(file, records, recordBytes);
  const stdin = openSync(file, "r");
  try {
    const startMs = performance.now();
    await new Child("kcat", ["-P", "-b", bootstrapOf(run), "-t", run.topic.name, ...PROPERTIES, "-X", `acks=${acks}`], { stdin }).ended;
    const bytes = records * recordBytes;
    return { records, bytes, durationMs: performance.now() - startMs, sentBytes: bytes };
  } finally {
    closeSync(stdin);
    await removeDirectory();
  }
}

/** One line a record; letters as noise. */
function writeLines(file: string, records: number, recordBytes: number): void {
  const lines = new Uint8Array(LINES_PER_WRITE * (recordBytes + 1));
  for (let at = 0, noise = 1; at < lines.length; at++) {
    noise = (Math.imul(noise, 1_103_515_245) + 12_345) >>> 0;
    lines[at] = at % (recordBytes + 1) === recordBytes ? 10 : 65 + (noise >>> 27);
  }
  const descriptor = openSync(file, "w");
  for (let left = records; left > 0; left -= LINES_PER_WRITE) writeSync(descriptor, lines, 0, Math.min(left, LINES_PER_WRITE) * (recordBytes + 1));
  closeSync(descriptor);
}

/** It prints one byte for each record; the time from the first that come to the last counts. */
class Reading {
  private readonly recordBytes: number;
  private firstAtMs = 0;
  private lastAtMs = 0;
  private records = 0;
  private firstRecords = 0;

  constructor(recordBytes: number) {
    this.recordBytes = recordBytes;
  }

  readonly count = (records: number): void => {
    this.lastAtMs = performance.now();
    if (this.records === 0) {
      this.firstAtMs = this.lastAtMs;
      this.firstRecords = records;
    }
    this.records += records;
  };

  throughput(): Throughput {
    const records = this.records - this.firstRecords;
    return { records, bytes: records * this.recordBytes, durationMs: Math.max(1, this.lastAtMs - this.firstAtMs) };
  }
}

/** By default librdkafka asks for nothing for a second whenever 100,000 records lie in its queue: that would be measured, and no broker. */
const NO_PAUSES = ["-X", "queued.min.messages=10000000", "-X", "queued.max.messages.kbytes=1048576"];
const READ = ["-C", "-f", ".", ...NO_PAUSES];

async function consume(run: LoadRun): Promise<Throughput> {
  const reading = new Reading(run.recordBytes);
  // To their number: at the end of a partition it would wait for more for half a second, and keep its last bytes until then.
  const args = [...READ, "-q", "-c", String(run.records), "-b", bootstrapOf(run), "-t", run.topic.name, "-o", "beginning"];
  await new Child("kcat", args, { onBytes: reading.count }).ended;
  return reading.throughput();
}

async function tail(run: LoadRun): Promise<TailReader> {
  const reading = new Reading(run.recordBytes);
  let ends = 0;
  let atEnd: () => void = () => undefined;
  const isAtEnd = new Promise<void>((resolve) => (atEnd = resolve));
  const onErrorLine = (line: string): void => {
    if (line.includes("Reached end of topic") && ++ends === run.topic.partitions) atEnd();
  };
  const child = new Child("kcat", [...READ, "-b", bootstrapOf(run), "-t", run.topic.name, "-o", "end"], { onBytes: reading.count, onErrorLine });
  await Promise.race([isAtEnd, child.ended]);
  return {
    stop: async () => {
      await child.stop();
      return reading.throughput();
    },
  };
}

/** From the second `-v` on kcat tells of each record that was acknowledged. */
const DELIVERED = "% Message delivered to partition";

/** -E: librdkafka says "all brokers are down" when each has been down once, for it opens no connection that it does not need; kcat would end. */
function acknowledge(run: LoadRun, onAck: () => void): AckStream {
  const child = spawn("kcat", ["-P", "-E", "-v", "-v", "-b", bootstrapOf(run), "-t", run.topic.name, "-X", "acks=-1", ...PATIENT], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = hold(async () => {
    clearInterval(timer);
    child.kill("SIGKILL");
    await ended;
  });
  child.stdin.on("error", () => undefined);
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (line.startsWith(DELIVERED)) onAck();
  });
  const timer = setInterval(() => {
    for (let index = 0; index < (RECORDS_PER_SECOND * TICK_MS) / 1000; index++) child.stdin.write("x".repeat(100).concat("\n"));
  }, TICK_MS);
  return { stop };
}
