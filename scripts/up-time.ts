/**
 * How long it takes from `samsa up --detach` to the first record that a client of somebody else's has acknowledged by all replicas, all commands
 * and the client's start included; nothing is there before. The topic is made by kafka-topics; and another by being written to, of which librdkafka
 * hears only when it looks again, a second later.
 *
 *   node scripts/up-time.ts [--rounds 10]     kcat is the client
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { finish } from "./tally.ts";

const BUNDLE = "dist/samsa.mjs";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "10" } } });
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Its stdout. Throws unless it ends with code 0. */
async function run(command: string, args: readonly string[], stdin = ""): Promise<string> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.end(stdin);
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with code ${code}\n${stderr}`);
  return stdout.trim();
}

const write = (bootstrap: string, topic: string): Promise<string> => run("kcat", ["-b", bootstrap, "-P", "-t", topic, "-X", "acks=all"], "hello\n");

interface Round {
  /** Until `samsa up --detach` has ended. */
  readonly upMs: number;
  /** Until the client has ended, which is when its record is acknowledged: to a topic that kafka-topics has made since. */
  readonly ackMs: number;
  /** How long the client takes with a topic that is not there. */
  readonly newTopicMs: number;
}

async function measure(): Promise<Round> {
  const directory = mkdtempSync(join(tmpdir(), "samsa-up-time-"));
  const samsa = (...args: readonly string[]): Promise<string> => run(process.execPath, [BUNDLE, ...args, "--data", join(directory, "cluster")]);
  try {
    const startMs = performance.now();
    const bootstrap = await samsa("up", "--detach");
    const upMs = performance.now() - startMs;
    await run("bin/kafka-topics.sh", ["--bootstrap-server", bootstrap, "--create", "--topic", "greetings", "--replication-factor", "3"]);
    await write(bootstrap, "greetings");
    const ackMs = performance.now() - startMs;
    await write(bootstrap, "others");
    const newTopicMs = performance.now() - startMs - ackMs;
    const read = await run("kcat", ["-b", bootstrap, "-C", "-t", "greetings", "-o", "beginning", "-e", "-q"]);
    if (read !== "hello") throw new Error(`the record is not there, but ${JSON.stringify(read)}`);
    return { upMs, ackMs, newTopicMs };
  } finally {
    await samsa("down", "--wipe");
    rmSync(directory, { recursive: true });
  }
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

const rounds: Round[] = [];
const row = ({ upMs, ackMs, newTopicMs }: Round): string => [upMs, ackMs, newTopicMs].map((ms) => seconds(ms).padStart(12)).join("");
print("       ready       first         one to");
print("                  record    a new topic");
for (let round = 0; round < Number(values.rounds); round++) {
  const measured = await measure();
  rounds.push(measured);
  print(row(measured));
}
const of = (figure: keyof Round): number => median(rounds.map((round) => round[figure]));
print(`medians\n${row({ upMs: of("upMs"), ackMs: of("ackMs"), newTopicMs: of("newTopicMs") })}`);
finish({ passed: rounds.length, failed: 0, skipped: 0 });
