import type { Option } from "../command-line/option.ts";
import { HELP_OPTIONS } from "../command-line/usage.ts";

const TOPIC_HELP =
  "The topic whose consumer group information should be deleted or topic whose should be included in the reset offset process. " +
  "In `reset-offsets` case, partitions can be specified using this format: `topic1:0,1,2`, where 0,1,2 are the partition to be included in the process. " +
  "Reset-offsets also supports multiple topic inputs.";

const TIMEOUT_HELP =
  "The timeout that can be set for some use cases. For example, it can be used when describing the group to specify the maximum amount of time " +
  "in milliseconds to wait before the group stabilizes (when the group is just created, or is going through some changes).";

const RESET_HELP =
  "Reset offsets of consumer group. Supports one consumer group at the time, and instances should be inactive\n" +
  "Has 2 execution options: --dry-run (the default) to plan which offsets to reset, and --execute to update the offsets. " +
  "Additionally, the --export option is used to export the results to a CSV format.\n" +
  "You must choose one of the following reset specifications: --to-datetime, --by-duration, --to-earliest, --to-latest, --shift-by, --from-file, --to-current, --to-offset.\n" +
  "To define the scope use --all-topics or --topic. One scope must be specified unless you use '--from-file'.";

const EXAMPLE = "Example: --bootstrap-server localhost:9092";

const STATE_HELP =
  "When specified with '--describe', includes the state of the group.\n" +
  `${EXAMPLE} --describe --group group1 --state\n` +
  "When specified with '--list', it displays the state of all groups. It can also be used to list groups with specific states.\n" +
  `${EXAMPLE} --list --state stable,empty\n` +
  "This option may be used with '--describe', '--list' and '--bootstrap-server' options only.";

const TYPE_HELP =
  "When specified with '--list', it displays the types of all the groups. It can also be used to list groups with specific types.\n" +
  `${EXAMPLE} --list --type classic,consumer\n` +
  "This option may be used with the '--list' option only.";

const MEMBERS_HELP =
  "Describe members of the group. This option may be used with '--describe' and '--bootstrap-server' options only.\n" +
  `${EXAMPLE} --describe --group group1 --members`;

const VERBOSE_HELP =
  "Provide additional information, if any, when describing the group. " +
  "This option may be used with '--offsets'/'--members'/'--state' and '--bootstrap-server' options only.\n" +
  `${EXAMPLE} --describe --group group1 --members --verbose`;

const OFFSETS_HELP =
  "Describe the group and list all topic partitions in the group along with their offset lag. " +
  "This is the default sub-action of and may be used with '--describe' and '--bootstrap-server' options only.\n" +
  `${EXAMPLE} --describe --group group1 --offsets`;

const DELETE_HELP =
  "Pass in groups to delete topic partition offsets and ownership information over the entire consumer group. For instance --group g1 --group g2";

const DESCRIBE_HELP = "Describe consumer group and list offset lag (number of messages not yet processed) related to given group.";

const DELETE_OFFSETS_HELP = "Delete offsets of consumer group. Supports one consumer group at the time, and multiple topics.";

export const CONSUMER_GROUP_OPTIONS: readonly Option[] = [
  {
    name: "bootstrap-server",
    description: "The server(s) to connect to. REQUIRED for all options except for --validate-regex.",
    argument: { describedAs: "server to connect to" },
  },
  { name: "group", description: "The consumer group we wish to act on.", argument: { describedAs: "consumer group" } },
  { name: "topic", description: TOPIC_HELP, argument: { describedAs: "topic" } },
  { name: "all-topics", description: "Consider all topics assigned to a group in the `reset-offsets` process." },
  { name: "list", description: "List all consumer groups." },
  { name: "describe", description: DESCRIBE_HELP },
  { name: "all-groups", description: "Apply to all consumer groups." },
  { name: "delete", description: DELETE_HELP },
  { name: "timeout", description: TIMEOUT_HELP, argument: { describedAs: "timeout (ms)", type: "Long", default: "30000" } },
  {
    name: "command-config",
    description: "Property file containing configs to be passed to Admin Client and Consumer.",
    argument: { describedAs: "command config property file" },
  },
  { name: "reset-offsets", description: RESET_HELP },
  { name: "delete-offsets", description: DELETE_OFFSETS_HELP },
  { name: "dry-run", description: "Only show results without executing changes on Consumer Groups. Supported operations: reset-offsets." },
  { name: "execute", description: "Execute operation. Supported operations: reset-offsets." },
  { name: "export", description: "Export operation execution to a CSV file. Supported operations: reset-offsets." },
  { name: "to-offset", description: "Reset offsets to a specific offset.", argument: { describedAs: "offset", type: "Long" } },
  { name: "from-file", description: "Reset offsets to values defined in CSV file.", argument: { describedAs: "path to CSV file" } },
  {
    name: "to-datetime",
    description: "Reset offsets to offset from datetime. Format: 'YYYY-MM-DDThh:mm:ss.sss'",
    argument: { describedAs: "datetime" },
  },
  {
    name: "by-duration",
    description: "Reset offsets to offset by duration from current timestamp. Format: 'PnDTnHnMnS'",
    argument: { describedAs: "duration" },
  },
  { name: "to-earliest", description: "Reset offsets to earliest offset." },
  { name: "to-latest", description: "Reset offsets to latest offset." },
  { name: "to-current", description: "Reset offsets to current offset." },
  {
    name: "shift-by",
    description: "Reset offsets shifting current offset by 'n', where 'n' can be positive or negative.",
    argument: { describedAs: "number-of-offsets", type: "Long" },
  },
  { name: "members", description: MEMBERS_HELP, availableWith: ["describe"] },
  { name: "verbose", description: VERBOSE_HELP, availableWith: ["describe"] },
  { name: "offsets", description: OFFSETS_HELP, availableWith: ["describe"] },
  { name: "state", description: STATE_HELP, argument: { isOptional: true }, availableWith: ["describe", "list"] },
  { name: "type", description: TYPE_HELP, argument: { isOptional: true }, availableWith: ["list"] },
  {
    name: "validate-regex",
    description: "Validate that the syntax of the provided regular expression is valid according to the RE2 format.",
    argument: { describedAs: "regex" },
  },
  ...HELP_OPTIONS,
];
