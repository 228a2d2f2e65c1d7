import type { Option } from "../command-line/option.ts";
import { HELP_OPTIONS } from "../command-line/usage.ts";

/** A topic as a regular expression, and which of its partitions: `3`, `1-5`, `1-`, `-5`. */
export const RULE = /([^:,]*)(?::(?:([0-9]*)|(?:([0-9]*)-([0-9]*))))?/;

const TOPIC_PARTITIONS_HELP =
  `Comma separated list of topic-partition patterns to get the offsets for, with the format of '${RULE.source}'. ` +
  "The first group is an optional regex for the topic name, if omitted, it matches any topic name. " +
  "The section after ':' describes a 'partition' pattern, which can be: a number, a range in the format of 'NUMBER-NUMBER' (lower inclusive, upper exclusive), " +
  "an inclusive lower bound in the format of 'NUMBER-', an exclusive upper bound in the format of '-NUMBER' or may be omitted to accept all partitions.";

export const TIMES_HELP = "-1 or latest / -2 or earliest / -3 or max-timestamp / -4 or earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload";

export const OFFSET_OPTIONS: readonly Option[] = [
  {
    name: "bootstrap-server",
    description: "REQUIRED. The server(s) to connect to in the form HOST1:PORT1,HOST2:PORT2.",
    argument: { describedAs: "HOST1:PORT1,...,HOST3:PORT3" },
  },
  {
    name: "topic-partitions",
    description: TOPIC_PARTITIONS_HELP,
    argument: { describedAs: "topic1:1,topic2:0-3,topic3,topic4:5-,topic5:-3" },
  },
  {
    name: "topic",
    description:
      "The topic to get the offsets for. It also accepts a regular expression. If not present, all authorized topics are queried. " +
      "Cannot be used if --topic-partitions is present.",
    argument: { describedAs: "topic" },
  },
  {
    name: "partitions",
    description:
      "Comma separated list of partition ids to get the offsets for. If not present, all partitions of the authorized topics are queried. " +
      "Cannot be used if --topic-partitions is present.",
    argument: { describedAs: "partition ids" },
  },
  {
    name: "time",
    description:
      "timestamp of the offsets before that. [Note: No offset is returned, if the timestamp greater than recently committed record timestamp is given.]",
    argument: { describedAs: `<timestamp> / ${TIMES_HELP}`, default: "latest" },
  },
  {
    name: "command-config",
    description: "Property file containing configs to be passed to Admin Client.",
    argument: { describedAs: "config file" },
  },
  {
    name: "exclude-internal-topics",
    description: "By default, internal topics are included. If specified, internal topics are excluded.",
  },
  ...HELP_OPTIONS,
];
