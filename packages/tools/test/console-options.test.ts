import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kafkaConsoleConsumer } from "../src/console-consumer/kafka-console-consumer.ts";
import { kafkaConsoleProducer } from "../src/console-producer/kafka-console-producer.ts";
import { type Ended, runTool } from "./run-tool.ts";

/** What stands for the help, behind its first line. */
const HELP = "<help>\n";

async function said(tool: "producer" | "consumer", line: string): Promise<Ended> {
  const help = readFileSync(join(import.meta.dirname, "help", `kafka-console-${tool}.txt`), "utf8");
  const run = tool === "producer" ? kafkaConsoleProducer : kafkaConsoleConsumer;
  const { code, stdout, stderr } = await runTool(run, line.split(" "));
  return { code, stdout, stderr: stderr.replace(help.slice(help.indexOf("\n") + 1), HELP).replaceAll(/^\[[^\]]+\]/gm, "[TIME]") };
}

const failed = (stderr: string, stdout = ""): Ended => ({ code: 1, stdout, stderr });
const BROKER = "--bootstrap-server 127.0.0.1:1";
const CONFIG = "org.apache.kafka.common.config.ConfigException: ";

/** Each recorded from Kafka's tool, without its frames. */
describe("kafka-console-producer refuses", () => {
  it.each([
    ["--topic t", `Error while validating the bootstrap address\n\n${HELP}`],
    ["--topic t --bootstrap-server foo", `Please provide valid host:port like host1:9091,host2:9092\n\n${HELP}`],
    [BROKER, `Missing required argument "[topic]"\n${HELP}`],
    [`${BROKER} --topic t --nope`, `nope is not a recognized option\n${HELP}`],
    [`${BROKER} --topic t --command-config a --producer.config b`, `Options --command-config and --producer.config cannot be specified together.\n${HELP}`],
    [
      `${BROKER} --topic t --producer-property a=b --command-property a=b`,
      `Options --command-property and --producer-property cannot be specified together.\n${HELP}`,
    ],
    [`${BROKER} --topic t --property a=b --reader-property a=b`, `Options --reader-property and --property cannot be specified together.\n${HELP}`],
    [`${BROKER} --topic t --sync --batch-size x`, "Cannot parse argument 'x' of option batch-size\n"],
    [`${BROKER} --topic t --topic u`, "Found multiple arguments for option topic, but you asked for only one\n"],
    [
      `${BROKER} --topic t --compression-codec foo`,
      `${CONFIG}Invalid value foo for configuration compression.type: String must be one of: none, gzip, snappy, lz4, zstd\n`,
    ],
    [`${BROKER} --topic t --request-required-acks 2`, `${CONFIG}Invalid value 2 for configuration acks: String must be one of: all, -1, 0, 1\n`],
    [
      `${BROKER} --topic t --request-required-acks 1 --command-property enable.idempotence=true`,
      `${CONFIG}Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.\n`,
    ],
    [`${BROKER} --topic t --line-reader foo`, "java.lang.ClassNotFoundException: foo\n"],
    [
      `${BROKER} --topic t --reader-property headers.delimiter=,`,
      "org.apache.kafka.common.KafkaException: headers.delimiter and headers.separator may not be equal\n",
    ],
    [`${BROKER} --topic t --command-config /tmp/none`, "java.nio.file.NoSuchFileException: /tmp/none\n"],
    [`${BROKER} --topic t --reader-config /tmp/none`, "java.nio.file.NoSuchFileException: /tmp/none\n"],
  ])("%s", async (line, stderr) => {
    expect(await said("producer", line)).toEqual(failed(stderr));
  });

  it("a bad number behind what is deprecated", async () => {
    const warnings = [
      "--producer-property is deprecated and will be removed in a future version. Use --command-property",
      "--property is deprecated and will be removed in a future version. Use --reader-property",
    ];
    const memory = "Warning: --max-partition-memory-bytes is deprecated and will be removed in Apache Kafka 5.0. Use --batch-size instead.\n";
    expect(await said("producer", `${BROKER} --topic t --property parse.key=true --producer-property linger.ms=x --max-partition-memory-bytes 100`)).toEqual(
      failed(
        `${CONFIG}Invalid value x for configuration linger.ms: Not a number of type LONG\n`,
        `${warnings.map((text) => `Warning: ${text} instead.\n`).join("")}${memory}`,
      ),
    );
  });
});

