import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TOOLS } from "../src/index.ts";
import { areApachesToolsInstalled, titleOf } from "./apache/apache-tool.ts";
import { ApacheTools } from "./apache/apache-tools.ts";
import { type Ended, runTool, until, withoutIds } from "./run-tool.ts";
import { makeGroups, makeStaticMember } from "./some-groups.ts";
import { produceFive } from "./some-records.ts";
import { startToolCluster, type ToolCluster } from "./tool-cluster.ts";

/** Some wait for a time-out, and a machine may be busy. */
const TEST_TIMEOUT_MS = 120_000;

let cluster: ToolCluster;
let directory: string;
let apache: ApacheTools;

async function ours(name: string, args: readonly string[]): Promise<Ended> {
  const tool = await TOOLS.get(name)?.();
  if (tool === undefined) throw new Error(`there is no ${name}`);
  return runTool(tool, args);
}

/** Java's frames are Java's, and a topic of its own has a name of its own. */
const comparable = ({ code, stdout, stderr }: Ended, topic: string): Ended => {
  const plain = (text: string): string =>
    withoutIds(text)
      // Apache's tool is run without its log.
      .replaceAll(/^\[\d{4}-.*\] WARN .*\n/gm, "")
      .replaceAll(/^\t(?:at .*|\.\.\. \d+ more)\n/gm, "")
      .replaceAll(topic, "TOPIC");
  return { code, stdout: plain(stdout), stderr: plain(stderr) };
};

/** Apache's tool prints what the brokers say as they answer, whichever is first. */
const IN_ANY_ORDER: ReadonlySet<string> = new Set(["kafka-groups", "kafka-consumer-groups"]);
const sorted = (ended: Ended): Ended => ({ ...ended, stdout: ended.stdout.split("\n").toSorted().join("\n") });

