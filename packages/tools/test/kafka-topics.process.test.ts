import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { kafkaTopics } from "../src/topics/kafka-topics.ts";
import { type Ended, runTool, until, withoutIds } from "./run-tool.ts";
import { startToolCluster, type ToolCluster } from "./tool-cluster.ts";

let cluster: ToolCluster;

const topics = async (...args: readonly string[]): Promise<Ended> => {
  const ended = await runTool(kafkaTopics, ["--bootstrap-server", cluster.bootstrap, ...args]);
  return { ...ended, stdout: withoutIds(ended.stdout) };
};
const silent = { code: 0, stdout: "", stderr: "" };
const failed = (message: string): Ended => ({ code: 1, stdout: `Error while executing topic command : ${message}\n`, stderr: "" });

/** Words and codes are those of Kafka 4.3. */
describe("kafka-topics on a cluster of three", () => {
  beforeAll(async () => {
    cluster = await startToolCluster();
    expect(await topics("--create", "--topic", "orders", "--partitions", "3", "--replication-factor", "3", "--config", "min.insync.replicas=2")).toEqual({
      code: 0,
      stdout: "Created topic orders.\n",
      stderr: "",
    });
    await topics("--create", "--topic", "placed", "--replica-assignment", "1:2,2:3,3:1");
    await until(async () => (await topics("--list")).stdout === "orders\nplaced\n");
  });
  afterAll(async () => {
    await cluster.stop();
  });

  test("a topic is described with its partitions", async () => {
    const { code, stdout } = await topics("--describe", "--topic", "placed");
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(/^Topic: placed\tTopicId: ID\tPartitionCount: 3\tReplicationFactor: 2\tConfigs: /),
      "\tTopic: placed\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2\tElr: \tLastKnownElr: ",
      "\tTopic: placed\tPartition: 1\tLeader: 2\tReplicas: 2,3\tIsr: 2,3\tElr: \tLastKnownElr: ",
      "\tTopic: placed\tPartition: 2\tLeader: 3\tReplicas: 3,1\tIsr: 3,1\tElr: \tLastKnownElr: ",
      "",
    ]);
    expect((await topics("--describe", "--topic", "orders")).stdout).toContain("min.insync.replicas=2");
  });

  test("a topic is described by its id, and all with a regular expression", async () => {
    const byName = await runTool(kafkaTopics, ["--bootstrap-server", cluster.bootstrap, "--describe", "--topic", "placed"]);
    const id = /TopicId: ([\w-]{22})/.exec(byName.stdout)?.[1] ?? "";
    const byId = await runTool(kafkaTopics, ["--bootstrap-server", cluster.bootstrap, "--describe", "--topic-id", id]);
    expect(byId.stdout).toBe(byName.stdout.replaceAll("Elr: \tLastKnownElr: ", "Elr: N/A\tLastKnownElr: N/A"));
    const { stdout } = await topics("--describe", "--topic", "ord.*,pl.*", "--topics-with-overrides");
    expect(stdout.match(/^Topic: \w+/gm)).toContain("Topic: orders");
    expect(stdout).not.toContain("Partition: 0");
    const small = await topics("--describe", "--partition-size-limit-per-response", "1");
    expect(small.stdout.match(/^\tTopic: /gm)).toHaveLength(6);
  });

  test("a report shows the partitions that it is about", async () => {
    expect(await topics("--describe", "--under-replicated-partitions")).toEqual(silent);
    expect(await topics("--describe", "--unavailable-partitions")).toEqual(silent);
    expect(await topics("--describe", "--under-min-isr-partitions")).toEqual(silent);
    await topics("--create", "--topic", "tight", "--replica-assignment", "2:3", "--config", "min.insync.replicas=2");
    await until(async () => (await topics("--list", "--topic", "tight")).stdout === "tight\n");
    expect((await topics("--describe", "--at-min-isr-partitions", "--topic", "tight|orders")).stdout).toBe(
      "\tTopic: tight\tPartition: 0\tLeader: 2\tReplicas: 2,3\tIsr: 2,3\tElr: \tLastKnownElr: \n",
    );
  });

  test.each([
    [["--create", "--topic", "orders", "--partitions", "3"], "Topic 'orders' already exists."],
    [
      ["--create", "--topic", "bad name", "--partitions", "1"],
      "Topic name is invalid: 'bad name' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
    ],
    [["--create", "--topic", "badcfg", "--config", "nope=1"], "Unknown topic config name: nope"],
    [["--create", "--topic", "p0", "--partitions", "0"], "The partitions must be greater than 0"],
    [["--create", "--topic", "x", "--replication-factor", "0"], "The replication factor must be between 1 and 32767 inclusive"],
    [["--create", "--topic", "x", "--replica-assignment", "1:1"], "Partition replica lists may not contain duplicate entries: 1"],
    [["--create", "--topic", "x", "--replica-assignment", "1:2,3"], "Partition 1 has different replication factor: [3]"],
    [["--describe", "--topic", "nope"], "Topic 'nope' does not exist as expected"],
    [["--describe", "--topic-id", "AAAAAAAAAAAAAAAAAAAAAQ"], "TopicId 'AAAAAAAAAAAAAAAAAAAAAQ' does not exist as expected"],
    [["--alter", "--topic", "orders", "--partitions", "2"], "The topic orders currently has 3 partition(s); 2 would not be an increase."],
    [["--alter", "--topic", "orders", "--partitions", "3"], "Topic already has 3 partition(s)."],
    [["--alter", "--topic", "nope", "--partitions", "2"], "Topic 'nope' does not exist as expected"],
    [["--delete", "--topic", "nope"], "Topic 'nope' does not exist as expected"],
    [
      ["--create", "--topic", "big", "--partitions", "1", "--replication-factor", "5"],
      "Unable to replicate the partition 5 time(s): The target replication factor of 5 cannot be reached because only 3 broker(s) are registered or some brokers have all their log directories cordoned.",
    ],
  ])("what the cluster refuses is told on stdout: %j", async (args, message) => {
    expect(await topics(...args)).toEqual(failed(message));
  });

  test("what need not be is no failure", async () => {
    expect(await topics("--create", "--topic", "orders", "--partitions", "3", "--if-not-exists")).toEqual(silent);
    expect(await topics("--describe", "--topic", "nope", "--if-exists")).toEqual(silent);
    expect(await topics("--delete", "--topic", "nope", "--if-exists")).toEqual(silent);
    expect(await topics("--list", "--topic", "zz.*")).toEqual({ ...silent, stdout: "\n" });
    expect(await topics("--list", "--topic", "order,rders")).toEqual({ ...silent, stdout: "\n" });
  });

  test("a topic is altered and deleted, and a name that could collide is warned of", async () => {
    const { stdout } = await topics("--create", "--topic", "my.topic_1", "--partitions", "1", "--replication-factor", "1");
    expect(stdout).toBe(
      "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. To avoid issues it is best to use either, but not both.\nCreated topic my.topic_1.\n",
    );
    await until(async () => (await topics("--list")).stdout.includes("my.topic_1"));
    expect(await topics("--alter", "--topic", "my.topic_1", "--partitions", "3", "--replica-assignment", "1,2,3")).toEqual(silent);
    await until(async () => /Partition: 2\tLeader: 3\tReplicas: 3\t/.test((await topics("--describe", "--topic", "my.topic_1")).stdout));
    expect(await topics("--delete", "--topic", "my.topic_1")).toEqual(silent);
    await until(async () => !(await topics("--list")).stdout.includes("my.topic_1"));
  });
});

