import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kafkaConsoleConsumer } from "../src/console-consumer/kafka-console-consumer.ts";
import { kafkaConsoleProducer } from "../src/console-producer/kafka-console-producer.ts";
import { kafkaConsumerGroups } from "../src/consumer-groups/kafka-consumer-groups.ts";
import { kafkaGetOffsets } from "../src/get-offsets/kafka-get-offsets.ts";
import type { Tool } from "../src/index.ts";
import { kafkaTopics } from "../src/topics/kafka-topics.ts";
import { kafkaVerifiableConsumer } from "../src/verifiable-consumer/kafka-verifiable-consumer.ts";
import { kafkaVerifiableProducer } from "../src/verifiable-producer/kafka-verifiable-producer.ts";
import { type Ended, type RunOptions, runTool, until } from "./run-tool.ts";
import { startToolCluster, type ToolCluster } from "./tool-cluster.ts";
import { haveCodecs } from "./with-codecs.ts";

haveCodecs();

let cluster: ToolCluster;
let directory: string;

const run = (tool: Tool, line: string, options: RunOptions = {}): Promise<Ended> =>
  runTool(tool, ["--bootstrap-server", cluster.bootstrap, ...line.split(" ")], options);
const produce = (line: string, options: RunOptions | string): Promise<Ended> =>
  run(kafkaConsoleProducer, line, typeof options === "string" ? { stdin: options } : options);
const consume = (line: string, options: RunOptions = {}): Promise<Ended> => run(kafkaConsoleConsumer, line, options);

const NEW_PROTOCOL =
  "The consumer rebalance protocol (KIP-848) is production-ready! Set group.protocol=consumer to try it out. See https://kafka.apache.org/documentation/#consumer_rebalance_protocol\n";
const processed = (count: number): string => `Processed a total of ${count} messages\n`;
const silent = { code: 0, stdout: "", stderr: "" };

/** Times are what they are. */
const withoutTimes = (text: string): string => text.replaceAll(/^\[[^\]]+\]/gm, "[TIME]");
const LOGGED = "[TIME] ERROR Error processing message, terminating consumer process:  (org.apache.kafka.tools.consumer.ConsoleConsumer)\n";

async function createTopic(name: string, partitions = 1): Promise<void> {
  await run(kafkaTopics, `--create --topic ${name} --partitions ${partitions} --replication-factor 3`);
  // Whoever leads says so itself: a producer without retries would be refused before.
  await until(async () => (await run(kafkaGetOffsets, `--topic ${name}`)).stdout.split("\n").length === partitions + 1);
}

/** Ends when the state is there, and has the tool end then. */
function interrupted(signal: string): { readonly stop: AbortSignal; readonly now: () => void } {
  const controller = new AbortController();
  return { stop: controller.signal, now: () => controller.abort(signal) };
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "samsa-console-"));
  cluster = await startToolCluster();
  await createTopic("orders", 3);
  await createTopic("lone");
});
afterAll(async () => {
  await cluster.stop();
  rmSync(directory, { recursive: true });
});

