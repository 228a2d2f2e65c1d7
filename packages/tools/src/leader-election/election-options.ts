import type { Option, ParsedOptions } from "../command-line/option.ts";
import { OptionException } from "../command-line/option.ts";
import { HELP_OPTIONS, Usage } from "../command-line/usage.ts";
import { JavaException } from "../java-exception.ts";

const ELECTION_TYPE_HELP =
  'Type of election to attempt. Possible values are "preferred" for preferred leader election or "unclean" for unclean leader election. ' +
  "If preferred election is selection, the election is only performed if the current leader is not the preferred leader for the topic partition. " +
  "If unclean election is selected, the election is only performed if there are no leader for the topic partition. REQUIRED.";

const PATH_HELP =
  "The JSON file with the list  of partition for which leader elections should be performed. This is an example format. \n" +
  '{"partitions":\n\t[{"topic": "foo", "partition": 1},\n\t {"topic": "foobar", "partition": 2}]\n}\n' +
  "Not allowed if --all-topic-partitions or --topic flags are specified.";

export const ELECTION_OPTIONS: readonly Option[] = [
  {
    name: "bootstrap-server",
    description: "A hostname and port for the broker to connect to, in the form host:port. Multiple comma separated URLs can be given. REQUIRED.",
    argument: { describedAs: "host:port" },
  },
  {
    name: "admin.config",
    description:
      "(DEPRECATED) Configuration properties files to pass to the admin client. This option will be removed in a future version. Use --command-config instead.",
    argument: { describedAs: "config file" },
  },
  { name: "command-config", description: "Config properties file to pass to the admin client.", argument: { describedAs: "Config file" } },
  { name: "path-to-json-file", description: PATH_HELP, argument: { describedAs: "Path to JSON file" } },
  {
    name: "topic",
    description: "Name of topic for which to perform an election. Not allowed if --path-to-json-file or --all-topic-partitions is specified.",
    argument: { describedAs: "topic name" },
  },
  {
    name: "partition",
    description: "Partition id for which to perform an election. REQUIRED if --topic is specified.",
    argument: { describedAs: "partition id", type: "Integer" },
  },
  {
    name: "all-topic-partitions",
    description:
      "Perform election on all of the eligible topic partitions based on the type of election (see the --election-type flag). " +
      "Not allowed if --topic or --path-to-json-file is specified.",
  },
  { name: "election-type", description: ELECTION_TYPE_HELP, argument: { describedAs: "election type", type: "[PREFERRED,UNCLEAN]" } },
  ...HELP_OPTIONS,
];

const SCOPES = ["topic", "all-topic-partitions", "path-to-json-file"] as const;

/** As requests number them. */
export const ElectionType = { PREFERRED: 0, UNCLEAN: 1 } as const;
export type ElectionTypeName = keyof typeof ElectionType;

/** Throws where the options do not fit each other. */
export function checkElectionOptions(parsed: ParsedOptions): void {
  const missing = ["bootstrap-server", "election-type"].filter((name) => !parsed.has(name));
  if (missing.length > 0) throw commandFailed(`Missing required option(s): ${missing.join(", ")}`);
  new Usage(ELECTION_OPTIONS).exclude(parsed, "admin.config", ["command-config"]);
  if (SCOPES.filter((name) => parsed.has(name)).length !== 1)
    throw commandFailed(`One and only one of the following options is required: ${SCOPES.join(", ")}`);
  if (parsed.has("topic") && !parsed.has("partition")) throw commandFailed("Missing required option(s): partition");
  if (!parsed.has("topic") && parsed.has("partition")) throw commandFailed("Option partition is only allowed if topic is used");
}

export function electionType(parsed: ParsedOptions): ElectionTypeName {
  const text = parsed.valueOf("election-type") ?? "";
  const type = text.toUpperCase();
  if (type === "PREFERRED" || type === "UNCLEAN") return type;
  throw new OptionException("OptionArgumentConversionException", `Cannot parse argument '${text}' of option election-type`, {
    cause: new JavaException("joptsimple.ValueConversionException", `Value [${text}] is not one of [[PREFERRED,UNCLEAN]]`),
  });
}

export const commandFailed = (
  message: string,
  details: { readonly cause?: JavaException; readonly suppressed?: readonly JavaException[] } = {},
): JavaException => new JavaException("org.apache.kafka.tools.AdminCommandFailedException", message, details);
