import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kafkaConfigs } from "../src/configs/kafka-configs.ts";
import { kafkaConsumerGroups } from "../src/consumer-groups/kafka-consumer-groups.ts";
import { kafkaTopics } from "../src/topics/kafka-topics.ts";
import { type Ended, runTool, until } from "./run-tool.ts";
import { makeGroups, makeStaticMember } from "./some-groups.ts";
import { produceFive } from "./some-records.ts";
import { startToolCluster, type ToolCluster } from "./tool-cluster.ts";

let cluster: ToolCluster;
let directory: string;

/** Ids of members and coordinators are what they are. */
const plain = (text: string): string =>
  text
    .replaceAll(/i1-[\w-]{36}/g, "i1-ID")
    .replaceAll(/adminclient-1-[\w-]{36}/g, "AN-ID")
    .replaceAll(/(127\.0\.0\.1|localhost):\d+ {2}\(\d\) +/g, "COORDINATOR ")
    .replaceAll(/COORDINATOR \(ID\) +/g, "COORDINATOR ")
    .replaceAll(/ +$/gm, "");

async function groups(line: string): Promise<Ended> {
  const { code, stdout, stderr } = await runTool(kafkaConsumerGroups, ["--bootstrap-server", cluster.bootstrap, ...line.split(" ")]);
  return { code, stdout: plain(stdout), stderr: plain(stderr) };
}
const reset = (line: string): Promise<Ended> => groups(`--reset-offsets ${line}`);
const told = (stdout: string, stderr = ""): Ended => ({ code: 0, stdout, stderr });

const failed = (message: string, ...trace: readonly string[]): Ended =>
  told(`\nError: Executing consumer group command failed due to ${message}\n`, trace.map((line) => `${line}\n`).join(""));
const RESET = "\nGROUP           TOPIC           PARTITION  NEW-OFFSET\n";
const resetTo = (group: string, offsets: readonly (readonly [topic: string, partition: number, offset: number])[]): string =>
  `${RESET}${offsets.map(([topic, partition, offset]) => `${group.padEnd(15)} ${topic.padEnd(15)} ${String(partition).padEnd(10)} ${offset}\n`).join("")}`;
const ofOrders = (...offsets: readonly number[]): string =>
  resetTo(
    "fresh",
    offsets.map((offset, partition) => ["orders", partition, offset]),
  );
const OFFSETS = "GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID\n";
const noMembers = (group: string): string => `\nConsumer group '${group}' has no active members.\n`;
const KAFKA = "org.apache.kafka.common.errors";