describe("what is typed is read", () => {
  test("with keys, in a group, which goes on where it was", async () => {
    const typed = await produce("--topic orders --property parse.key=true --property key.separator=:", "a:1\nb:2\nc:3\na:4\n");
    expect(typed).toEqual({ ...silent, stdout: "Warning: --property is deprecated and will be removed in a future version. Use --reader-property instead.\n" });
    const line = "--topic orders --property print.key=true --property key.separator=: --group readers --from-beginning";
    const read = await consume(`${line} --max-messages 3`);
    expect([read.code, read.stderr]).toEqual([0, `${NEW_PROTOCOL}${processed(3)}`]);
    const [warning, ...first] = read.stdout.trimEnd().split("\n");
    expect(warning).toBe("Option --property is deprecated and will be removed in a future version. Use --formatter-property instead.");
    const { stdout } = await consume(`${line} --max-messages 1`);
    expect([...first, ...stdout.trimEnd().split("\n").slice(1)].toSorted()).toEqual(["a:1", "a:4", "b:2", "c:3"]);
    // Of a partition without records nothing need be committed.
    const lags = [...(await run(kafkaConsumerGroups, "--describe --group readers")).stdout.matchAll(/ (\d+) +- +- +-/g)].map(([, lag]) => lag);
    expect(new Set(lags)).toEqual(new Set(["0"]));
  });

  test("from one partition, from an offset, with all that is known of a record, whatever the codec", async () => {
    for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"])
      expect(await produce(`--topic lone --compression-codec ${codec}`, `${codec}\n`)).toEqual(silent);
    expect(await produce("--topic lone --reader-property parse.headers=true --reader-property null.marker=NULL", "h:1\tNULL\n")).toEqual(silent);
    const all = ["partition", "offset", "epoch", "headers", "key"].map((name) => `--formatter-property print.${name}=true`).join(" ");
    const columns = (offset: number, rest: string): string => `Partition:0\tOffset:${offset}\tEpoch:NOT_PRESENT\t${rest}\n`;
    expect(await consume(`--topic lone --partition 0 --offset 3 --max-messages 3 ${all}`)).toEqual({
      code: 0,
      stdout: columns(3, "NO_HEADERS\tnull\tlz4") + columns(4, "NO_HEADERS\tnull\tzstd") + columns(5, "h:1\tnull\tnull"),
      stderr: processed(3),
    });
    const timed = await consume("--topic lone --partition 0 --offset earliest --max-messages 1 --formatter-property print.timestamp=true");
    expect(timed.stdout).toMatch(/^CreateTime:\d{13}\tnone\n$/);
  });

  test("in a group, whose offset is behind what was shown and not behind what was fetched", async () => {
    await createTopic("few");
    expect(await produce("--topic few", "a\nb\nc\n")).toEqual(silent);
    expect((await consume("--topic few --group first-two --from-beginning --max-messages 2")).stdout).toBe("a\nb\n");
    expect((await run(kafkaConsumerGroups, "--describe --group first-two")).stdout).toMatch(/first-two +few +0 +2 +3 +1 /);
  });

  test("without a value for --compression-codec as gzip, one by one with --sync, and unacknowledged with acks=0", async () => {
    await createTopic("ways");
    expect(await produce("--topic ways --compression-codec", "a\n")).toEqual(silent);
    expect(await produce("--topic ways --sync", "b\nc\n")).toEqual(silent);
    expect(await produce("--topic ways --request-required-acks 0", "d\n")).toEqual(silent);
    expect((await consume("--topic ways --from-beginning --max-messages 4")).stdout).toBe("a\nb\nc\nd\n");
  });

  test("in topics that a pattern names, but not in others, and from now on where nothing else is said", async () => {
    const { stop, now } = interrupted("SIGINT");
    let text = "";
    const onWrite = (written: string): boolean => {
      text = written;
      return true;
    };
    const reading = consume("--include in.* --group included", { stop, onWrite });
    await createTopic("index");
    await until(async () => (await run(kafkaConsumerGroups, "--describe --group included --state")).stdout.includes(" Stable "));
    await until(async () => {
      await produce("--topic index", "seen\n");
      return text.startsWith("seen\n");
    });
    now();
    const { code, stderr } = await reading;
    expect([code, stderr]).toEqual([130, `${NEW_PROTOCOL}${processed(text.split("\n").length - 1)}`]);
  });

  test("in a topic that was not there", async () => {
    expect(await produce("--topic brand-new", "first\n")).toEqual(silent);
    expect((await consume("--topic brand-new --from-beginning --max-messages 1")).stdout).toBe("first\n");
  });

  test("with a prompt where somebody sits there", async () => {
    expect(await produce("--topic ways", { stdin: "x\ny\n", isTerminal: true })).toEqual({ ...silent, stdout: ">>>" });
  });
});

