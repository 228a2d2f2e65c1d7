import { BROKER_CONFIGS, CLIENT_CONFIGS, CLIENT_METRICS_CONFIGS, GROUP_CONFIGS, IP_CONFIGS, TOPIC_CONFIGS, USER_CONFIGS } from "../admin/config-names.ts";
import type { Option } from "../command-line/option.ts";
import { HELP_OPTIONS } from "../command-line/usage.ts";

const NAMES: readonly (readonly [string, readonly string[]])[] = [
  ["topics", TOPIC_CONFIGS],
  ["brokers", BROKER_CONFIGS],
  ["users", USER_CONFIGS],
  ["clients", CLIENT_CONFIGS],
  ["ips", IP_CONFIGS],
  ["client-metrics", CLIENT_METRICS_CONFIGS],
  ["groups", GROUP_CONFIGS],
];

const ADD_CONFIG_HELP =
  "Key Value pairs of configs to add. Square brackets can be used to group values which contain commas: 'k1=v1,k2=[v1,v2,v2],k3=v3'. " +
  "The following is a list of valid configurations: " +
  NAMES.map(([type, names]) => `For entity-type '${type}': \n${names.map((name) => `\t${name}\n`).join("")}`).join("") +
  "Entity types 'users' and 'clients' may be specified together to update config for clients of a specific user.";

/** An entity by an option of its own: `--topic t` for `--entity-type topics --entity-name t`. */
export const ENTITY_FLAGS = {
  topic: "topics",
  client: "clients",
  user: "users",
  broker: "brokers",
  "broker-logger": "broker-loggers",
  ip: "ips",
  "client-metrics": "client-metrics",
  group: "groups",
} as const;

export const ENTITY_DEFAULT_FLAGS = { "client-defaults": "clients", "user-defaults": "users", "broker-defaults": "brokers", "ip-defaults": "ips" } as const;

export type EntityType = (typeof ENTITY_FLAGS)[keyof typeof ENTITY_FLAGS];

const valued = (name: string, description: string, describedAs?: string): Option => ({
  name,
  description,
  argument: describedAs === undefined ? {} : { describedAs },
});

export const CONFIG_OPTIONS: readonly Option[] = [
  valued("bootstrap-server", "The Kafka servers to connect to.", "server to connect to"),
  valued("bootstrap-controller", "The Kafka controllers to connect to.", "controller to connect to"),
  valued(
    "command-config",
    "Property file containing configs to be passed to Admin Client. This is used only with --bootstrap-server option for describing and altering broker configs.",
    "command config property file",
  ),
  { name: "alter", description: "Alter the configuration for the entity." },
  { name: "describe", description: "List configs for the given entity." },
  { name: "all", description: "List all configs for the given entity, including static configs if available." },
  valued("entity-type", "Type of entity (topics/clients/users/brokers/broker-loggers/ips/client-metrics/groups)"),
  valued("entity-name", "Name of entity (topic name/client id/user principal name/broker id/ip/client metrics/group id)"),
  { name: "entity-default", description: "Default entity name for clients/users/brokers/ips (applies to corresponding entity type)" },
  valued("add-config", ADD_CONFIG_HELP),
  valued("add-config-file", "Path to a properties file with configs to add. See add-config for a list of valid configurations."),
  { name: "delete-config", description: "config keys to remove 'k1,k2'", argument: { separator: "," } },
  valued("topic", "The topic's name."),
  valued("client", "The client's ID."),
  { name: "client-defaults", description: "The config defaults for all clients." },
  valued("user", "The user's principal name."),
  { name: "user-defaults", description: "The config defaults for all users." },
  valued("broker", "The broker's ID."),
  { name: "broker-defaults", description: "The config defaults for all brokers." },
  valued("broker-logger", "The broker's ID for its logger config."),
  { name: "ip-defaults", description: "The config defaults for all IPs." },
  valued("ip", "The IP address."),
  valued("group", "The group's ID."),
  valued("client-metrics", "The client metrics config resource name."),
  ...HELP_OPTIONS,
];