describe("consumer groups of a cluster of three", () => {
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "samsa-tools-"));
    cluster = await startToolCluster();
    const topics = (line: string): Promise<Ended> => runTool(kafkaTopics, ["--bootstrap-server", cluster.bootstrap, ...line.split(" ")]);
    await topics("--create --topic orders --partitions 3 --replication-factor 3");
    await topics("--create --topic payments --partitions 1 --replication-factor 3");
    await until(async () => (await topics("--describe")).stdout.match(/Leader: \d\t/g)?.length === 4);
    await produceFive(cluster.bootstrap, "orders", 2);
    // Its member is not heard of again.
    const patience = "--alter --group new --add-config consumer.session.timeout.ms=60000";
    expect((await runTool(kafkaConfigs, ["--bootstrap-server", cluster.bootstrap, ...patience.split(" ")])).code).toBe(0);
    await makeGroups(cluster.bootstrap, "orders");
    await makeStaticMember(cluster.bootstrap, "orders");
    await until(async () => (await groups("--list")).stdout.split("\n").length === 5);
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  test("are listed", async () => {
    expect(await groups("--list")).toEqual(told("new\nold\npinned\nsimple\n"));
  });

  test("are listed with their states and types, or those with some of them", async () => {
    const states = "GROUP                     STATE\nnew                       Stable\nold                       CompletingRebalance\n";
    expect(await groups("--list --state")).toEqual(told(`${states}pinned                    Stable\nsimple                    Empty\n`));
    expect(await groups("--list --state stable,Empty")).toEqual(
      told("GROUP                     STATE\nnew                       Stable\npinned                    Stable\nsimple                    Empty\n"),
    );
    expect(await groups("--list --type Consumer")).toEqual(told("GROUP                     TYPE\nnew                       Consumer\n"));
    expect(await groups("--list --type classic --state Stable")).toEqual(
      told("GROUP                     TYPE                 STATE\npinned                    Classic              Stable\n"),
    );
  });

  test("are described by what is committed", async () => {
    expect(await groups("--describe --group simple")).toEqual(
      told(
        `\n${OFFSETS}simple          orders          0          0               0               0               -               -               -\n`,
        noMembers("simple"),
      ),
    );
  });

  test("are described by what their members read", async () => {
    const { code, stdout, stderr } = await groups("--describe --group pinned --verbose");
    const [, heading, ...rows] = stdout.split("\n").map((line) => line.split(/ +/));
    expect([code, stderr]).toEqual([0, ""]);
    expect(heading).toEqual(["GROUP", "TOPIC", "PARTITION", "LEADER-EPOCH", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID", "HOST", "CLIENT-ID"]);
    expect(rows).toEqual([
      ["pinned", "orders", "0", "-", "-", "0", "-", "i1-ID", "/127.0.0.1", "adminclient-1"],
      ["pinned", "orders", "1", "-", "-", "0", "-", "i1-ID", "/127.0.0.1", "adminclient-1"],
      [""],
    ]);
  });

  test("of the consumer protocol are described as well", async () => {
    expect(await groups("--describe --group new --offsets")).toEqual(
      told(
        `\n${OFFSETS}${[0, 1, 2]
          .map(
            (partition) =>
              `new             orders          ${partition}          -               ${partition === 2 ? 5 : 0}               -               a member        /127.0.0.1      adminclient-1\n`,
          )
          .join("")}`,
      ),
    );
  });

  test("are described by their members", async () => {
    expect(await groups("--describe --group pinned --members")).toEqual(
      told(
        "\nGROUP           CONSUMER-ID                             GROUP-INSTANCE-ID HOST            CLIENT-ID       #PARTITIONS\n" +
          "pinned          i1-ID i1                /127.0.0.1      adminclient-1   2\n",
      ),
    );
    expect(await groups("--describe --group simple --members")).toEqual(
      told("\nGROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS\n", noMembers("simple")),
    );
    expect(await groups("--describe --group new --members --verbose")).toEqual(
      told(
        "\nGROUP           CONSUMER-ID     HOST            CLIENT-ID       #PARTITIONS     CURRENT-EPOCH   CURRENT-ASSIGNMENT   TARGET-EPOCH    TARGET-ASSIGNMENT\n" +
          "new             a member        /127.0.0.1      adminclient-1   3               2               orders:0,1,2         2               orders:0,1,2\n",
      ),
    );
  });

  test("are described by their states", async () => {
    expect(await groups("--describe --group pinned --state")).toEqual(
      told(
        "\nGROUP           COORDINATOR ASSIGNMENT-STRATEGY  STATE                #MEMBERS\npinned          COORDINATOR range                Stable               1\n",
      ),
    );
    expect(await groups("--describe --group new --state --verbose")).toEqual(
      told(
        "\nGROUP           COORDINATOR ASSIGNMENT-STRATEGY  STATE                GROUP-EPOCH     TARGET-ASSIGNMENT-EPOCH   #MEMBERS\n" +
          "new             COORDINATOR uniform              Stable               2               2                         1\n",
      ),
    );
    expect(await groups("--describe --group simple --state --verbose")).toEqual(
      told(
        "\nGROUP           COORDINATOR ASSIGNMENT-STRATEGY  STATE                GROUP-EPOCH     TARGET-ASSIGNMENT-EPOCH   #MEMBERS\n" +
          "simple          COORDINATOR -                    Empty                -               -                         0\n",
        noMembers("simple"),
      ),
    );
  });

  test("that rebalance are told of", async () => {
    expect(await groups("--describe --group old")).toEqual(told("", "\nWarning: Consumer group 'old' is rebalancing.\n"));
  });

  test("are described one after the other, by their names", async () => {
    const both = await groups("--describe --group simple --group new --group simple");
    expect([both.stdout.split(OFFSETS).length, both.stdout.indexOf("new ") < both.stdout.indexOf("simple ")]).toEqual([3, true]);
    const all = await groups("--describe --all-groups --state");
    expect(all.stdout.match(/^(?:new|old|pinned|simple) /gm)).toEqual(["new ", "old ", "pinned ", "simple "]);
  });

  test("that are not there are not described", async () => {
    const error = `${KAFKA}.GroupIdNotFoundException: Group nope not found.`;
    const failure = failed(error, `java.util.concurrent.ExecutionException: ${error}`, `Caused by: ${error}`);
    for (const what of ["", " --members", " --state"]) expect(await groups(`--describe --group simple --group nope${what}`)).toEqual(failure);
  });

  test("are given new offsets in every way, which is planned only", async () => {
    const topic = "--group fresh --topic orders --dry-run";
    expect(await reset(`${topic} --to-earliest`)).toEqual(told(ofOrders(0, 0, 0)));
    expect(await reset(`${topic} --to-latest`)).toEqual(told(ofOrders(0, 0, 5)));
    expect(await reset(`${topic} --to-current`)).toEqual(told(ofOrders(0, 0, 5)));
    expect(await reset("--group fresh --topic orders:2,1 --topic payments --dry-run --to-latest")).toEqual(
      told(
        resetTo("fresh", [
          ["orders", 1, 0],
          ["orders", 2, 5],
          ["payments", 0, 0],
        ]),
      ),
    );
    const empty = (...partitions: readonly number[]): string =>
      partitions.map((partition) => `\nWarn: Partition ${partition} from topic orders is empty. Falling back to latest known offset.\n`).join("");
    expect(await reset(`${topic} --to-datetime 1970-01-01T00:00:01.002`)).toEqual(told(`${empty(0, 1)}${ofOrders(0, 0, 2)}`));
    expect(await reset(`${topic} --by-duration PT0S`)).toEqual(told(`${empty(0, 1, 2)}${ofOrders(0, 0, 5)}`));
    expect(await reset(`${topic} --to-latest --export`)).toEqual(told("orders,0,0\norders,1,0\norders,2,5\n\n"));
    expect((await groups("--list")).stdout).not.toContain("fresh");
  });

  test("are given an offset that the log has", async () => {
    const { stdout, stderr } = await reset("--group fresh --topic orders --dry-run --to-offset 3");
    expect(stdout).toBe(ofOrders(0, 0, 3));
    expect(stderr.replaceAll(/^\[.{23}\] /gm, "")).toBe(
      [0, 1]
        .map(
          (partition) =>
            `WARN New offset (3) is higher than latest offset for topic partition orders-${partition}. Value will be set to 0 (org.apache.kafka.tools.OffsetsUtils)\n`,
        )
        .join(""),
    );
    const below = await reset("--group fresh --topic orders:2 --dry-run --to-offset -7");
    expect(below.stdout).toBe(resetTo("fresh", [["orders", 2, 0]]));
    expect(below.stderr).toContain("WARN New offset (-7) is lower than earliest offset for topic partition orders-2. Value will be set to 0 (");
  });

  test("go on from the offsets that were committed for them", async () => {
    expect(await reset("--group fresh --topic orders:2 --to-latest --execute")).toEqual(told(resetTo("fresh", [["orders", 2, 5]])));
    expect(await groups("--describe --group fresh")).toEqual(
      told(
        `\n${OFFSETS}fresh           orders          2          5               5               0               -               -               -\n`,
        noMembers("fresh"),
      ),
    );
    expect(await reset("--group fresh --all-topics --shift-by -2 --execute")).toEqual(told(resetTo("fresh", [["orders", 2, 3]])));
    expect(await reset("--group fresh --topic orders --to-current --dry-run")).toEqual(told(ofOrders(0, 0, 3)));
    expect((await groups("--describe --group fresh --verbose")).stdout).toMatch(/fresh +orders +2 +- +3 +5 +2 /);
  });

  test("are given the offsets of a file", async () => {
    const file = join(directory, "plan.csv");
    writeFileSync(file, "orders,2,1\norders,0,0\n");
    const expected = resetTo("fresh", [
      ["orders", 0, 0],
      ["orders", 2, 1],
    ]);
    expect(await reset(`--group fresh --from-file ${file} --execute`)).toEqual(told(expected));
    writeFileSync(file, "fresh,orders,2,4\n");
    const { stdout } = await reset(`--group fresh --group simple --from-file ${file} --dry-run --export`);
    expect(stdout).toBe("\nError: No reset plan for group simple found\nfresh,orders,2,4\n\n");
  });

  test("with members are not reset, the others are", async () => {
    const refusal = (group: string, state: string): string =>
      `\nError: Assignments can only be reset if the group '${group}' is inactive, but the current state is ${state}.\n`;
    expect(await reset("--group pinned --topic orders --to-latest --execute")).toEqual(told(`${refusal("pinned", "Stable")}${RESET}`));
    expect(await reset("--all-groups --topic payments --to-latest --dry-run")).toEqual(
      told(
        `${refusal("new", "Stable")}${refusal("old", "CompletingRebalance")}${refusal("pinned", "Stable")}${RESET}` +
          "fresh           payments        0          0\nsimple          payments        0          0\n",
      ),
    );
  });

  test("are not reset on topics and partitions that are not there", async () => {
    const unknown = `${KAFKA}.UnknownTopicOrPartitionException`;
    const message = "This server does not host this topic-partition.";
    expect(await reset("--group fresh --topic nope --to-latest --dry-run")).toEqual(failed(message, `${unknown}: ${message}`));
    const wrapped = `java.util.concurrent.ExecutionException: ${unknown}: ${message}`;
    expect(await reset("--group fresh --topic nope:0 --to-latest --dry-run")).toEqual(
      failed(wrapped, `java.lang.RuntimeException: ${wrapped}`, `Caused by: ${wrapped}`, `Caused by: ${unknown}: ${message}`),
    );
    const missing = 'The partitions "orders-7,orders-9" do not exist';
    expect(await reset("--group fresh --topic orders:7,0,9 --to-latest --dry-run")).toEqual(failed(missing, `${unknown}: ${missing}`));
  });

  test.each([
    ["--topic orders --shift-by 1", "Cannot shift offset for partition orders-1 since there is no current committed offset"],
    ["--topic orders:a --to-latest", "Invalid partition 'a' specified in topic arg 'orders:a''"],
    ["--topic orders:1:2 --to-latest", "Invalid topic arg 'orders:1:2', expected topic name and partitions"],
    ["--to-latest", "One of the reset scopes should be defined: --all-topics, --topic."],
    [
      "--topic orders",
      "Option '[reset-offsets]' requires one of the following scenarios: " +
        "[[to-offset], [to-datetime], [by-duration], [to-earliest], [to-latest], [to-current], [shift-by], [from-file]]",
    ],
  ])("%s is refused with the help", async (line, complaint) => {
    const { code, stdout, stderr } = await reset(`--group fresh --dry-run ${line}`);
    expect([code, stdout, stderr.split("\n")[0]]).toEqual([1, "", complaint]);
  });

  test("are rid of offsets", async () => {
    const table = (...rows: readonly string[]): string => `\n${["TOPIC           PARTITION  STATUS", ...rows].map((line) => `${line}\n`).join("")}`;
    expect(await groups("--delete-offsets --group fresh --topic orders:0 --topic payments")).toEqual(
      told(
        `Request succeeded for deleting offsets from group fresh.\n${table("orders          0          Successful", "payments        0          Successful")}`,
      ),
    );
    const unknown = `Error: ${KAFKA}.UnknownTopicOrPartitionException: This server does not host this topic-partition.`;
    expect(await groups("--delete-offsets --group fresh --topic nope")).toEqual(
      told(`Request succeeded for deleting offsets from group fresh.\n${table(`nope            -          ${unknown}`)}`),
    );
    const missing = "The group id does not exist.";
    expect(await groups("--delete-offsets --group nope --topic payments")).toEqual(
      told(`\nError: ${missing}\n${table(`payments        0          Error: ${KAFKA}.GroupIdNotFoundException: ${missing}`)}`),
    );
    const subscribed = await groups("--delete-offsets --group new --topic orders:0");
    expect(subscribed.stdout).toContain("\nError: Encountered some partition-level error, see the follow-up details.\n\nTOPIC");
    expect(subscribed.stdout).toContain(`orders          0          Error: ${KAFKA}.GroupSubscribedToTopicException: `);
    expect((await groups("--describe --group fresh")).stdout.match(/^fresh/gm)).toHaveLength(1);
  });

  test("are deleted where they have no members", async () => {
    const notEmpty = `* Group 'pinned' could not be deleted due to: ${KAFKA}.GroupNotEmptyException: The group is not empty.\n`;
    const missing = `* Group 'nope' could not be deleted due to: ${KAFKA}.GroupIdNotFoundException: The group id does not exist.\n`;
    expect(await groups("--delete --group pinned --group fresh --group nope")).toEqual(
      told(`\nError: Deletion of some consumer groups failed:\n${notEmpty}${missing}\nThese consumer groups were deleted successfully: 'fresh'\n`),
    );
    expect(await groups("--delete --group simple")).toEqual(told("Deletion of requested consumer groups ('simple') was successful.\n"));
    expect(await groups("--list")).toEqual(told("new\nold\npinned\n"));
  });
});
