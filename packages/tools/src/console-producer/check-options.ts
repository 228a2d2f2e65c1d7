import type { ParsedOptions } from "../command-line/option.ts";
import { parseOptions } from "../command-line/parse-options.ts";
import { Usage } from "../command-line/usage.ts";
import type { ToolIo } from "../tool.ts";
import { CONSOLE_PRODUCER_OPTIONS } from "./console-producer-options.ts";

const PURPOSE = "This tool helps to read data from standard input and publish it to Kafka.";
const USAGE = new Usage(CONSOLE_PRODUCER_OPTIONS);

const DEPRECATED = {
  "producer-property": "in a future version. Use --command-property",
  "producer.config": "in a future version. Use --command-config",
  property: "in a future version. Use --reader-property",
  "max-partition-memory-bytes": "in Apache Kafka 5.0. Use --batch-size",
} as const;

/** Understands the arguments. Throws where they make no sense, with the help; warns on stdout of what is deprecated. */
export function consoleProducerOptions(args: readonly string[], io: ToolIo): ParsedOptions {
  const parsed = understood(args);
  USAGE.checkHelpOrVersion(parsed, PURPOSE);
  USAGE.require(parsed, "topic");
  USAGE.excludeEither(parsed, "command-config", "producer.config");
  USAGE.excludeEither(parsed, "command-property", "producer-property");
  USAGE.excludeEither(parsed, "reader-property", "property");
  for (const [name, instead] of Object.entries(DEPRECATED))
    if (parsed.has(name)) io.out(`Warning: --${name} is deprecated and will be removed ${instead} instead.\n`);
  USAGE.checkBootstrap(parsed.valueOf("bootstrap-server") ?? "");
  return parsed;
}

function understood(args: readonly string[]): ParsedOptions {
  try {
    return parseOptions(CONSOLE_PRODUCER_OPTIONS, args);
  } catch (error) {
    throw USAGE.refusal(error instanceof Error ? error.message : String(error));
  }
}
