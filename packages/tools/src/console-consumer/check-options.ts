import type { StartAt } from "@samsa/client";
import { mergeOptions } from "../command-line/merge-options.ts";
import type { ParsedOptions } from "../command-line/option.ts";
import { parseOptions } from "../command-line/parse-options.ts";
import { terse, Usage } from "../command-line/usage.ts";
import { readProperties } from "../session/command-config.ts";
import { keyValues, type Properties } from "../session/config-values.ts";
import type { ToolIo } from "../tool.ts";
import type { RecordFormatter } from "../consuming/record-formatter.ts";
import { CONSOLE_CONSUMER_OPTIONS } from "./console-consumer-options.ts";
import { formatterOf } from "./formatters.ts";

const PURPOSE = "This tool helps to read data from Kafka topics and outputs it to standard output.";
const USAGE = new Usage(CONSOLE_CONSUMER_OPTIONS);
/** Of the ids of groups that nobody has named. */
const GROUP_IDS = 100_000;

/** What the tool is to do, as far as that is settled before it begins. */
export interface ConsoleConsumption {
  readonly parsed: ParsedOptions;
  readonly properties: Properties;
  readonly partition: number | undefined;
  readonly from: StartAt;
  /** Without a message for so long it ends. */
  readonly timeoutMs: number;
  readonly format: RecordFormatter;
}

/** Understands the arguments. Throws where they make no sense, with the help or without; warns on stdout of what is deprecated. */
export function consoleConsumerOptions(args: readonly string[], io: ToolIo): ConsoleConsumption {
  const parsed = understood(args);
  USAGE.checkHelpOrVersion(parsed, PURPOSE);
  checkTogether(parsed);
  for (const [name, instead] of [
    ["consumer-property", "command-property"],
    ["consumer.config", "command-config"],
  ] as const) {
    USAGE.excludeEither(parsed, name, instead);
  }
  for (const [name, instead] of [
    ["consumer-property", "command-property"],
    ["consumer.config", "command-config"],
  ] as const) {
    if (parsed.has(name)) io.out(deprecation(name, instead));
  }
  const properties = consumerProperties(parsed);
  const from = startAt(parsed);
  const timeoutMs = parsed.integerOf("timeout-ms") ?? -1;
  return {
    parsed,
    properties,
    partition: parsed.integerOf("partition"),
    from,
    timeoutMs: timeoutMs >= 0 ? timeoutMs : Number.POSITIVE_INFINITY,
    format: formatter(parsed, io),
  };
}

const deprecation = (name: string, instead: string): string =>
  `Option --${name} is deprecated and will be removed in a future version. Use --${instead} instead.\n`;

function understood(args: readonly string[]): ParsedOptions {
  try {
    return parseOptions(CONSOLE_CONSUMER_OPTIONS, args);
  } catch (error) {
    throw USAGE.refusal(error instanceof Error ? error.message : String(error));
  }
}

function checkTogether(parsed: ParsedOptions): void {
  if (parsed.has("topic") === parsed.has("include")) throw USAGE.refusal("Exactly one of the following arguments is required: [topic], [include]");
  if (parsed.has("partition")) {
    // A partition that is none is found out here.
    parsed.integerOf("partition");
    if (!parsed.has("topic")) throw USAGE.refusal("The topic is required when partition is specified.");
    if (parsed.has("from-beginning") && parsed.has("offset")) throw USAGE.refusal("Options from-beginning and offset cannot be specified together.");
  } else if (parsed.has("offset")) throw USAGE.refusal("The partition is required when offset is specified.");
  USAGE.require(parsed, "bootstrap-server");
}

function consumerProperties(parsed: ParsedOptions): Properties {
  const file = readProperties(parsed.valueOf(parsed.has("consumer.config") ? "consumer.config" : "command-config"));
  const words = keyValues(parsed.valuesOf(parsed.has("consumer-property") ? "consumer-property" : "command-property"));
  const groups = new Set([parsed.valueOf("group"), file.get("group.id"), words.get("group.id")].flatMap((id) => id ?? []));
  if (groups.size > 1) {
    const places = "(directly using '--group', via '--consumer-property', or via '--consumer.config')";
    const ids = [...groups].map((id) => `'${id}'`).join(", ");
    throw USAGE.refusal(`The group ids provided in different places ${places} do not match. Detected group ids: ${ids}`);
  }
  if (groups.size > 0 && parsed.has("partition")) throw USAGE.refusal("Options group and partition cannot be specified together.");
  const properties = new Map([...file, ...words]);
  setReset(properties, parsed.has("from-beginning"));
  if (!properties.has("client.id")) properties.set("client.id", "console-consumer");
  mergeOptions(properties, parsed, { "isolation-level": "isolation.level" });
  const [group] = groups;
  // Nobody comes back to a group that has no name of its own.
  if (group === undefined && !properties.has("enable.auto.commit")) properties.set("enable.auto.commit", "false");
  return properties.set("group.id", group ?? `console-consumer-${Math.floor(Math.random() * GROUP_IDS)}`);
}

function setReset(properties: Map<string, string>, isFromBeginning: boolean): void {
  const reset = properties.get("auto.offset.reset");
  if (reset === undefined) properties.set("auto.offset.reset", isFromBeginning ? "earliest" : "latest");
  else if (isFromBeginning && reset !== "earliest")
    throw terse(`Can't simultaneously specify --from-beginning and 'auto.offset.reset=${reset}', please remove one option`);
}

function startAt(parsed: ParsedOptions): StartAt {
  if (!parsed.has("offset")) return parsed.has("from-beginning") ? "earliest" : "latest";
  const text = parsed.valueOf("offset") ?? "";
  const lower = text.toLowerCase();
  if (lower === "earliest" || lower === "latest") return lower;
  const offset = Number(text);
  if (/^\+?\d+$/.test(text) && Number.isSafeInteger(offset)) return { offset };
  throw USAGE.refusal(`The provided offset value '${text}' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.`);
}

/** Whatever is wrong with it comes with the help. */
function formatter(parsed: ParsedOptions, io: ToolIo): RecordFormatter {
  USAGE.excludeEither(parsed, "property", "formatter-property");
  try {
    return formatterOf(parsed, io, () => io.out(deprecation("property", "formatter-property")));
  } catch (error) {
    throw USAGE.refusal(error instanceof Error ? error.message : String(error));
  }
}
