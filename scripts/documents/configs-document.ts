import {
  BROKER_CONFIGS,
  type BrokerConfigDefinition,
  type ConfigType,
  GROUP_CONFIGS,
  TOPIC_CONFIGS,
  topicConfigError,
  topicConfigsWithoutEffect,
} from "@samsa/controller";
import { CONFIG_KEYS, type ConfigKey } from "@samsa/server";
import { markdownTable } from "./markdown-table.ts";

const INTRODUCTION = `# Configuration

Written from the tables of the code by \`npm run documents\`; a test compares. Names, types and defaults are Apache Kafka 4.3's; keys that begin with \`samsa.\`, and \`profile\`, are Samsa's own.

- A node reads its keys from \`server.properties\` (\`samsa broker --config FILE\`, \`bin/kafka-server-start.sh FILE\`), from \`--config KEY=VALUE\` of \`samsa up\`, or from \`config\` of \`Cluster.start\`.
  A bad value ends the start with exit code 2 and names its key. A key that is not in the first table is a warning: it has no effect.
- Topics and brokers are changed while they run by \`kafka-configs.sh --alter\`. A topic's value goes before this broker's dynamic one, that before the cluster's, that before the file's.
- \`profile=test\`, which \`samsa up\` and \`Cluster\` choose, has short time-outs for tests and demonstrations in the place of Kafka's.`;

/** The sources of the broker, in which a key that is followed while it runs is looked up by its name. */
export interface ConfigSources {
  readonly broker: string;
}

/** `docs/reference/configs.md`. */
export function configsDocument({ broker }: ConfigSources): string {
  const shown = [...BROKER_CONFIGS].filter(([name]) => !CONFIG_KEYS.some((key) => key.name === name));
  return `${[
    INTRODUCTION,
    "## Keys of a node",
    "_At once_: may be changed while brokers run. _Restart_: is read when the node starts.",
    markdownTable(
      ["Key", "Type and values", "Default", "`profile=test`", "Changes", "What it does"],
      CONFIG_KEYS.toSorted(byName).map((key) => nodeRow(key, broker)),
    ),
    "## Keys of brokers without an effect in a node's file",
    "Kafka's tools show and set them as a matter of course, so they are taken and shown; in a file they are unknown, which is a warning. A thread count, for one, has nothing to count here.",
    markdownTable(["Key", "Type and values", "Default", "In Samsa", "What it is in Kafka"], shown.map(shownRow)),
    "## Configs of a topic",
    markdownTable(["Config", "Type and values", "Default", "The brokers' default", "In Samsa", "What it does"], [...TOPIC_CONFIGS].map(topicRow)),
    "## Configs of a group",
    markdownTable(
      ["Config", "Type and values", "Default", "The brokers' default", "What it does"],
      [...GROUP_CONFIGS].map(([name, { type, default: value, synonym, about }]) => [code(name), typeInWords(type), code(value), code(synonym), about]),
    ),
  ].join("\n\n")}\n`;
}

const byName = (one: { readonly name: string }, other: { readonly name: string }): number => (one.name < other.name ? -1 : 1);

const code = (text: string): string => (text === "" ? "_empty_" : `\`${text}\``);

function nodeRow(key: ConfigKey, broker: string): readonly string[] {
  const definition = BROKER_CONFIGS.get(key.name);
  return [
    code(key.name),
    keyTypeInWords(key),
    key.apache === undefined ? "–" : code(key.apache),
    key.test === undefined ? "" : code(key.test),
    isFollowed(key.name, definition, broker) ? "at once" : "restart",
    definition?.about ?? "",
  ];
}

/** A topic's default, or a key that the broker's code looks up by its name: what is only in tables is shown and no more. */
const isFollowed = (name: string, definition: BrokerConfigDefinition | undefined, broker: string): boolean =>
  definition?.isDynamic === true && ([...TOPIC_CONFIGS.values()].some(({ synonym }) => synonym === name) || broker.includes(`"${name}"`));

function keyTypeInWords({ type }: ConfigKey): string {
  switch (type.type) {
    case "integer":
      return `whole number, ${range(type.min, type.max === 2 ** 31 - 1 ? undefined : type.max)}`;
    case "long":
      return `whole number of 64 bits, ${range(type.min, undefined)}`;
    case "double":
      return `number, ${range(type.min, type.max === Number.MAX_VALUE ? undefined : type.max)}`;
    case "boolean":
      return "`true`, `false`";
    case "text":
      return "text";
    case "choice":
      return type.values.map(code).join(", ");
  }
}

const range = (min: number | undefined, max: number | undefined): string =>
  [min === undefined || min === -(2 ** 31) ? "" : `from ${min}`, max === undefined ? "" : `to ${max}`].filter((part) => part !== "").join(" ") || "any";

function typeInWords(type: ConfigType): string {
  switch (type.type) {
    case "SHORT":
    case "INT":
    case "LONG":
      return `${type.type === "LONG" ? "whole number of 64 bits" : "whole number"}, ${range(type.min, type.max)}${type.or === undefined ? "" : `, or ${type.or}`}`;
    case "DOUBLE":
      return `number, ${range(type.min, type.max)}`;
    case "BOOLEAN":
      return "`true`, `false`";
    case "STRING":
      return type.oneOf?.map(code).join(", ") ?? "text";
    case "LIST":
      return type.oneOf === undefined ? "list" : `list of ${type.oneOf.map(code).join(", ")}`;
  }
}

const shownRow = ([name, { type, default: value, about }]: readonly [string, BrokerConfigDefinition]): readonly string[] => [
  code(name),
  typeInWords(type),
  value === null ? "–" : code(value),
  "no effect",
  about,
];

function topicRow([name, { type, default: value, synonym, about }]: readonly [
  string,
  { readonly type: ConfigType; readonly default: string; readonly synonym?: string; readonly about: string },
]): readonly string[] {
  return [code(name), typeInWords(type), code(value), synonym === undefined ? "" : code(synonym), effectOfTopicConfig(name), about];
}

/** As the controller itself judges a value that is not the default. */
function effectOfTopicConfig(name: string): string {
  const value = otherValueOf(name);
  const refusal = /Samsa does not support it yet: (.*)$/.exec(topicConfigError(name, value) ?? "")?.[1];
  if (refusal !== undefined) return `refused: ${refusal}`;
  return topicConfigsWithoutEffect(new Map([[name, value]])).includes(name) ? "no effect" : "yes";
}

/** A valid value that asks for something else than the default. */
function otherValueOf(name: string): string {
  const { type, default: value } = TOPIC_CONFIGS.get(name) ?? { type: { type: "STRING" }, default: "" };
  if (type.type === "BOOLEAN") return value === "true" ? "false" : "true";
  if (type.type === "STRING" || type.type === "LIST") return ("oneOf" in type ? type.oneOf?.find((one) => one !== value) : undefined) ?? "*";
  return String(type.min ?? 1);
}
