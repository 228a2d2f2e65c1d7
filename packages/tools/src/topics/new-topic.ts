import { type CreatableTopic, newCreatableReplicaAssignment, newCreatableTopic, newCreatableTopicConfig } from "@samsa/protocol";
import { TOPIC_CONFIGS } from "../admin/config-names.ts";
import type { ParsedOptions } from "../command-line/option.ts";
import { clientError, illegalArgument, JavaException } from "../java-exception.ts";

const REPLICATION_FACTOR_MAX = 32_767;
/** The broker chooses. */
const DEFAULT = -1;

/** What the options say of a topic that is to be made, or changed. */
export interface TopicWish {
  readonly name: string;
  readonly partitions: number | undefined;
  readonly replicationFactor: number | undefined;
  /** By partition; empty: the controller places the replicas. */
  readonly assignment: readonly (readonly number[])[];
  readonly configs: ReadonlyMap<string, string>;
}

/** Throws a `JavaException` where a value is none. */
export function topicWish(parsed: ParsedOptions): TopicWish {
  const assignment = parsed.valueOf("replica-assignment") ?? "";
  return {
    name: parsed.valueOf("topic") ?? "",
    partitions: parsed.integerOf("partitions"),
    replicationFactor: parsed.integerOf("replication-factor"),
    assignment: assignment === "" ? [] : parseAssignment(assignment),
    configs: parseConfigs(parsed.valuesOf("config")),
  };
}

/** Throws where it can't be asked for. */
export function creatableTopic({ name, partitions, replicationFactor, assignment, configs }: TopicWish): CreatableTopic {
  if (replicationFactor !== undefined && (replicationFactor < 1 || replicationFactor > REPLICATION_FACTOR_MAX)) {
    throw illegalArgument(`The replication factor must be between 1 and ${REPLICATION_FACTOR_MAX} inclusive`);
  }
  if (partitions !== undefined && partitions < 1) throw illegalArgument("The partitions must be greater than 0");
  if (name === "") throw clientError("InvalidTopicException", "The given topic name '' cannot be represented in a request.");
  return newCreatableTopic({
    name,
    numPartitions: partitions ?? DEFAULT,
    replicationFactor: replicationFactor ?? DEFAULT,
    assignments: assignment.map((brokerIds, partitionIndex) => newCreatableReplicaAssignment({ partitionIndex, brokerIds })),
    configs: [...configs].map(([key, value]) => newCreatableTopicConfig({ name: key, value })),
  });
}

/** `1:2,2:3`: two partitions with two replicas each. */
function parseAssignment(text: string): readonly (readonly number[])[] {
  const partitions = splitAsJava(text, ",").map((list) => splitAsJava(list, ":").map((id) => brokerId(id.trim())));
  for (const [partition, brokers] of partitions.entries()) {
    const twice = [...new Set(brokers.filter((broker, index) => brokers.indexOf(broker) !== index))];
    if (twice.length > 0)
      throw new JavaException(
        "org.apache.kafka.tools.AdminCommandFailedException",
        `Partition replica lists may not contain duplicate entries: ${twice.join(",")}`,
      );
    if (brokers.length !== partitions[0]?.length)
      throw new JavaException(
        "org.apache.kafka.tools.AdminOperationException",
        `Partition ${partition} has different replication factor: [${brokers.join(", ")}]`,
      );
  }
  return partitions;
}

function brokerId(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new JavaException("java.lang.NumberFormatException", `For input string: "${text}"`);
  return Number(text);
}

function parseConfigs(pairs: readonly string[]): ReadonlyMap<string, string> {
  const configs = new Map<string, string>();
  for (const pair of pairs) {
    const [key, value, ...more] = splitAsJava(pair, /\s*=\s*/);
    if (key === undefined || value === undefined || more.length > 0) {
      throw illegalArgument('requirement failed: Invalid topic config: all configs to be added must be in the format "key=val".');
    }
    configs.set(key.trim(), value.trim());
  }
  for (const key of configs.keys()) if (!TOPIC_CONFIGS.includes(key)) throw clientError("InvalidConfigurationException", `Unknown topic config name: ${key}`);
  return configs;
}

/** Java's `split` drops empty strings at the end. */
function splitAsJava(text: string, separator: string | RegExp): readonly string[] {
  const parts = text.split(separator);
  const last = parts.findLastIndex((part) => part !== "");
  return parts.slice(0, last + 1);
}
