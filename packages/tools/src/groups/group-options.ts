import type { Option, ParsedOptions } from "../command-line/option.ts";
import { HELP_OPTIONS, Usage } from "../command-line/usage.ts";
import { illegalArgument } from "../java-exception.ts";

export const GROUP_OPTIONS: readonly Option[] = [
  {
    name: "bootstrap-server",
    description: "REQUIRED: The Kafka server to connect to.",
    argument: { describedAs: "server to connect to" },
    isRequired: true,
  },
  {
    name: "command-config",
    description: "Property file containing configs to be passed to Admin Client.",
    argument: { describedAs: "command config property file" },
  },
  { name: "list", description: "List the groups." },
  {
    name: "group-type",
    description: "Filter the groups based on group type. Valid types are: 'classic', 'consumer', 'share' and 'streams'.",
    argument: { describedAs: "type" },
  },
  { name: "protocol", description: "Filter the groups based on protocol type.", argument: { describedAs: "protocol" } },
  {
    name: "consumer",
    description:
      "Filter the groups to show all kinds of consumer groups, including classic and simple consumer groups. This matches group type 'consumer', and group type 'classic' where the protocol type is 'consumer' or empty.",
  },
  { name: "share", description: "Filter the groups to show share groups." },
  { name: "streams", description: "Filter the groups to show streams groups." },
  ...HELP_OPTIONS,
];

const GROUP_TYPES: ReadonlySet<string> = new Set(["classic", "consumer", "share", "streams"]);
/** Any two of them contradict each other, but for `--group-type` with `--protocol`. */
const SHORTHANDS = ["consumer", "share", "streams"] as const;

/** Throws, with the help or without, where the options make no sense. */
export function checkGroupOptions(parsed: ParsedOptions): void {
  const usage = new Usage(GROUP_OPTIONS);
  usage.checkHelpOrVersion(parsed, "This tool helps to list groups of all types.");
  if (!parsed.has("list")) throw usage.refusal("Command must include exactly one action: --list.");
  const type = parsed.valueOf("group-type");
  if (type !== undefined && !GROUP_TYPES.has(type.toLowerCase())) throw illegalArgument("--group-type must be a valid group type.");
  for (const name of SHORTHANDS) usage.exclude(parsed, name, ["group-type", "protocol", ...SHORTHANDS.filter((other) => other !== name)]);
}