describe("what goes wrong is told as Kafka's tools tell it", () => {
  test("of a topic that can't be", async () => {
    const name = (args: readonly string[]): readonly string[] => ["--bootstrap-server", cluster.bootstrap, "--topic", "b@d", ...args];
    const invalid = "org.apache.kafka.common.errors.InvalidTopicException: Invalid topics: [b@d]\n";
    const typed = await runTool(kafkaConsoleProducer, name([]), { stdin: "four\n" });
    const message = "Error when sending message to topic b@d with key: null, value: 4 bytes with error:";
    const logged = `[TIME] ERROR ${message} (org.apache.kafka.clients.producer.internals.ErrorLoggingCallback)\n${invalid}`;
    expect({ ...typed, stderr: withoutTimes(typed.stderr) }).toEqual({ ...silent, stderr: logged });
    const one = await runTool(kafkaConsoleProducer, name(["--sync"]), { stdin: "four\n" });
    expect(one).toEqual({
      code: 1,
      stdout: "",
      stderr: `java.util.concurrent.ExecutionException: ${invalid}Caused by: ${invalid}`,
    });
    const read = await runTool(kafkaConsoleConsumer, name([]));
    expect({ ...read, stderr: withoutTimes(read.stderr) }).toEqual({ ...silent, stderr: `${NEW_PROTOCOL}${LOGGED}${invalid}${processed(0)}` });
    const alone = await runTool(kafkaConsoleConsumer, name(["--partition", "0"]));
    expect({ ...alone, stderr: withoutTimes(alone.stderr) }).toEqual({ ...silent, stderr: `${LOGGED}${invalid}${processed(0)}` });
  });

  test("of a line without a key; what was typed before it is written", async () => {
    await createTopic("half");
    const typed = await produce("--topic half --reader-property parse.key=true", "a\tb\nc\n");
    expect(typed).toEqual({ code: 1, stdout: "", stderr: "org.apache.kafka.common.KafkaException: No key separator found on line number 2: 'c'\n" });
    expect((await run(kafkaGetOffsets, "--topic half")).stdout).toBe("half:0:1\n");
  });

  test("of a record that is too large, or waits too long", async () => {
    const large = await produce("--topic half --command-property max.request.size=100", "x".repeat(20));
    expect(large.stderr).toContain("RecordTooLargeException: The message is 108 bytes when serialized which is larger than 100, which is the value of");
    const dead = ["--bootstrap-server", "127.0.0.1:1", "--topic", "half", "--max-block-ms", "100"];
    const waited = await runTool(kafkaConsoleProducer, dead, { stdin: "x\n" });
    expect([waited.code, waited.stderr.split("\n")[1]]).toEqual([
      0,
      "org.apache.kafka.common.errors.TimeoutException: Topic half not present in metadata after 100 ms.",
    ]);
  });

  test("of messages that don't come", async () => {
    const read = await consume("--topic half --timeout-ms 300 --enable-systest-events");
    const timeout = `${LOGGED}org.apache.kafka.common.errors.TimeoutException\n`;
    expect({ ...read, stderr: withoutTimes(read.stderr) }).toEqual({
      code: 0,
      stdout: "shutdown_complete\n",
      stderr: `${NEW_PROTOCOL}${timeout}${processed(0)}`,
    });
  });

  test("of nothing where nobody answers and it is to end meanwhile", async () => {
    const { stop, now } = interrupted("SIGINT");
    const ended = runTool(kafkaConsoleConsumer, ["--bootstrap-server", "127.0.0.1:1", "--include", "x.*"], { stop });
    now();
    expect(await ended).toMatchObject({ code: 130, stderr: expect.stringContaining(processed(0)) });
  });

  test("of an offset that nobody has, without a reset", async () => {
    const read = await consume("--topic half --group careful --command-property auto.offset.reset=none");
    expect(read.stderr).toContain("consumer.NoOffsetForPartitionException: Undefined offset with no reset policy for partitions: [half-0]\n");
    expect(read.stderr).toContain(processed(0));
  });

  test("of records that can't be shown, which may be skipped", async () => {
    const line = "--topic half --from-beginning --max-messages 1 --value-deserializer org.apache.kafka.common.serialization.LongDeserializer";
    const failed = await consume(line);
    const error = "org.apache.kafka.common.errors.SerializationException: Size of data received by LongDeserializer is not 8\n";
    expect([failed.code, withoutTimes(failed.stderr)]).toEqual([
      1,
      `${NEW_PROTOCOL}${processed(1)}[TIME] ERROR Unknown error when running consumer:  (org.apache.kafka.tools.consumer.ConsoleConsumer)\n${error}`,
    ]);
    const skipped = await consume(`${line} --skip-message-on-error`);
    expect([skipped.code, withoutTimes(skipped.stderr)]).toEqual([
      0,
      `${NEW_PROTOCOL}[TIME] ERROR Error processing message, skipping this message:  (org.apache.kafka.tools.consumer.ConsoleConsumer)\n${error}${processed(1)}`,
    ]);
  });

  test("of what this client has not", async () => {
    const refused = await consume("--topic half --command-property group.protocol=consumer");
    expect([refused.code, withoutTimes(refused.stderr)]).toEqual([
      1,
      "[TIME] ERROR Unknown error when running consumer:  (org.apache.kafka.tools.consumer.ConsoleConsumer)\norg.apache.kafka.common.config.ConfigException: group.protocol is consumer: only classic is supported here.\n",
    ]);
    const producer = await produce("--topic half --command-property transactional.id=t", "");
    expect(producer).toEqual({
      code: 1,
      stdout: "",
      stderr: "org.apache.kafka.common.config.ConfigException: transactional.id is t: it is not supported here.\n",
    });
  });
});