/** `TOPIC` is a topic that only one of both tools has to do with; `FILE.json` and `FILE.properties` lie in a directory of the test's. */
const LINES: readonly (readonly [tool: string, line: string])[] = [
  ["kafka-topics", "--create --topic TOPIC --partitions 2 --replication-factor 3 --config retention.ms=60000"],
  ["kafka-topics", "--create --topic TOPIC --partitions 2"],
  ["kafka-topics", "--create --topic TOPIC --partitions 2 --if-not-exists"],
  ["kafka-topics", "--create --topic TOPIC.a_b --replica-assignment 1:2,2:3"],
  ["kafka-topics", "--create --topic x --config nope=1"],
  ["kafka-topics", "--create --topic x --config retention.ms"],
  ["kafka-topics", "--create --topic x --config retention.ms=abc"],
  ["kafka-topics", "--create --topic x --config cleanup.policy=never"],
  ["kafka-topics", "--create --topic b@d"],
  ["kafka-topics", "--create --topic x --partitions 0"],
  ["kafka-topics", "--create --topic x --partitions a"],
  ["kafka-topics", "--create --topic x --replication-factor 9"],
  ["kafka-topics", "--create --topic x --replica-assignment 1:1"],
  ["kafka-topics", "--create --topic x --replica-assignment 1:2,3"],
  ["kafka-topics", "--create --topic x --replica-assignment 1:a"],
  ["kafka-topics", "--create --topic x --replica-assignment 1:9"],
  ["kafka-topics", "--create --topic x --replica-assignment 1 --partitions 1"],
  ["kafka-topics", "--list --topic TOPIC.*"],
  ["kafka-topics", "--list --topic zz.*"],
  ["kafka-topics", "--list --topic TOPIC --exclude-internal"],
  ["kafka-topics", "--describe --topic shared"],
  ["kafka-topics", "--describe --topic shared --topics-with-overrides"],
  ["kafka-topics", "--describe --topic shared --under-replicated-partitions"],
  ["kafka-topics", "--describe --topic shared --at-min-isr-partitions"],
  ["kafka-topics", "--describe --topic nope"],
  ["kafka-topics", "--describe --topic nope --if-exists"],
  ["kafka-topics", "--describe --topic-id AAAAAAAAAAAAAAAAAAAAAQ"],
  ["kafka-topics", "--describe --topic-id zz"],
  ["kafka-topics", "--describe --topic-id z*"],
  ["kafka-topics", "--describe --if-exists"],
  ["kafka-topics", "--alter --topic TOPIC --partitions 3"],
  ["kafka-topics", "--alter --topic TOPIC --partitions 3"],
  ["kafka-topics", "--alter --topic shared --partitions 1"],
  ["kafka-topics", "--alter --topic nope --partitions 1"],
  ["kafka-topics", "--alter --topic nope --partitions 1 --if-exists"],
  ["kafka-topics", "--alter --topic shared"],
  ["kafka-topics", "--delete --topic TOPIC"],
  ["kafka-topics", "--delete --topic nope"],
  ["kafka-topics", "--delete"],
  ["kafka-topics", "--list --create"],
  ["kafka-topics", "--list --partitions 1"],
  ["kafka-topics", "--list --lisst"],
  ["kafka-topics", "--list --command-config missing.properties"],
  ["kafka-configs", "--describe --entity-type topics --entity-name shared"],
  ["kafka-configs", "--describe --topic shared --all"],
  ["kafka-configs", "--describe --entity-type topics --entity-name nope"],
  ["kafka-configs", "--describe --topic b@d"],
  ["kafka-configs", "--alter --topic shared --add-config retention.ms=1000,cleanup.policy=[compact,delete]"],
  ["kafka-configs", "--describe --topic shared"],
  ["kafka-configs", "--alter --topic shared --delete-config retention.ms,cleanup.policy"],
  ["kafka-configs", "--alter --topic shared --delete-config retention.ms"],
  ["kafka-configs", "--alter --topic shared --add-config retention.ms=abc"],
  ["kafka-configs", "--alter --topic shared --add-config nope=1"],
  ["kafka-configs", "--alter --topic shared --add-config nope"],
  ["kafka-configs", "--alter --topic shared --add-config a@=1"],
  ["kafka-configs", "--alter --topic nope --add-config retention.ms=1"],
  ["kafka-configs", "--alter --topic shared"],
  ["kafka-configs", "--alter --entity-type topics --add-config retention.ms=1"],
  ["kafka-configs", "--describe --entity-type brokers"],
  ["kafka-configs", "--describe --entity-type brokers --entity-default"],
  ["kafka-configs", "--describe --broker 1"],
  ["kafka-configs", "--describe --broker 9"],
  ["kafka-configs", "--describe --broker one"],
  ["kafka-configs", "--alter --broker-defaults --add-config log.retention.ms=100000000"],
  ["kafka-configs", "--describe --broker-defaults"],
  ["kafka-configs", "--alter --broker-defaults --delete-config log.retention.ms"],
  ["kafka-configs", "--alter --broker 1 --add-config nope=1"],
  ["kafka-configs", "--alter --broker 1 --add-config num.partitions=2"],
  ["kafka-configs", "--alter --group g1 --add-config consumer.session.timeout.ms=50000"],
  ["kafka-configs", "--describe --group g1"],
  ["kafka-configs", "--describe --group nope"],
  ["kafka-configs", "--alter --group g1 --delete-config consumer.session.timeout.ms"],
  ["kafka-configs", "--describe --entity-type users --entity-name u"],
  ["kafka-configs", "--describe --entity-type users"],
  ["kafka-configs", "--describe --client c"],
  ["kafka-configs", "--describe --ip 127.0.0.1"],
  ["kafka-configs", "--alter --user u --add-config producer_byte_rate=1024"],
  ["kafka-configs", "--alter --user u --add-config nope=1024"],
  ["kafka-configs", "--alter --user u --add-config SCRAM-SHA-256=[password=secret]"],
  ["kafka-configs", "--alter --ip 127.0.0.1 --add-config connection_creation_rate=5"],
  ["kafka-configs", "--alter --client c --delete-config producer_byte_rate"],
  ["kafka-configs", "--entity-type topics"],
  ["kafka-configs", "--describe --entity-type foo"],
  ["kafka-configs", "--describe"],
  ["kafka-configs", "--describe --topic a --entity-type topics"],
  ["kafka-configs", "--describe --topic a --broker 1"],
  ["kafka-configs", "--describe --entity-type topics --entity-default"],
  ["kafka-configs", "--describe --topic a --add-config x=y"],
  ["kafka-configs", "--describe --topic a --topic b"],
  ["kafka-configs", "--describe --nope"],
  ["kafka-configs", "--describe --topic a --command-config missing.properties"],
  ["kafka-get-offsets", "--topic shared"],
  ["kafka-get-offsets", "--topic shared --time earliest --partitions 0,1"],
  ["kafka-get-offsets", "--topic-partitions shared:1-"],
  ["kafka-get-offsets", "--topic-partitions a:b"],
  ["kafka-get-offsets", "--topic nope"],
  ["kafka-get-offsets", "--topic shared --time foo"],
  ["kafka-get-offsets", "--topic shared --time -5"],
  ["kafka-get-offsets", "--topic shared --partitions a"],
  ["kafka-get-offsets", "--topic shared --topic-partitions x"],
  ["kafka-get-offsets", "--command-config missing.properties"],
  ["kafka-delete-records", "--offset-json-file one.json"],
  ["kafka-delete-records", "--offset-json-file beyond.json"],
  ["kafka-delete-records", "--offset-json-file twice.json"],
  ["kafka-delete-records", "--offset-json-file missing.json"],
  ["kafka-delete-records", ""],
  ["kafka-leader-election", "--election-type preferred --topic shared --partition 0"],
  ["kafka-leader-election", "--election-type preferred --path-to-json-file two.json"],
  ["kafka-leader-election", "--election-type preferred --path-to-json-file beyond.json"],
  ["kafka-leader-election", "--election-type preferred --path-to-json-file twice.json"],
  ["kafka-leader-election", "--election-type preferred --path-to-json-file empty.json"],
  ["kafka-leader-election", "--election-type preferred --path-to-json-file none.json"],
  ["kafka-leader-election", "--election-type preferred --path-to-json-file missing.json"],
  ["kafka-leader-election", "--election-type unclean --topic shared --partition 1"],
  ["kafka-leader-election", "--election-type preferred --topic nope --partition 0"],
  ["kafka-leader-election", "--election-type preferred --all-topic-partitions"],
  ["kafka-leader-election", "--election-type preferred"],
  ["kafka-leader-election", "--election-type other --topic shared --partition 0"],
  ["kafka-leader-election", "--election-type preferred --topic shared"],
  ["kafka-leader-election", "--election-type preferred --all-topic-partitions --partition 1"],
  ["kafka-leader-election", "--all-topic-partitions"],
  ["kafka-groups", "--list"],
  ["kafka-groups", "--list --consumer"],
  ["kafka-groups", "--list --group-type CLASSIC --protocol consumer"],
  ["kafka-groups", "--list --group-type share"],
  ["kafka-groups", "--list --protocol nope"],
  ["kafka-groups", "--list --share"],
  ["kafka-groups", "--list --streams"],
  ["kafka-groups", "--list --group-type nope"],
  ["kafka-groups", "--list --consumer --share"],
  ["kafka-groups", "--list --streams --group-type classic"],
  ["kafka-groups", "--list --group-type"],
  ["kafka-groups", "--list --nope"],
  ["kafka-groups", "--list --command-config missing.properties"],
  ["kafka-groups", "--consumer"],
  ["kafka-consumer-groups", "--list"],
  ["kafka-consumer-groups", "--list --state"],
  ["kafka-consumer-groups", "--list --type --state"],
  ["kafka-consumer-groups", "--list --state stable"],
  ["kafka-consumer-groups", "--list --type classic,consumer --state Empty,Stable"],
  ["kafka-consumer-groups", "--list --timeout x"],
  ["kafka-consumer-groups", "--list --members"],
  ["kafka-consumer-groups", "--list --nope"],
  ["kafka-consumer-groups", "--list --command-config missing.properties"],
  ["kafka-consumer-groups", "--describe --group simple"],
  ["kafka-consumer-groups", "--describe --group pinned"],
  ["kafka-consumer-groups", "--describe --group pinned --verbose"],
  ["kafka-consumer-groups", "--describe --group new --offsets"],
  ["kafka-consumer-groups", "--describe --group old"],
  ["kafka-consumer-groups", "--describe --group nope"],
  ["kafka-consumer-groups", "--describe --group nope --state"],
  ["kafka-consumer-groups", "--describe --all-groups"],
  ["kafka-consumer-groups", "--describe --all-groups --members"],
  ["kafka-consumer-groups", "--describe --all-groups --members --verbose"],
  ["kafka-consumer-groups", "--describe --all-groups --state"],
  ["kafka-consumer-groups", "--describe --all-groups --state --verbose"],
  ["kafka-consumer-groups", "--describe --group simple --group pinned --state"],
  ["kafka-consumer-groups", "--describe --group a --state Stable"],
  ["kafka-consumer-groups", "--describe --group a --members --offsets"],
  ["kafka-consumer-groups", "--describe --group a --topic t"],
  ["kafka-consumer-groups", "--list --describe --all-groups"],
  ["kafka-consumer-groups", "--reset-offsets --all-groups --topic shared --to-latest --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared --to-earliest --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared --to-latest"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared --to-latest --export --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared:1 --to-offset 1 --execute"],
  ["kafka-consumer-groups", "--describe --group TOPIC"],
  ["kafka-consumer-groups", "--describe --group TOPIC --verbose"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --all-topics --shift-by 1 --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --all-topics --shift-by -9 --execute"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared --shift-by 1 --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared --topic lone --to-current --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared --to-offset 9223372036854775807 --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared --to-datetime 1970-01-01T00:00:01.002 --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared --to-datetime 1970-01-01T01:00:01.002+01 --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared --to-datetime 1970-01-01 --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared --to-datetime 1970-01-01T10:00:00 --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared --by-duration PT0S --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared --by-duration P20000D --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared --by-duration 1D --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --from-file plan.csv --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --from-file missing.csv --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic nope --to-latest --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic nope:0 --to-latest --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared:7 --to-latest --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared:a --to-latest --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared:1:2 --to-latest --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --to-latest --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared --to-latest --to-current --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared --to-latest --execute --dry-run"],
  ["kafka-consumer-groups", "--reset-offsets --group pinned --topic shared --to-latest --execute"],
  ["kafka-consumer-groups", "--delete-offsets --group TOPIC --topic shared"],
  ["kafka-consumer-groups", "--delete-offsets --group TOPIC --topic shared:0 --topic nope"],
  ["kafka-consumer-groups", "--delete-offsets --group TOPIC --topic shared:9"],
  ["kafka-consumer-groups", "--delete-offsets --group nope --topic shared"],
  ["kafka-consumer-groups", "--delete-offsets --group new --topic shared"],
  ["kafka-consumer-groups", "--delete-offsets --group pinned --topic shared"],
  ["kafka-consumer-groups", "--reset-offsets --group TOPIC --topic shared --to-latest --execute"],
  ["kafka-consumer-groups", "--delete --group TOPIC"],
  ["kafka-consumer-groups", "--delete --group TOPIC"],
  ["kafka-consumer-groups", "--delete --group pinned"],
  ["kafka-consumer-groups", "--delete --group a --topic t"],
  ["kafka-consumer-groups", "--validate-regex a.*b"],
  ["kafka-consumer-groups", "--validate-regex a(b"],
  ["kafka-consumer-groups", "--validate-regex a)b"],
  ["kafka-consumer-groups", "--validate-regex (?=a)"],
  ["kafka-log-dirs", "--describe --topic-list lone --broker-list 1"],
  ["kafka-log-dirs", "--describe --broker-list 9"],
  ["kafka-log-dirs", "--describe --broker-list a"],
  ["kafka-log-dirs", "--broker-list 1"],
];

const FILES: Readonly<Record<string, string>> = {
  "two.json": '{"partitions":[{"topic":"shared","partition":0},{"topic":"nope","partition":1}]}',
  "empty.json": "{}",
  "none.json": "nothing",
  "plan.csv": "shared,0,0\nshared,1,9\n",
  "one.json": '{"partitions":[{"topic":"shared","partition":0,"offset":0}]}',
  "beyond.json": '{"partitions":[{"topic":"shared","partition":1,"offset":7}],"version":1}',
  "twice.json": '{"partitions":[{"topic":"shared","partition":1,"offset":7},{"topic":"shared","partition":1,"offset":8}]}',
};

const argumentsOf = (line: string, topic: string): readonly string[] => [
  "--bootstrap-server",
  cluster.bootstrap,
  ...line.split(" ").flatMap((word) => (word === "" ? [] : [word in FILES ? join(directory, word) : word.replace("TOPIC", topic)])),
];

describe.skipIf(!areApachesToolsInstalled)(titleOf("Apache's tool and ours say the same of one cluster"), { timeout: TEST_TIMEOUT_MS }, () => {
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "samsa-tools-"));
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(directory, name), text);
    apache = new ApacheTools();
    cluster = await startToolCluster();
    const create = "--create --topic shared --replica-assignment 1:2:3,2:3:1 --config min.insync.replicas=3";
    expect((await ours("kafka-topics", argumentsOf(create, ""))).stdout).toBe("Created topic shared.\n");
    await ours("kafka-topics", argumentsOf("--create --topic lone --replica-assignment 1", ""));
    await until(async () => (await ours("kafka-topics", argumentsOf("--list", ""))).stdout === "lone\nshared\n");
    await produceFive(cluster.bootstrap, "shared", 1);
    await makeGroups(cluster.bootstrap, "shared");
    await makeStaticMember(cluster.bootstrap, "shared");
  });
  afterAll(async () => {
    await apache.stop();
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  test.each(LINES)("%s %s", async (tool, line) => {
    const theirs = comparable(await apache.run(tool, argumentsOf(line, "apaches")), "apaches");
    const said = comparable(await ours(tool, argumentsOf(line, "samsas1")), "samsas1");
    if (IN_ANY_ORDER.has(tool)) expect(sorted(said)).toEqual(sorted(theirs));
    else expect(said).toEqual(theirs);
  });
});
