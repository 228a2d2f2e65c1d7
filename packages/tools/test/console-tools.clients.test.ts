import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TOOLS } from "../src/index.ts";
import { apache, areApachesToolsInstalled, titleOf } from "./apache/apache-tool.ts";
import { type Ended, runTool, until } from "./run-tool.ts";
import { startToolCluster, type ToolCluster } from "./tool-cluster.ts";
import { haveCodecs } from "./with-codecs.ts";

/** Some Java machines, on a busy machine. */
const TEST_TIMEOUT_MS = 120_000;

haveCodecs();

let cluster: ToolCluster;

type Run = (tool: string, line: string, stdin?: string) => Promise<Ended>;

const argumentsOf = (line: string): readonly string[] => ["--bootstrap-server", cluster.bootstrap, ...line.split(" ").filter((word) => word !== "")];

const theirs: Run = (tool, line, stdin) => apache(tool, argumentsOf(line), stdin);
const ours: Run = async (name, line, stdin) => {
  const tool = await TOOLS.get(name)?.();
  if (tool === undefined) throw new Error(`there is no ${name}`);
  return runTool(tool, argumentsOf(line), stdin === undefined ? {} : { stdin });
};

/** Java's frames are Java's, and Apache's tool is run without its log: neither are the errors that ours has in it. */
const comparable = ({ code, stdout, stderr }: Ended): Ended => ({
  code,
  stdout,
  stderr: stderr
    .replaceAll(/^\[\d{4}-.*\] ERROR .*\n(?:(?:[a-z]+\.)+\w+(?:Exception)(?:: .*)?\n(?:Caused by: .*\n)*)?/gm, "")
    .replaceAll(/^\t(?:at .*|\.\.\. \d+ more)\n/gm, ""),
});

async function createTopic(name: string): Promise<void> {
  await ours("kafka-topics", `--create --topic ${name} --partitions 3 --replication-factor 3`);
  await until(async () => (await ours("kafka-topics", `--describe --topic ${name}`)).stdout.match(/Leader: \d\t/g)?.length === 3);
}

const KEYED = "--property parse.key=true --property key.separator=:";
const SHOWN = ["timestamp", "partition", "offset", "epoch", "headers", "key"].map((name) => `--formatter-property print.${name}=true`).join(" ");
const KEYS = Array.from({ length: 40 }, (_, index) => `key ${index}`);

/** Lines by Java and by us of the same topics; keys lie in the same partitions whoever has written them. */
const lines = ({ stdout }: Ended): readonly string[] => stdout.trimEnd().split("\n").toSorted();

describe.skipIf(!areApachesToolsInstalled)(titleOf("Apache's console tools and ours"), { timeout: TEST_TIMEOUT_MS }, () => {
  beforeAll(async () => {
    cluster = await startToolCluster();
    for (const topic of ["by-them", "by-us", "counted"]) await createTopic(topic);
  });
  afterAll(() => cluster.stop());

  test("write the same, with keys and headers, and read what the other has written", async () => {
    const typed = KEYS.map((key) => `${key}:value of ${key}\n`).join("");
    const produced = await Promise.all([
      theirs("kafka-console-producer", `--topic by-them ${KEYED}`, typed),
      ours("kafka-console-producer", `--topic by-us ${KEYED}`, typed),
    ]);
    expect(produced[1]).toEqual(comparable(produced[0]));
    const more = "--reader-property parse.headers=true --reader-property null.marker=NULL --compression-codec zstd";
    await Promise.all([
      theirs("kafka-console-producer", `--topic by-us ${more}`, "a:1,b:NULL\tx\n"),
      ours("kafka-console-producer", `--topic by-them ${more}`, "a:1,b:NULL\tx\n"),
    ]);
    const read = `--from-beginning --max-messages ${KEYS.length + 1} ${SHOWN}`;
    const [them, us] = await Promise.all([
      theirs("kafka-console-consumer", `--topic by-us --group java ${read}`),
      ours("kafka-console-consumer", `--topic by-us --group samsa ${read}`),
    ]);
    expect({ ...us, stdout: lines(us) }).toEqual({ ...comparable(them), stdout: lines(them) });
    const partitionsOf = (ended: Ended): readonly string[] =>
      lines({ ...ended, stdout: ended.stdout.replaceAll(/CreateTime:\d+|Offset:\d+|Partition:\d+\t(?=.*a:1)/g, "") });
    expect(partitionsOf(await ours("kafka-console-consumer", `--topic by-them ${read}`))).toEqual(partitionsOf(us));
    const committed = async (group: string): Promise<readonly string[]> =>
      (await ours("kafka-consumer-groups", `--describe --group ${group}`)).stdout
        .replaceAll(group, "GROUP")
        .split("\n")
        .map((line) => line.split(/ +/).join(" "));
    expect(await committed("samsa")).toEqual(await committed("java"));
  });

  test.each([
    ["kafka-console-producer", "--topic t --nope"],
    ["kafka-console-producer", "--topic t --producer-property linger.ms=x --max-partition-memory-bytes 100"],
    ["kafka-console-producer", "--topic b@d --sync"],
    ["kafka-console-consumer", "--topic by-us --partition 0 --offset latest --timeout-ms 10"],
    ["kafka-console-consumer", "--topic by-us --consumer-property a=b --property print.key=true --partition 0 --offset 0 --max-messages 1"],
    ["kafka-console-consumer", "--topic b@d"],
    ["kafka-verifiable-consumer", "--topic t --group-id g --assignment-strategy org.apache.kafka.clients.consumer.Nope"],
  ])("say the same: %s %s", async (tool, line) => {
    const [them, us] = await Promise.all([theirs(tool, line, "x\n"), ours(tool, line, "x\n")]);
    expect(comparable(us)).toEqual(comparable(them));
  });

  test("count, and tell of what they count, alike", async () => {
    // Without a key each of them chooses partitions for itself.
    const count = "--topic counted --max-messages 4 --value-prefix 3 --repeating-keys 4";
    const [theirSends, ourSends] = [await theirs("kafka-verifiable-producer", count), await ours("kafka-verifiable-producer", count)];
    const shape = (ended: Ended): readonly string[] =>
      ended.stdout
        .replaceAll(/"timestamp":\d+/g, '"timestamp":T')
        .replaceAll(/"offset":\d+/g, '"offset":N')
        .replaceAll(/"avg_throughput":\d+\.\d+(?:E-?\d+)?\}/g, '"avg_throughput":F}')
        .split("\n")
        .toSorted();
    expect([ourSends.code, ourSends.stderr, shape(ourSends)]).toEqual([theirSends.code, theirSends.stderr, shape(theirSends)]);
    const read = (group: string): string => `--topic counted --group-id ${group} --max-messages 8 --verbose`;
    const [theirReads, ourReads] = await Promise.all([theirs("kafka-verifiable-consumer", read("java-v")), ours("kafka-verifiable-consumer", read("samsa-v"))]);
    // How many a poll gives is chance: each event has the same fields, each record is told once, and the order of the others is the same.
    const records = (ended: Ended): readonly string[] => shape(ended).filter((line) => line.includes("record_data"));
    const fields = (ended: Ended): readonly string[] => [
      ...new Set(
        shape({
          ...ended,
          stdout: ended.stdout
            .split("\n")
            .filter((line) => !line.includes("record_data"))
            .join("\n"),
        }).map((line) => line.replaceAll(/\[.*\]/g, "[]").replaceAll(/:\d+/g, ":N")),
      ),
    ];
    expect([ourReads.code, records(ourReads), fields(ourReads)]).toEqual([theirReads.code, records(theirReads), fields(theirReads)]);
  });
});