describe("kafka-topics without a cluster", () => {
  test.each([
    [
      ["--create", "--topic", "x", "--partitions", "1", "--replica-assignment", "1:2"],
      `Option "[replica-assignment]" can't be used with option "[partitions]"`,
    ],
    [["--list", "--create"], "Command must include exactly one action: --list, --describe, --create, --alter or --delete"],
    [[], "Command must include exactly one action: --list, --describe, --create, --alter or --delete"],
    [["--delete"], 'Missing required argument "[topic]"'],
    [["--alter", "--topic", "x"], 'Missing required argument "[partitions]"'],
    [["--list", "--partitions", "1"], `Option "[partitions]" can't be used with option "[list]"`],
  ])("options that make no sense come with the help: %j", async (args, message) => {
    const { code, stdout, stderr } = await runTool(kafkaTopics, ["--bootstrap-server", "localhost:1", ...args]);
    expect([code, stdout, stderr.split("\n").slice(0, 2)]).toEqual([1, "", [message, expect.stringMatching(/^Option +Description/)]]);
  });

  test("an option that there is not, and one that is missing", async () => {
    const unknown = "lisst is not a recognized option\njoptsimple.UnrecognizedOptionException: lisst is not a recognized option\n\n";
    expect(await runTool(kafkaTopics, ["--lisst"])).toEqual({ code: 1, stdout: "", stderr: unknown });
    const { code, stderr } = await runTool(kafkaTopics, ["--list"]);
    expect([code, stderr.split("\n")[0]]).toEqual([1, "--bootstrap-server must be specified"]);
  });
});
