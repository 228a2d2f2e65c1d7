import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kafkaLeaderElection } from "../src/leader-election/kafka-leader-election.ts";
import { kafkaLogDirs } from "../src/log-dirs/kafka-log-dirs.ts";
import { kafkaTopics } from "../src/topics/kafka-topics.ts";
import { type Ended, runTool, until } from "./run-tool.ts";
import { startToolCluster, type ToolCluster } from "./tool-cluster.ts";

let cluster: ToolCluster;
let directory: string;

const survivors = (): string => cluster.brokers.slice(1).join(",");
const elect = (...args: readonly string[]): Promise<Ended> => runTool(kafkaLeaderElection, ["--bootstrap-server", survivors(), ...args]);
const dirs = (...args: readonly string[]): Promise<Ended> => runTool(kafkaLogDirs, ["--bootstrap-server", survivors(), ...args]);
const topics = (...args: readonly string[]): Promise<Ended> => runTool(kafkaTopics, ["--bootstrap-server", survivors(), ...args]);
const preferred = ["--election-type", "preferred"];
const told = (stdout: string): Ended => ({ code: 0, stdout, stderr: "" });
/** Java's frames left out. */
const failed = (message: string, cause: string): string =>
  `${message}\norg.apache.kafka.tools.AdminCommandFailedException: ${message}\n\tSuppressed: org.apache.kafka.common.errors.${cause}\n\n`;

describe("leaders and directories of a cluster of three, of which one is killed", () => {
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "samsa-tools-"));
    cluster = await startToolCluster();
    await topics("--create", "--topic", "orders", "--replica-assignment", "2:3,3:2");
    await topics("--create", "--topic", "widow", "--replica-assignment", "1:2");
    await until(async () => (await topics("--describe")).stdout.match(/Leader: \d\t/g)?.length === 3);
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  test("kafka-log-dirs tells of the partitions of the brokers that it is to ask", async () => {
    const { stdout } = await dirs("--describe", "--broker-list", "2", "--topic-list", "orders");
    const [querying, received, json, end] = stdout.split("\n");
    expect([querying, received, end]).toEqual(["Querying brokers for log directories information", "Received log directory information from brokers 2", ""]);
    const partitions = [0, 1].map((partition) => ({ partition: `orders-${partition}`, size: 0, offsetLag: 0, isFuture: false }));
    expect(JSON.parse(json ?? "")).toEqual({
      brokers: [{ broker: 2, logDirs: [{ partitions, error: null, logDir: expect.any(String) }] }],
      version: 1,
    });
    const all = await dirs("--describe");
    expect(all.stdout).toContain("Received log directory information from brokers 1,2,3\n");
  });

  test("kafka-log-dirs asks nobody when a broker is not there", async () => {
    expect(await dirs("--describe", "--broker-list", "2,9")).toEqual({
      code: 1,
      stdout: "",
      stderr: "ERROR: The given brokers do not exist from --broker-list: 9. Current existent brokers: 1,2,3\n",
    });
  });

  test("kafka-leader-election says what needed no election, and of all partitions says nothing then", async () => {
    const file = join(directory, "partitions.json");
    writeFileSync(file, '{"partitions":[{"topic":"orders","partition":0},{"topic":"orders","partition":1}]}');
    expect(await elect(...preferred, "--path-to-json-file", file)).toEqual(told("Valid replica already elected for partitions orders-0, orders-1\n"));
    expect(await elect(...preferred, "--all-topic-partitions")).toEqual(told(""));
  });

  test("kafka-leader-election says whom it could not have elected, on stdout, and ends with 1", async () => {
    const unknown = "UnknownTopicOrPartitionException: No such topic as nope";
    expect(await elect(...preferred, "--topic", "nope", "--partition", "0")).toEqual({
      code: 1,
      stdout: `Error completing leader election (PREFERRED) for partition: nope-0: org.apache.kafka.common.errors.${unknown}\n`,
      stderr: failed("1 replica(s) could not be elected", unknown),
    });
    await cluster.kill(1);
    await until(async () => (await topics("--describe", "--topic", "widow")).stdout.includes("Leader: 2\t"));
    const unavailable = "PreferredLeaderNotAvailableException: The preferred leader was not available.";
    expect(await elect(...preferred, "--topic", "widow", "--partition", "0")).toEqual({
      code: 1,
      stdout: `Error completing leader election (PREFERRED) for partition: widow-0: org.apache.kafka.common.errors.${unavailable}\n`,
      stderr: failed("1 replica(s) could not be elected", unavailable),
    });
  });

  test.each([
    [["--all-topic-partitions"], "Missing required option(s): election-type"],
    [preferred, "One and only one of the following options is required: topic, all-topic-partitions, path-to-json-file"],
    [[...preferred, "--topic", "x"], "Missing required option(s): partition"],
    [[...preferred, "--all-topic-partitions", "--partition", "1"], "Option partition is only allowed if topic is used"],
  ])("kafka-leader-election does not take %j", async (args, message) => {
    expect(await elect(...args)).toEqual({
      code: 1,
      stdout: "",
      stderr: `${message}\norg.apache.kafka.tools.AdminCommandFailedException: ${message}\n\n`,
    });
  });
});