describe("a slow or absent reader", () => {
  const MANY = 40_000;

  beforeAll(async () => {
    await createTopic("much");
    expect(await produce("--topic much", `${"x".repeat(99)}\n`.repeat(MANY))).toEqual(silent);
  });

  test("is waited for: nothing is formatted ahead of it, and a group's offset is behind what it took", async () => {
    const { stop, now } = interrupted("SIGTERM");
    let [taken, writes] = ["", 0];
    let isStuck: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => (isStuck = resolve));
    const onWrite = (text: string): Promise<boolean> => {
      taken = text;
      writes++;
      isStuck();
      return new Promise(() => undefined);
    };
    const reading = consume("--topic much --from-beginning --group slow", { stop, onWrite });
    await stuck;
    await until(async () => (await run(kafkaConsumerGroups, "--describe --group slow --state")).stdout.includes(" Stable "));
    now();
    const records = taken.split("\n").length - 1;
    expect(await reading).toMatchObject({ code: 143, stderr: `${NEW_PROTOCOL}${processed(records)}` });
    expect([writes, taken.length]).toEqual([1, records * 100]);
    expect(taken.length).toBeLessThan(100_000);
    const { stdout } = await run(kafkaConsumerGroups, "--describe --group slow");
    expect(stdout).toMatch(new RegExp(`slow +much +0 +${records} +${MANY} `));
  });

  test("that goes away ends it", async () => {
    const read = await consume("--topic much --from-beginning", { onWrite: () => false });
    expect([read.code, read.stderr]).toEqual([
      0,
      `${NEW_PROTOCOL}Unable to write to standard out, closing consumer.\n${processed(read.stdout.split("\n").length - 1)}`,
    ]);
  });

  test("of a verifiable producer is waited for as well", async () => {
    const { stop, now } = interrupted("SIGTERM");
    let writes = 0;
    const taken: (() => void)[] = [];
    const onWrite = (): Promise<boolean> => {
      writes++;
      return new Promise((resolve) => taken.push(() => resolve(true)));
    };
    const producing = run(kafkaVerifiableProducer, "--topic verified", { stop, onWrite });
    const ends = async (): Promise<number> => Number((await run(kafkaGetOffsets, "--topic verified")).stdout.split(":")[2] ?? 0);
    await until(async () => (await ends()) > 0);
    let seen = -1;
    // As long as nobody takes lines it comes to a rest.
    await until(async () => {
      const before = seen;
      seen = await ends();
      return seen === before;
    });
    expect(writes).toBe(1);
    now();
    let isOver = false;
    void producing.then(() => (isOver = true));
    await until(async () => {
      for (const take of taken.splice(0)) take();
      return isOver;
    });
    expect((await producing).code).toBe(143);
  });
});

interface Told {
  readonly name: string;
  readonly [field: string]: unknown;
}

const events = ({ stdout }: Ended): readonly Told[] =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => {
      const { timestamp, ...event } = JSON.parse(line) as Told;
      expect(timestamp).toEqual(expect.any(Number));
      return event as Told;
    });

