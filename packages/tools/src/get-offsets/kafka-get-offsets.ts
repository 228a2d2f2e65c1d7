import { keyOf, type TopicPartition } from "../admin/ask-leaders.ts";
import { listOffsets, OffsetTime } from "../admin/offsets.ts";
import { isInternalTopic } from "../admin/topic-filter.ts";
import { listTopics } from "../admin/topics.ts";
import { OptionException, type ParsedOptions } from "../command-line/option.ts";
import { parseOptions } from "../command-line/parse-options.ts";
import { terse, ToolEnded, Usage } from "../command-line/usage.ts";
import { asJavaException, JavaException, stackTrace } from "../java-exception.ts";
import { clientSettings } from "../session/client-settings.ts";
import { readProperties } from "../session/command-config.ts";
import { Session } from "../session/session.ts";
import type { ToolIo } from "../tool.ts";
import { OFFSET_OPTIONS, TIMES_HELP } from "./offset-options.ts";
import { partitionFilter } from "./partition-filter.ts";

const PURPOSE = "An interactive shell for getting topic-partition offsets.";

const TIMES: ReadonlyMap<string, number> = new Map([
  ["latest", OffsetTime.LATEST],
  ["earliest", OffsetTime.EARLIEST],
  ["max-timestamp", OffsetTime.MAX_TIMESTAMP],
  ["earliest-local", OffsetTime.EARLIEST_LOCAL],
  ["latest-tiered", OffsetTime.LATEST_TIERED],
  ["earliest-pending-upload", OffsetTime.EARLIEST_PENDING_UPLOAD],
]);

/** kafka-get-offsets: offsets of partitions by time. */
export async function kafkaGetOffsets(args: readonly string[], io: ToolIo): Promise<number> {
  try {
    await run(args, io);
    return 0;
  } catch (error) {
    if (error instanceof ToolEnded) return error.tell(io);
    const shown = asJavaException(error);
    io.err(`Error occurred: ${shown.message}\n${stackTrace(shown)}\n`);
    return 1;
  }
}

async function run(args: readonly string[], io: ToolIo): Promise<void> {
  const parsed = understood(args);
  const usage = new Usage(OFFSET_OPTIONS);
  usage.checkHelpOrVersion(parsed, PURPOSE);
  usage.require(parsed, "bootstrap-server");
  const bootstrap = parsed.valueOf("bootstrap-server") ?? "";
  usage.checkBootstrap(bootstrap);
  if (parsed.has("topic-partitions") && (parsed.has("topic") || parsed.has("partitions"))) {
    throw occurred("--topic-partitions cannot be used with --topic or --partitions");
  }
  const timestamp = timestampOf(parsed.valueOf("time") ?? "");
  const isWanted = partitionFilter(parsed);
  const properties = new Map([...readProperties(parsed.valueOf("command-config")), ["client.id", "GetOffsetShell"]]);
  await using session = new Session(clientSettings(bootstrap, properties));
  const partitions = await wantedPartitions(session, parsed, isWanted);
  if (partitions.length === 0) throw occurred("Could not match any topic-partitions with the specified filters");
  const offsets = await listOffsets(
    session,
    partitions.map((partition) => ({ ...partition, timestamp })),
  );
  for (const partition of partitions) {
    const found = offsets.get(keyOf(partition));
    if (found instanceof JavaException) io.err(`Skip getting offsets for topic-partition ${keyOf(partition)} due to error: ${found.toString()}\n`);
    else if (found !== undefined && found.offset >= 0) io.out(`${partition.topic}:${partition.partition}:${found.offset}\n`);
  }
}

function understood(args: readonly string[]): ParsedOptions {
  try {
    return parseOptions(OFFSET_OPTIONS, args);
  } catch (error) {
    throw error instanceof OptionException ? occurred(error.message) : error;
  }
}

/** In the order of their names, `t-10` before `t-2`. */
async function wantedPartitions(session: Session, parsed: ParsedOptions, isWanted: (one: TopicPartition) => boolean): Promise<readonly TopicPartition[]> {
  const isInternalLeftOut = parsed.has("exclude-internal-topics");
  const topics = (await listTopics(session)).filter(({ name, isInternal }) => !(isInternalLeftOut && (isInternal || isInternalTopic(name))));
  const partitions = topics.flatMap(({ name, leaders }) => [...leaders.keys()].map((partition) => ({ topic: name, partition })));
  return partitions.filter(isWanted).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function timestampOf(text: string): number {
  const known = TIMES.get(text);
  if (known !== undefined) return known;
  if (!/^[+-]?\d+$/.test(text)) throw occurred(`Malformed time argument ${text}. Please use ${TIMES_HELP}, or a specified long format timestamp`);
  return Number(text);
}

const occurred = (message: string): ToolEnded => terse(`Error occurred: ${message}`);
