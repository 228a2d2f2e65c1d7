import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kafkaDeleteRecords } from "../src/delete-records/kafka-delete-records.ts";
import { kafkaGetOffsets } from "../src/get-offsets/kafka-get-offsets.ts";
import { kafkaTopics } from "../src/topics/kafka-topics.ts";
import { type Ended, runTool, until } from "./run-tool.ts";
import { produceFive } from "./some-records.ts";
import { startToolCluster, type ToolCluster } from "./tool-cluster.ts";

const TOPIC = "orders";

let cluster: ToolCluster;
let directory: string;

const offsets = (...args: readonly string[]): Promise<Ended> => runTool(kafkaGetOffsets, ["--bootstrap-server", cluster.bootstrap, ...args]);
const deletion = (text: string, properties = ""): Promise<Ended> => {
  const [file, config] = [join(directory, "offsets.json"), join(directory, "client.properties")];
  writeFileSync(file, text);
  writeFileSync(config, properties);
  return runTool(kafkaDeleteRecords, ["--bootstrap-server", cluster.bootstrap, "--offset-json-file", file, "--command-config", config]);
};
const told = (stdout: string): Ended => ({ code: 0, stdout, stderr: "" });

describe("offsets on a cluster of three", () => {
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "samsa-tools-"));
    cluster = await startToolCluster();
    await runTool(kafkaTopics, ["--bootstrap-server", cluster.bootstrap, "--create", "--topic", TOPIC, "--partitions", "3", "--replication-factor", "3"]);
    await until(async () => (await offsets()).stdout.split("\n").length === 4);
    await produceFive(cluster.bootstrap, TOPIC, 2);
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  test.each([
    [[], "orders:0:0\norders:1:0\norders:2:5\n"],
    [["--topic", "ord.*", "--partitions", "2,1"], "orders:1:0\norders:2:5\n"],
    [["--time", "-1", "--topic-partitions", ":2"], "orders:2:5\n"],
    [["--topic-partitions", "orders:0-1"], "orders:0:0\n"],
    [["--topic-partitions", "nope,orders:1-"], "orders:1:0\norders:2:5\n"],
    [["--time", "max-timestamp"], "orders:2:4\n"],
    [["--time", "1003"], "orders:2:3\n"],
    [["--time", "99999999999999"], ""],
    [["--time", "-5"], ""],
    [["--time", "earliest-local"], "orders:0:0\norders:1:0\norders:2:0\n"],
  ])("kafka-get-offsets %j", async (args, stdout) => {
    expect(await offsets(...args)).toEqual(told(stdout));
  });

  test.each([
    [["--topic", "nope"], "Could not match any topic-partitions with the specified filters"],
    [["--partitions", "a"], "--partitions expects a comma separated list of numeric partition ids, but received: a"],
    [["--topic-partitions", "x", "--topic", "y"], "--topic-partitions cannot be used with --topic or --partitions"],
    [["--nope"], "nope is not a recognized option"],
    [
      ["--time", "foo"],
      "Malformed time argument foo. Please use -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload, or a specified long format timestamp",
    ],
  ])("kafka-get-offsets says on one line what is wrong: %j", async (args, message) => {
    expect(await offsets(...args)).toEqual({ code: 1, stdout: "", stderr: `Error occurred: ${message}\n` });
  });

  test("kafka-delete-records moves the starts of logs, and tells what can't be", async () => {
    const heading = "Executing records delete operation\nRecords delete operation completed:\n";
    const beyond = '{"partitions":[{"topic":"orders","partition":0,"offset":7},{"topic":"orders","partition":2,"offset":3}]}';
    const outOfRange =
      "org.apache.kafka.common.errors.OffsetOutOfRangeException: The requested offset is not within the range of offsets maintained by the server.";
    expect(await deletion(beyond)).toEqual(told(`${heading}partition: orders-0\terror: ${outOfRange}\npartition: orders-2\tlow_watermark: 3\n`));
    expect((await offsets("--time", "earliest", "--topic-partitions", "orders:2")).stdout).toBe("orders:2:3\n");
    expect(await deletion('{"version":1,"partitions":[{"topic":"orders","partition":2,"offset":-1}]}')).toEqual(
      told(`${heading}partition: orders-2\tlow_watermark: 5\n`),
    );
  });

  test("kafka-delete-records gives a topic that is not there its time", async () => {
    const { code, stdout } = await deletion('{"partitions":[{"topic":"nope","partition":0,"offset":1}]}', "default.api.timeout.ms=1500");
    expect(code).toBe(0);
    expect(stdout.split("\n")[2]).toMatch(
      /^partition: nope-0\terror: org.apache.kafka.common.errors.TimeoutException: Call\(callName=deleteRecords\(api=METADATA\), deadlineMs=\d+, tries=\d+, nextAllowedTryMs=\d+\) timed out at \d+ after \d+ attempt\(s\)$/,
    );
  });

  test("kafka-delete-records tells of each partition that time was too short for it", async () => {
    const { code, stdout } = await deletion('{"partitions":[{"topic":"nope","partition":0,"offset":1}]}', "default.api.timeout.ms=1");
    expect(code).toBe(0);
    expect(stdout).toMatch(/\npartition: nope-0\terror: org.apache.kafka.common.errors.TimeoutException: /);
  });

  test.each([
    ["nojson", "org.apache.kafka.tools.AdminOperationException: The input string is not a valid JSON"],
    ['{"x":1}', "org.apache.kafka.tools.AdminOperationException: Missing partitions field"],
    ['{"version":2,"partitions":[]}', "org.apache.kafka.tools.AdminOperationException: Not supported version field value 2"],
    ["[1]", "com.fasterxml.jackson.databind.JsonMappingException: Expected JSON object, received [1]"],
    ['{"partitions":{}}', "com.fasterxml.jackson.databind.JsonMappingException: Expected JSON array, received {}"],
    ['{"partitions":[{"topic":"t","partition":0}]}', "com.fasterxml.jackson.databind.JsonMappingException: No such field exists: `offset`"],
    [
      '{"partitions":[{"topic":"t","partition":"0","offset":1}]}',
      'com.fasterxml.jackson.databind.JsonMappingException: Expected `Integer` value, received "0"',
    ],
    [
      '{"partitions":[{"topic":"t","partition":0,"offset":1},{"topic":"t","partition":0,"offset":2}]}',
      "org.apache.kafka.tools.AdminCommandFailedException: Offset json file contains duplicate topic partitions: t-0",
    ],
  ])("kafka-delete-records asks nobody for what makes no sense: %s", async (text, error) => {
    expect(await deletion(text)).toEqual({ code: 1, stdout: "", stderr: `${error.slice(error.indexOf(": ") + 2)}\n${error}\n\n` });
  });
});