describe("verifiable tools", () => {
  beforeAll(() => createTopic("counted"));

  test("count, and tell of each record", async () => {
    const line = "--topic counted --max-messages 3 --value-prefix 7 --repeating-keys 2 --message-create-time 1000 --acks 1";
    const produced = await run(kafkaVerifiableProducer, line);
    const success = (key: string, offset: number): Told => ({
      name: "producer_send_success",
      key,
      value: `7.${offset}`,
      offset,
      topic: "counted",
      partition: 0,
    });
    expect([produced.code, produced.stderr]).toEqual([0, ""]);
    expect(events(produced)).toEqual([
      { name: "startup_complete" },
      success("0", 0),
      success("1", 1),
      success("0", 2),
      { name: "shutdown_complete" },
      { name: "tool_data", sent: 3, acked: 3, target_throughput: -1, avg_throughput: expect.any(Number) },
    ]);
    const { stdout } = await consume("--topic counted --from-beginning --max-messages 1 --formatter-property print.timestamp=true");
    expect(stdout).toBe("CreateTime:1000\t7.0\n");
  });

  test("read in a group, commit, and end after so many", async () => {
    const read = await run(kafkaVerifiableConsumer, "--topic counted --group-id verifiers --verbose --max-messages 2");
    const place = { topic: "counted", partition: 0 };
    const record = (key: string, offset: number): Told => ({ name: "record_data", key, value: `7.${offset}`, ...place, offset });
    expect([read.code, read.stderr]).toEqual([0, ""]);
    expect(events(read)).toEqual([
      { name: "startup_complete" },
      { name: "partitions_assigned", partitions: [place] },
      record("0", 0),
      record("1", 1),
      { name: "records_consumed", count: 3, partitions: [{ ...place, count: 2, minOffset: 0, maxOffset: 1 }] },
      { name: "offsets_committed", offsets: [{ ...place, offset: 2 }], success: true },
      { name: "partitions_revoked", partitions: [place] },
      { name: "shutdown_complete" },
      { name: "shutdown_requested" },
    ]);
  });

  test("tell what could not be written", async () => {
    const produced = await runTool(kafkaVerifiableProducer, ["--bootstrap-server", cluster.bootstrap, "--topic", "b@d", "--max-messages", "1"]);
    const error = { exception: "class org.apache.kafka.common.errors.InvalidTopicException", message: "Invalid topics: [b@d]" };
    expect(events(produced).slice(1)).toEqual([
      { name: "producer_send_error", topic: "b@d", key: null, value: "0", ...error },
      { name: "shutdown_complete" },
      { name: "tool_data", sent: 1, acked: 0, target_throughput: -1, avg_throughput: 0 },
    ]);
    expect(produced.stdout).toContain('"avg_throughput":0.0}');
  });

  test("end in order when somebody ends them, by a file's properties as well", async () => {
    const config = join(directory, "consumer.properties");
    writeFileSync(config, "session.timeout.ms=20000\n");
    const { stop, now } = interrupted("SIGTERM");
    const onWrite = (text: string): boolean => {
      if (text.includes("offsets_committed")) now();
      return true;
    };
    const read = await run(kafkaVerifiableConsumer, `--topic counted --group-id ended --consumer.config ${config} --group-instance-id one`, { stop, onWrite });
    const [warning, ...lines] = read.stdout.split("\n");
    expect(warning).toBe("Option --consumer.config has been deprecated and will be removed in a future version. Use --command-config instead.");
    const told = events({ ...read, stdout: lines.join("\n") });
    expect(told.slice(-3).map(({ name }) => name)).toEqual(["shutdown_requested", "partitions_revoked", "shutdown_complete"]);
    expect([read.code, read.stderr]).toEqual([143, ""]);
  });

  test("keep to a throughput", async () => {
    const { stop, now } = interrupted("SIGINT");
    const onWrite = (text: string): boolean => {
      if (text.split("producer_send_success").length > 3) now();
      return true;
    };
    const produced = await run(kafkaVerifiableProducer, "--topic counted --throughput 20", { stop, onWrite });
    const data = events(produced).at(-1);
    expect([produced.code, data?.["target_throughput"]]).toEqual([130, 20]);
    expect(data?.["sent"]).toBeLessThan(100);
  });
});
