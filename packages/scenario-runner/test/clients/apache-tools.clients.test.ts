import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestedCluster, testedCluster } from "./running-cluster.ts";

const TOOLS = join(import.meta.dirname, "../../../../scripts/peers/kafka-tools");
const installed = spawnSync(TOOLS, { encoding: "utf8" });
const areInstalled = installed.status === 0;
const TITLE = areInstalled ? "Apache Kafka's own tools" : `Apache Kafka's own tools ARE NOT INSTALLED (${installed.stderr.trim().split("\n").at(-1)})`;

const CLASSES = {
  topics: "org.apache.kafka.tools.TopicCommand",
  configs: "kafka.admin.ConfigCommand",
  "console-producer": "org.apache.kafka.tools.ConsoleProducer",
  "console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
  "consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
  "get-offsets": "org.apache.kafka.tools.GetOffsetShell",
  "delete-records": "org.apache.kafka.tools.DeleteRecordsCommand",
  "verifiable-producer": "org.apache.kafka.tools.VerifiableProducer",
  "verifiable-consumer": "org.apache.kafka.tools.VerifiableConsumer",
} as const;

const TOOL_TIMEOUT_MS = 60_000;
/** Nine Java machines one after the other, on a busy machine. */
const TEST_TIMEOUT_MS = 240_000;

let cluster: TestedCluster;

/** What a tool prints; fails where it ends with another code than 0. */
async function run(tool: keyof typeof CLASSES, args: readonly string[], stdin = ""): Promise<string> {
  const child = spawn(TOOLS, [CLASSES[tool], "--bootstrap-server", cluster.bootstrap, ...args], {
    env: { ...process.env, KAFKA_HEAP_OPTS: "-Xmx256m -XX:TieredStopAtLevel=1" },
    timeout: TOOL_TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${tool} ${args.join(" ")} ended with ${code}: ${stdout}${stderr}`);
  return stdout;
}

/** What one broker has done, another one may know a moment later. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  await expect.poll(isSo, { timeout: TOOL_TIMEOUT_MS }).toBe(true);
}

const lines = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
/** Of a table: the cells of the row that begins so. */
const rowsOf = (text: string, first: string): string[][] =>
  lines(text)
    .map((line) => line.split(/\s+/))
    .filter(([cell]) => cell === first);

describe.skipIf(!areInstalled)(TITLE, { timeout: TEST_TIMEOUT_MS }, () => {
  beforeAll(async () => {
    cluster = await testedCluster();
  });
  afterAll(async () => {
    await cluster.stop();
  });

  test("kafka-topics and kafka-configs create, list, describe, alter and delete", async () => {
    const topic = "tool-topic";
    expect(lines(await run("topics", ["--create", "--topic", topic, "--partitions", "2", "--replication-factor", "3"]))).toEqual([`Created topic ${topic}.`]);
    await until(async () => lines(await run("topics", ["--list"])).includes(topic));
    await run("topics", ["--alter", "--topic", topic, "--partitions", "3"]);
    expect(await run("topics", ["--describe", "--topic", topic])).toMatch(/PartitionCount: 3\s+ReplicationFactor: 3/);
    await run("configs", ["--alter", "--entity-type", "topics", "--entity-name", topic, "--add-config", "retention.ms=60000"]);
    expect(await run("configs", ["--describe", "--entity-type", "topics", "--entity-name", topic])).toContain("retention.ms=60000");
    await run("topics", ["--delete", "--topic", topic]);
    await until(async () => !lines(await run("topics", ["--list"])).includes(topic));
  });

  test("the console tools write and read, and kafka-consumer-groups sees, resets and deletes their group", async () => {
    const [topic, group] = ["tool-console", "tool-group"];
    await cluster.createTopic(topic, 1);
    await run("console-producer", ["--topic", topic, "--reader-property", "parse.key=true", "--reader-property", "key.separator=:"], "a:1\nb:2\nc:3\n");
    const read = (): Promise<string> =>
      run("console-consumer", ["--topic", topic, "--group", group, "--from-beginning", "--max-messages", "3", "--formatter-property", "print.key=true"]);
    expect(lines(await read())).toEqual(["a\t1", "b\t2", "c\t3"]);
    expect(lines(await run("consumer-groups", ["--list"]))).toContain(group);
    const [described] = rowsOf(await run("consumer-groups", ["--describe", "--group", group]), group);
    expect(described?.slice(0, 6)).toEqual([group, topic, "0", "3", "3", "0"]);
    await run("consumer-groups", ["--reset-offsets", "--to-earliest", "--execute", "--group", group, "--topic", topic]);
    expect(lines(await read())).toHaveLength(3);
    expect(await run("consumer-groups", ["--delete", "--group", group])).toContain("was successful");
    expect(lines(await run("consumer-groups", ["--list"]))).not.toContain(group);
  });

  test("kafka-get-offsets and kafka-delete-records move a log's start", async () => {
    const topic = "tool-offsets";
    await cluster.createTopic(topic, 1);
    await run("console-producer", ["--topic", topic], "1\n2\n3\n4\n");
    expect(lines(await run("get-offsets", ["--topic", topic]))).toEqual([`${topic}:0:4`]);
    const directory = mkdtempSync(join(tmpdir(), "samsa-tools-"));
    try {
      const file = join(directory, "offsets.json");
      writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset: 3 }] }));
      expect(await run("delete-records", ["--offset-json-file", file])).toMatch(/low_watermark: 3/);
    } finally {
      rmSync(directory, { recursive: true });
    }
    expect(lines(await run("get-offsets", ["--topic", topic, "--time", "earliest"]))).toEqual([`${topic}:0:3`]);
  });

  test("the verifiable tools agree on what was written", async () => {
    const topic = "tool-verifiable";
    await cluster.createTopic(topic, 3);
    const produced = lines(await run("verifiable-producer", ["--topic", topic, "--max-messages", "1000", "--acks", "-1"]));
    expect(JSON.parse(produced.at(-1) ?? "")).toMatchObject({ name: "tool_data", sent: 1000, acked: 1000 });
    const args = ["--topic", topic, "--group-id", "verifying", "--max-messages", "1000", "--reset-policy", "earliest"];
    const consumed = lines(await run("verifiable-consumer", args)).map((line) => JSON.parse(line) as { readonly name: string; readonly count?: number });
    expect(consumed.filter(({ name }) => name === "records_consumed").reduce((sum, { count = 0 }) => sum + count, 0)).toBe(1000);
  });
});
