import type { ParsedOptions } from "../command-line/option.ts";
import { Usage } from "../command-line/usage.ts";
import type { ToolIo } from "../tool.ts";
import { CONSUMER_GROUP_OPTIONS } from "./consumer-group-options.ts";

export const USAGE = new Usage(CONSUMER_GROUP_OPTIONS);

const PURPOSE = "This tool helps to list all consumer groups, describe a consumer group, delete consumer group info, or reset consumer group offsets.";

const ACTIONS = ["list", "describe", "delete", "reset-offsets", "delete-offsets", "validate-regex"] as const;
export type Action = (typeof ACTIONS)[number];

/** In the order in which each is held against the others. */
const STRATEGIES = ["to-offset", "to-datetime", "by-duration", "to-earliest", "to-latest", "to-current", "shift-by", "from-file"] as const;
const SUB_ACTIONS = ["members", "offsets", "state"] as const;

const NO_ACTION_WARNING =
  "WARN: No action will be performed as the --execute option is missing. In version 5.0, this command will require either --dry-run or --execute " +
  "to be specified. You should add the --dry-run option explicitly if you are scripting this command and want to keep the current default behavior without prompting.\n";

/** What is to be done. Throws where the options make no sense. */
export function checkConsumerGroupOptions(parsed: ParsedOptions, io: ToolIo): Action {
  USAGE.checkHelpOrVersion(parsed, PURPOSE);
  if (!parsed.has("validate-regex")) USAGE.require(parsed, "bootstrap-server");
  if (parsed.has("describe")) checkDescribe(parsed);
  if (parsed.has("delete")) checkDelete(parsed);
  if (parsed.has("delete-offsets") && !(parsed.has("group") && parsed.has("topic")))
    throw USAGE.refusal("Option [delete-offsets] takes the following options: [group], [topic]");
  if (parsed.has("reset-offsets")) checkReset(parsed, io);
  USAGE.exclude(parsed, "group", ["all-groups"]);
  USAGE.exclude(parsed, "group", ["list"]);
  USAGE.exclude(parsed, "topic", ["list", "describe"]);
  const [action, ...others] = ACTIONS.filter((name) => parsed.has(name));
  if (action === undefined || others.length > 0)
    throw USAGE.refusal(`Command must include exactly one action: ${ACTIONS.map((name) => `--${name}`).join(", ")}`);
  return action;
}

function checkDescribe(parsed: ParsedOptions): void {
  checkScope(parsed, "describe");
  if (SUB_ACTIONS.filter((name) => parsed.has(name)).length > 1)
    throw USAGE.refusal(`Option [describe] takes at most one of these options: ${listed(SUB_ACTIONS)}`);
  if (parsed.valueOf("state") !== undefined) throw USAGE.refusal("Option [describe] does not take a value for [state]");
}

function checkDelete(parsed: ParsedOptions): void {
  checkScope(parsed, "delete");
  if (parsed.has("topic")) throw USAGE.refusal("The consumer does not support topic-specific offset deletion from a consumer group.");
}

function checkReset(parsed: ParsedOptions, io: ToolIo): void {
  const [isDryRun, isExecuted] = [parsed.has("dry-run"), parsed.has("execute")];
  if (isDryRun && isExecuted) throw USAGE.refusal("Option [reset-offsets] only accepts one of [execute] and [dry-run]");
  if (!isDryRun && !isExecuted) io.err(NO_ACTION_WARNING);
  checkScope(parsed, "reset-offsets");
  for (const name of STRATEGIES) {
    USAGE.exclude(
      parsed,
      name,
      STRATEGIES.filter((other) => other !== name),
    );
  }
}

function checkScope(parsed: ParsedOptions, action: Action): void {
  if (!parsed.has("group") && !parsed.has("all-groups")) throw USAGE.refusal(`Option [${action}] takes one of these options: [group], [all-groups]`);
}

/** No offsets are asked for in any of these ways. */
export const noStrategy = (): Error => USAGE.refusal(`Option '[reset-offsets]' requires one of the following scenarios: [${listed(STRATEGIES)}]`);

const listed = (names: readonly string[]): string => names.map((name) => `[${name}]`).join(", ");
