import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kafkaConfigs } from "../src/configs/kafka-configs.ts";
import { kafkaTopics } from "../src/topics/kafka-topics.ts";
import { type Ended, runTool, until } from "./run-tool.ts";
import { startToolCluster, type ToolCluster } from "./tool-cluster.ts";

let cluster: ToolCluster;

const configs = (...args: readonly string[]): Promise<Ended> => runTool(kafkaConfigs, ["--bootstrap-server", cluster.bootstrap, ...args]);
const ofOrders = ["--entity-type", "topics", "--entity-name", "orders"];
const told = (stdout: string): Ended => ({ code: 0, stdout, stderr: "" });

/** Words and codes are those of Kafka 4.3. */
describe("kafka-configs on a cluster of three", () => {
  beforeAll(async () => {
    cluster = await startToolCluster();
    const topics = (...args: readonly string[]): Promise<Ended> => runTool(kafkaTopics, ["--bootstrap-server", cluster.bootstrap, ...args]);
    await topics("--create", "--topic", "orders", "--partitions", "1", "--replication-factor", "3");
    await until(async () => (await topics("--list")).stdout === "orders\n");
  });
  afterAll(async () => {
    await cluster.stop();
  });

  test("a topic's configs are set, described and unset", async () => {
    expect(await configs("--alter", ...ofOrders, "--add-config", "retention.ms=1000,cleanup.policy=[compact,delete]")).toEqual(
      told("Completed updating config for topic orders.\n"),
    );
    const described =
      "Dynamic configs for topic orders are:\n" +
      "  cleanup.policy=compact,delete sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact,delete, DEFAULT_CONFIG:log.cleanup.policy=delete}\n" +
      "  retention.ms=1000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=1000}\n";
    await until(async () => (await configs("--describe", ...ofOrders)).stdout === described);
    expect((await configs("--describe", "--entity-type", "topics")).stdout).toBe(described);
    const all = (await configs("--describe", "--topic", "orders", "--all")).stdout.split("\n");
    expect(all[0]).toBe("All configs for topic orders are:");
    expect(all[2]).toBe("  compression.gzip.level=-1 sensitive=false synonyms={DEFAULT_CONFIG:compression.gzip.level=-1}");
    expect(await configs("--alter", ...ofOrders, "--delete-config", "retention.ms,cleanup.policy")).toEqual(
      told("Completed updating config for topic orders.\n"),
    );
    await until(async () => (await configs("--describe", ...ofOrders)).stdout === "Dynamic configs for topic orders are:\n");
  });

  test("configs are taken from a file as well", async () => {
    const directory = mkdtempSync(join(tmpdir(), "samsa-tools-"));
    const file = join(directory, "topic.properties");
    writeFileSync(file, "# two\nretention.ms=5000\nsegment.bytes = 2097152\n");
    expect((await configs("--alter", ...ofOrders, "--add-config-file", file)).code).toBe(0);
    rmSync(directory, { recursive: true });
    await until(async () => /retention\.ms=5000 [^]*segment\.bytes=2097152 /.test((await configs("--describe", ...ofOrders)).stdout));
  });

  test("brokers are described one after the other, then their default", async () => {
    expect((await configs("--alter", "--entity-type", "brokers", "--entity-default", "--add-config", "log.cleaner.threads=2")).stdout).toBe(
      "Completed updating default config for brokers in the cluster.\n",
    );
    const value = "  log.cleaner.threads=2 sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:log.cleaner.threads=2";
    await until(async () => (await configs("--describe", "--broker-defaults")).stdout.includes(value));
    const { stdout } = await configs("--describe", "--entity-type", "brokers");
    expect(stdout.split("\n").filter((line) => !line.startsWith(" "))).toEqual([
      "Dynamic configs for broker 1 are:",
      "Dynamic configs for broker 2 are:",
      "Dynamic configs for broker 3 are:",
      "Default configs for brokers in the cluster are:",
      "",
    ]);
  });

  test("what is not there has no configs, and that is no failure", async () => {
    const missing = (what: string): Ended => told(`The ${what} doesn't exist and doesn't have dynamic config.\n`);
    expect(await configs("--describe", "--topic", "nope")).toEqual(missing("topic 'nope'"));
    expect(await configs("--describe", "--broker", "9")).toEqual(missing("broker '9'"));
    expect(await configs("--describe", "--group", "nope")).toEqual(missing("group 'nope'"));
  });

  test.each([
    ["retention.ms=abc", "InvalidConfigurationException: Invalid value abc for configuration retention.ms: Not a number of type LONG"],
    ["nope=1", "InvalidConfigurationException: Unknown topic config name: nope"],
  ])("what a broker refuses is told with the command line: %s", async (pair, error) => {
    const args = ["--alter", ...ofOrders, "--add-config", pair];
    const cause = `org.apache.kafka.common.errors.${error}`;
    expect(await configs(...args)).toEqual({
      code: 1,
      stdout: "",
      stderr:
        `Error while executing config command with args '--bootstrap-server ${cluster.bootstrap} ${args.join(" ")}'\n` +
        `java.util.concurrent.ExecutionException: ${cause}\nCaused by: ${cause}\n`,
    });
  });

  test.each(["--user", "--client", "--ip"])("quotas by %s: the brokers do not have them", async (flag) => {
    const { code, stderr } = await configs("--describe", flag, "127.0.0.1");
    expect([code, stderr.split("\n")[1]]).toEqual([
      1,
      "java.util.concurrent.ExecutionException: org.apache.kafka.common.errors.UnsupportedVersionException: The node does not support DESCRIBE_CLIENT_QUOTAS",
    ]);
  });

  test.each([
    [
      ["--describe", "--entity-type", "foo"],
      "Invalid entity type foo, the entity type must be one of topics, clients, users, brokers, ips, client-metrics, groups, broker-loggers with a --bootstrap-server or --bootstrap-controller argument",
    ],
    [["--describe"], "At least one entity type must be specified"],
    [["--alter", "--topic", "x"], "At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter"],
    [["--describe", "--topic", "b@d"], "Topic name is invalid: 'b@d' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"],
    [
      ["--alter", "--user", "u", "--delete-config", "nope"],
      "Only quota and SCRAM credential configs can be deleted for 'users' using --bootstrap-server. Unexpected config names: ArrayBuffer(nope)",
    ],
  ])("what makes no sense is told on one line: %j", async (args, message) => {
    expect(await configs(...args)).toEqual({ code: 1, stdout: "", stderr: `${message}\n` });
  });
});
