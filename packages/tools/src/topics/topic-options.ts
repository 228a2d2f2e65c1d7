import type { Option } from "../command-line/option.ts";
import { HELP_OPTIONS } from "../command-line/usage.ts";
import { TOPIC_CONFIGS } from "../admin/config-names.ts";

const SEE_CONFIGS = "(To alter topic configurations, the kafka-configs tool can be used.)";

export const ACTIONS = ["create", "list", "alter", "describe", "delete"] as const;
export type Action = (typeof ACTIONS)[number];

const ACTION_OPTIONS: readonly Option[] = [
  { name: "list", description: "List all available topics." },
  { name: "create", description: "Create a new topic." },
  { name: "delete", description: "Delete a topic." },
  { name: "alter", description: `Alter the number of partitions and replica assignment. ${SEE_CONFIGS}` },
  { name: "describe", description: "List details for the given topics." },
];

const TOPIC_CONFIG_HELP =
  "A topic configuration override for the topic being created. The following is a list of valid configurations: \n" +
  `${TOPIC_CONFIGS.map((name) => `\t${name}\n`).join("")}` +
  `See the Kafka documentation for full details on the topic configs. It is supported only in combination with --create. ${SEE_CONFIGS}`;

const REPLICA_ASSIGNMENT = "broker_id_for_part1_replica1 : broker_id_for_part1_replica2 , broker_id_for_part2_replica1 : broker_id_for_part2_replica2 , ...";

const PARTITIONS_HELP =
  "The number of partitions for the topic being created or altered. If not supplied with --create, the topic uses the cluster default. " +
  "(WARNING: If partitions are increased for a topic that has a key, the partition logic or ordering of the messages will be affected).";

/** What is created or altered, and where. */
const VALUE_OPTIONS: readonly Option[] = [
  { name: "bootstrap-server", description: "REQUIRED: The Kafka server to connect to.", argument: { describedAs: "server to connect to" } },
  {
    name: "command-config",
    description: "Property file containing configs to be passed to Admin Client.",
    argument: { describedAs: "command config property file" },
  },
  {
    name: "topic",
    description: "The topic to create, alter, describe or delete. It also accepts a regular expression, except for --create option.",
    argument: { describedAs: "topic" },
  },
  { name: "topic-id", description: "The topic-id to describe.", argument: { describedAs: "topic-id" } },
  { name: "config", description: TOPIC_CONFIG_HELP, argument: { describedAs: "name=value" } },
  {
    name: "delete-config",
    description: "This option is no longer supported and has been deprecated since 4.0",
    argument: { describedAs: "name" },
  },
  { name: "partitions", description: PARTITIONS_HELP, argument: { describedAs: "# of partitions", type: "Integer" } },
  {
    name: "replication-factor",
    description: "The replication factor for each partition in the topic being created. If not supplied, the topic uses the cluster default.",
    argument: { describedAs: "replication factor", type: "Integer" },
  },
  {
    name: "replica-assignment",
    description: "A list of manual partition-to-broker assignments for the topic being created or altered.",
    argument: { describedAs: REPLICA_ASSIGNMENT },
  },
  {
    name: "partition-size-limit-per-response",
    description: "The maximum partition size to be included in one DescribeTopicPartitions response.",
    argument: { describedAs: "maximum number of partitions per response", type: "Integer" },
  },
];

/** Which partitions a description is to show: all but one of these exclude each other. */
export const REPORTS = ["under-replicated-partitions", "under-min-isr-partitions", "at-min-isr-partitions", "unavailable-partitions"] as const;

const WHICH_OPTIONS: readonly Option[] = [
  { name: "under-replicated-partitions", description: "If set when describing topics, only show under-replicated partitions." },
  { name: "unavailable-partitions", description: "If set when describing topics, only show partitions whose leader is not available." },
  {
    name: "under-min-isr-partitions",
    description: "If set when describing topics, only show partitions whose isr count is less than the configured minimum.",
  },
  {
    name: "at-min-isr-partitions",
    description: "If set when describing topics, only show partitions whose isr count is equal to the configured minimum.",
  },
  { name: "topics-with-overrides", description: "If set when describing topics, only show topics that have overridden configs." },
  {
    name: "if-exists",
    description: "If set when altering or deleting or describing topics, the action will only execute if the topic exists.",
  },
  {
    name: "if-not-exists",
    description: "If set when creating topics, the create request will not fail if the topic already exists, but the request will still be sent.",
  },
  {
    name: "exclude-internal",
    description: "Exclude internal topics when listing or describing topics. By default, the internal topics are included.",
  },
];

export const TOPIC_OPTIONS: readonly Option[] = [...ACTION_OPTIONS, ...VALUE_OPTIONS, ...WHICH_OPTIONS, ...HELP_OPTIONS];
