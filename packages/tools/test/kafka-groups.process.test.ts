import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kafkaGroups } from "../src/groups/kafka-groups.ts";
import { kafkaTopics } from "../src/topics/kafka-topics.ts";
import { type Ended, runTool, until } from "./run-tool.ts";
import { makeGroups } from "./some-groups.ts";
import { startToolCluster, type ToolCluster } from "./tool-cluster.ts";

const HEADING = "GROUP                TYPE                 PROTOCOL            \n";
const NEW = "new                  Consumer             consumer             \n";
const OLD = "old                  Classic              consumer             \n";
const SIMPLE = "simple               Classic                                   \n";

let cluster: ToolCluster;

const groups = (...args: readonly string[]): Promise<Ended> => runTool(kafkaGroups, ["--bootstrap-server", cluster.bootstrap, ...args]);
const told = (stdout: string): Ended => ({ code: 0, stdout, stderr: "" });

describe("groups of a cluster of three", () => {
  beforeAll(async () => {
    cluster = await startToolCluster();
    const create = ["--create", "--topic", "orders", "--replication-factor", "3"];
    await runTool(kafkaTopics, ["--bootstrap-server", cluster.bootstrap, ...create]);
    await makeGroups(cluster.bootstrap, "orders");
    await until(async () => (await groups("--list")).stdout.split("\n").length === 5);
  });
  afterAll(() => cluster.stop());

  test.each([
    [[], [NEW, OLD, SIMPLE]],
    [["--consumer"], [NEW, OLD, SIMPLE]],
    [
      ["--group-type", "CLASSIC"],
      [OLD, SIMPLE],
    ],
    [
      ["--protocol", "consumer"],
      [NEW, OLD],
    ],
    [["--group-type", "classic", "--protocol", "consumer"], [OLD]],
    [["--protocol", ""], [SIMPLE]],
    [["--share"], []],
    [["--streams"], []],
  ])("%j leaves those that it is to", async (filter, lines) => {
    expect(await groups("--list", ...filter)).toEqual(told([HEADING, ...lines].join("")));
  });

  test.each([
    [["--consumer"], "Command must include exactly one action: --list."],
    [["--list", "--consumer", "--share"], `Option "[consumer]" can't be used with option "[share]"`],
    [["--list", "--share", "--streams"], `Option "[share]" can't be used with option "[streams]"`],
    [["--list", "--streams", "--protocol", "x"], `Option "[streams]" can't be used with option "[protocol]"`],
    [["--list", "--nope"], "nope is not a recognized option"],
    [["--list", "--group-type", "nope"], "--group-type must be a valid group type."],
  ])("%j is refused", async (args, complaint) => {
    const { code, stdout, stderr } = await groups(...args);
    expect([code, stdout, stderr.split("\n")[0]]).toEqual([1, "", complaint]);
  });
});
