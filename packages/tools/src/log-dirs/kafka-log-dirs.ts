import { describeCluster } from "../admin/cluster.ts";
import { type DescribedLogDir, describeLogDirs } from "../admin/log-dirs.ts";
import type { Option } from "../command-line/option.ts";
import { parseOptions } from "../command-line/parse-options.ts";
import { HELP_OPTIONS, terse, Usage } from "../command-line/usage.ts";
import { executionException, JavaException } from "../java-exception.ts";
import { clientSettings } from "../session/client-settings.ts";
import { readProperties } from "../session/command-config.ts";
import { Session } from "../session/session.ts";
import { tellFailure } from "../tell-failure.ts";
import type { ToolIo } from "../tool.ts";

const PURPOSE = "This tool helps to query log directory usage on the specified brokers.";

const OPTIONS: readonly Option[] = [
  {
    name: "bootstrap-server",
    description: "REQUIRED: the server(s) to use for bootstrapping",
    argument: { describedAs: "The server(s) to use for bootstrapping" },
  },
  {
    name: "command-config",
    description: "Property file containing configs to be passed to Admin Client.",
    argument: { describedAs: "Admin client property file" },
  },
  { name: "describe", description: "Describe the specified log directories on the specified brokers." },
  {
    name: "topic-list",
    description: 'The list of topics to be queried in the form "topic1,topic2,topic3". All topics will be queried if no topic list is specified',
    argument: { describedAs: "Topic list", default: "" },
  },
  {
    name: "broker-list",
    description: 'The list of brokers to be queried in the form "0,1,2". All brokers in the cluster will be queried if no broker list is specified',
    argument: { describedAs: "Broker list", default: "" },
  },
  ...HELP_OPTIONS,
];

/** kafka-log-dirs: which partitions lie where, and how large they are. */
export async function kafkaLogDirs(args: readonly string[], io: ToolIo): Promise<number> {
  try {
    await run(args, io);
    return 0;
  } catch (error) {
    return tellFailure(error, io);
  }
}

async function run(args: readonly string[], io: ToolIo): Promise<void> {
  const parsed = parseOptions(OPTIONS, args);
  const usage = new Usage(OPTIONS);
  usage.checkHelpOrVersion(parsed, PURPOSE);
  usage.require(parsed, "bootstrap-server", "describe");
  const listed = (name: string): readonly string[] => (parsed.valueOf(name) ?? "").split(",").filter((one) => one !== "");
  await using session = new Session(clientSettings(parsed.valueOf("bootstrap-server") ?? "", readProperties(parsed.valueOf("command-config"))));
  const topics = new Set(listed("topic-list"));
  const there = (await throughFuture(describeCluster(session))).nodes.map(({ id }) => id);
  const asked = [...new Set(listed("broker-list").map(brokerId))];
  const missing = asked.filter((id) => !there.includes(id));
  if (missing.length > 0)
    throw terse(`ERROR: The given brokers do not exist from --broker-list: ${missing.join(",")}. Current existent brokers: ${there.join(",")}`);
  const brokers = asked.length === 0 ? there : asked.toSorted((a, b) => a - b);
  io.out("Querying brokers for log directories information\n");
  const described = await throughFuture(Promise.all(brokers.map((broker) => describeLogDirs(session, broker))));
  io.out(`Received log directory information from brokers ${brokers.join(",")}\n`);
  const shown = brokers.map((broker, index) => ({ broker, logDirs: (described[index] ?? []).map((dir) => shownLogDir(dir, topics)) }));
  io.out(`${JSON.stringify({ brokers: shown, version: 1 })}\n`);
}

function shownLogDir({ path, error, replicas }: DescribedLogDir, topics: ReadonlySet<string>): unknown {
  const wanted = replicas.filter(({ topic }) => topics.size === 0 || topics.has(topic));
  return {
    partitions: wanted.map(({ topic, partition, size, offsetLag, isFuture }) => ({ partition: `${topic}-${partition}`, size, offsetLag, isFuture })),
    error: error?.javaClass ?? null,
    logDir: path,
  };
}

function brokerId(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new JavaException("java.lang.NumberFormatException", `For input string: "${text}"`);
  return Number(text);
}

async function throughFuture<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw error instanceof JavaException ? executionException(error) : error;
  }
}
