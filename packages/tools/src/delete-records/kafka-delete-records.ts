import { keyOf } from "../admin/ask-leaders.ts";
import { deleteRecords } from "../admin/delete-records.ts";
import type { Option } from "../command-line/option.ts";
import { parseOptions } from "../command-line/parse-options.ts";
import { HELP_OPTIONS, Usage } from "../command-line/usage.ts";
import { JavaException } from "../java-exception.ts";
import { clientSettings } from "../session/client-settings.ts";
import { readProperties } from "../session/command-config.ts";
import { Session } from "../session/session.ts";
import { readText } from "../text-file.ts";
import { tellFailure } from "../tell-failure.ts";
import type { ToolIo } from "../tool.ts";
import { deletionsOf } from "./deletions-of.ts";

const PURPOSE = "This tool helps to delete records of the given partitions down to the specified offset.";

const OPTIONS: readonly Option[] = [
  { name: "bootstrap-server", description: "REQUIRED: The server to connect to.", argument: { describedAs: "server(s) to use for bootstrapping" } },
  {
    name: "offset-json-file",
    description:
      'REQUIRED: The JSON file with offset per partition. The format to use is:\n{"partitions":\n  [{"topic": "foo", "partition": 1, "offset": 1}],\n "version":1\n}',
    argument: { describedAs: "Offset json file path" },
  },
  {
    name: "command-config",
    description: "A property file containing configs to be passed to Admin Client.",
    argument: { describedAs: "command config property file path" },
  },
  ...HELP_OPTIONS,
];

/** kafka-delete-records: what the partitions can't do is told on stdout, and no failure of the tool. */
export async function kafkaDeleteRecords(args: readonly string[], io: ToolIo): Promise<number> {
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
  usage.require(parsed, "bootstrap-server", "offset-json-file");
  const settings = clientSettings(parsed.valueOf("bootstrap-server") ?? "", readProperties(parsed.valueOf("command-config")));
  const deletions = deletionsOf(readText(parsed.valueOf("offset-json-file") ?? ""));
  await using session = new Session(settings);
  io.out("Executing records delete operation\n");
  const lowWatermarks = await deleteRecords(session, deletions);
  io.out("Records delete operation completed:\n");
  for (const key of deletions.map(keyOf)) {
    const result = lowWatermarks.get(key);
    io.out(`partition: ${key}\t${result instanceof JavaException ? `error: ${result.toString()}` : `low_watermark: ${result}`}\n`);
  }
}