const UNKNOWN = "[TIME] ERROR Unknown error when running consumer:  (org.apache.kafka.tools.consumer.ConsoleConsumer)\n";
const MAIN = 'Exception in thread "main" ';

describe("kafka-console-consumer refuses", () => {
  it.each([
    ["--topic t", `Missing required argument "[bootstrap-server]"\n${HELP}`],
    [BROKER, `Exactly one of the following arguments is required: [topic], [include]\n${HELP}`],
    [`${BROKER} --topic t --include u`, `Exactly one of the following arguments is required: [topic], [include]\n${HELP}`],
    [`${BROKER} --topic t --offset 3`, `The partition is required when offset is specified.\n${HELP}`],
    [`${BROKER} --include t --partition 0`, `The topic is required when partition is specified.\n${HELP}`],
    [`${BROKER} --topic t --partition 0 --offset 3 --from-beginning`, `Options from-beginning and offset cannot be specified together.\n${HELP}`],
    [
      `${BROKER} --topic t --partition 0 --offset -4`,
      `The provided offset value '-4' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.\n${HELP}`,
    ],
    [`${BROKER} --topic t --partition 0 --group g`, `Options group and partition cannot be specified together.\n${HELP}`],
    [
      `${BROKER} --topic t --group g --command-property group.id=h`,
      `The group ids provided in different places (directly using '--group', via '--consumer-property', or via '--consumer.config') do not match. Detected group ids: 'g', 'h'\n${HELP}`,
    ],
    [
      `${BROKER} --topic t --consumer-property a=b --command-property c=d`,
      `Options --consumer-property and --command-property cannot be specified together.\n${HELP}`,
    ],
    [`${BROKER} --topic t --consumer.config a --command-config d`, `Options --consumer.config and --command-config cannot be specified together.\n${HELP}`],
    [`${BROKER} --topic t --property a=b --formatter-property c=d`, `Options --property and --formatter-property cannot be specified together.\n${HELP}`],
    [`${BROKER} --topic t --formatter foo`, `foo\n${HELP}`],
    [`${BROKER} --topic t --formatter-config /tmp/none`, `/tmp/none\n${HELP}`],
    [
      `${BROKER} --topic t --from-beginning --command-property auto.offset.reset=latest`,
      "Can't simultaneously specify --from-beginning and 'auto.offset.reset=latest', please remove one option\n",
    ],
    [
      `${BROKER} --topic t --timeout-ms x`,
      `${MAIN}joptsimple.OptionArgumentConversionException: Cannot parse argument 'x' of option timeout-ms\nCaused by: joptsimple.internal.ReflectionException: java.lang.NumberFormatException: For input string: "x"\nCaused by: java.lang.NumberFormatException: For input string: "x"\n`,
    ],
    [`${BROKER} --topic t --command-config /tmp/none`, `${MAIN}java.nio.file.NoSuchFileException: /tmp/none\n`],
    [
      `${BROKER} --topic t --isolation-level foo`,
      `${UNKNOWN}${CONFIG}Invalid value foo for configuration isolation.level: String must be one of: read_committed, read_uncommitted\n`,
    ],
    [
      "--bootstrap-server foo --topic t",
      `${UNKNOWN}org.apache.kafka.common.KafkaException: Failed to construct kafka consumer\nCaused by: ${CONFIG}Invalid url in bootstrap.servers: foo\n`,
    ],
  ])("%s", async (line, stderr) => {
    expect(await said("consumer", line)).toEqual(failed(stderr));
  });
});
