/** kcat, which is librdkafka on a command line, obeying lines: a process of it for each command. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { ClientRecord, Compression, StoredRecord } from "../command.ts";
import { obeyLines } from "../line-driver.ts";

const bootstrap = process.argv.at(-1) ?? "";
const members: ChildProcess[] = [];
const RETRY = ["reconnect.backoff.ms=20", "retry.backoff.ms=50"];
const DELIVERED = /^% Message delivered to partition \d+ \(offset (-?\d+)\)/;
const ASSIGNED = /assigned: (.*)$/;
const END = "\u0003";

interface KcatOutput {
  readonly stdout: string;
  readonly stderr: string;
}

const properties = (all: readonly string[]): string[] => [...RETRY, ...all].flatMap((property) => ["-X", property]);

async function kcat(args: readonly string[], stdin = ""): Promise<KcatOutput> {
  const child = spawn("kcat", ["-b", bootstrap, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw Object.assign(new Error(stderr.trim()), { name: "kcat" });
  return { stdout, stderr };
}

interface Settings {
  readonly topic: string;
  readonly partition: number;
  readonly acks: number;
  readonly compression: Compression;
  readonly isIdempotent: boolean;
}

/** kcat has one set of headers and one kind of key for all records of a run. */
function runsOf(records: readonly ClientRecord[]): readonly ClientRecord[][] {
  const runs: ClientRecord[][] = [];
  const kindOf = ({ key, value, headers }: ClientRecord): string => JSON.stringify([key === null, value === null, headers]);
  for (const record of records) {
    const last = runs.at(-1);
    if (last?.[0] !== undefined && kindOf(last[0]) === kindOf(record)) last.push(record);
    else runs.push([record]);
  }
  return runs;
}

async function produce({ topic, partition, acks, compression, isIdempotent }: Settings, run: readonly ClientRecord[]): Promise<readonly (number | null)[]> {
  const [first] = run;
  if (first === undefined) return [];
  const given = properties([`acks=${acks}`, `compression.codec=${compression}`, `enable.idempotence=${isIdempotent}`]);
  const headers = first.headers.flatMap(([name, value]) => ["-H", `${name}=${value}`]);
  const keyed = first.key === null ? [] : ["-K", "\t"];
  const lines = run.map(({ key, value }) => `${key === null ? "" : `${key}\t`}${value ?? ""}${END}`);
  const args = [
    "-P",
    "-E",
    "-t",
    topic,
    "-p",
    String(partition),
    "-D",
    END,
    "-v",
    "-v",
    ...(first.value === null ? ["-Z"] : []),
    ...keyed,
    ...headers,
    ...given,
  ];
  const { stderr } = await kcat(args, lines.join(""));
  if (acks === 0) return run.map(() => null);
  const offsets = stderr.split("\n").flatMap((line) => {
    const [, offset] = DELIVERED.exec(line) ?? [];
    return offset === undefined ? [] : [Number(offset) < 0 ? null : Number(offset)];
  });
  if (offsets.length !== run.length) throw new Error(`${offsets.length} of ${run.length} records were delivered: ${stderr}`);
  return offsets;
}

function storedRecord(line: string): StoredRecord {
  const { offset, key, payload, headers, ts } = JSON.parse(line) as {
    offset: number;
    key: string | null;
    payload: string | null;
    headers?: string[];
    ts: number;
  };
  const pairs = (headers ?? []).flatMap((name, at, all) => (at % 2 === 0 ? [[name, all[at + 1] ?? ""] as const] : []));
  return { offset, key, value: payload, headers: pairs, timestampMs: ts };
}

obeyLines(
  {
    produce: async (ask) => {
      const offsets: (number | null)[] = [];
      for (const run of runsOf(ask.records)) offsets.push(...(await produce(ask, run)));
      return { offsets };
    },
    read: async ({ topic, partition, from, count }, tell) => {
      const at = from === "earliest" ? "beginning" : from === "latest" ? "end" : `s@${from.timestampMs}`;
      const args = [
        "-b",
        bootstrap,
        "-C",
        "-J",
        "-u",
        "-t",
        topic,
        "-p",
        String(partition),
        "-o",
        at,
        "-c",
        String(count),
        ...properties(["fetch.wait.max.ms=100"]),
      ];
      const child = spawn("kcat", args, { stdio: ["ignore", "pipe", "pipe"] });
      const records: StoredRecord[] = [];
      createInterface({ input: child.stdout }).on("line", (line) => records.push(storedRecord(line)));
      createInterface({ input: child.stderr }).on("line", (line) => {
        if (line.includes("Reached end of topic")) tell({ event: "positioned" });
      });
      await once(child, "close");
      return { records };
    },
    join: async ({ group, topic }, tell) => {
      const given = properties([
        "auto.offset.reset=earliest",
        "session.timeout.ms=6000",
        "heartbeat.interval.ms=300",
        "auto.commit.interval.ms=100",
        "fetch.wait.max.ms=100",
      ]);
      const child = spawn("kcat", ["-b", bootstrap, "-G", group, "-u", "-E", "-f", "%p %o %s\\n", ...given, topic], { stdio: ["ignore", "pipe", "pipe"] });
      members.push(child);
      child.once("close", (code, signal) => {
        if (members.includes(child)) tell({ event: "member-ended", error: String(code ?? signal) });
      });
      createInterface({ input: child.stdout }).on("line", (line) => {
        const [partition = "", offset = "", ...value] = line.split(" ");
        tell({ event: "records", partition: Number(partition), records: [[Number(offset), value.join(" ")]] });
      });
      createInterface({ input: child.stderr }).on("line", (line) => {
        const [, assigned] = ASSIGNED.exec(line) ?? [];
        if (assigned !== undefined) tell({ event: "assigned", partitions: Array.from(assigned.matchAll(/\[(\d+)\]/g), ([, partition]) => Number(partition)) });
      });
      return {};
    },
    leave: async () => {
      await Promise.all(
        members.splice(0).map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) throw new Error("a member had ended before it was to leave");
          const closed = once(child, "close");
          child.kill("SIGTERM");
          await closed;
        }),
      );
      return {};
    },
  },
  async () => {
    for (const child of members) child.kill("SIGKILL");
  },
);
