import { ASSIGNORS, type AssignorName, GROUP_CONSUMER_DEFAULTS, type GroupConsumerConfig } from "@samsa/client";
import { JavaException } from "../java-exception.ts";
import { type ClientSettings, clientSettings } from "../session/client-settings.ts";
import { configException, ConfigValues, type Properties } from "../session/config-values.ts";

/** What a consumer is told by its properties. */
export interface ConsumerSettings {
  readonly client: ClientSettings;
  readonly consumer: Omit<GroupConsumerConfig, "groupId">;
  readonly groupId: string | undefined;
}

const FAILURE = "Failed to construct kafka consumer";
const RESETS = ["earliest", "latest", "none"] as const;
const PROTOCOLS = ["CLASSIC", "CONSUMER"];
const MILLISECONDS_MIN = 0;

const ASSIGNOR_NAMES: ReadonlyMap<string, AssignorName> = new Map([
  ["org.apache.kafka.clients.consumer.RangeAssignor", "range"],
  ["org.apache.kafka.clients.consumer.RoundRobinAssignor", "roundrobin"],
  ["org.apache.kafka.clients.consumer.CooperativeStickyAssignor", "cooperative-sticky"],
]);

/** Whole numbers, by their keys. */
const INTEGERS = {
  "fetch.max.wait.ms": "fetchMaxWaitMs",
  "fetch.min.bytes": "fetchMinBytes",
  "fetch.max.bytes": "fetchMaxBytes",
  "max.partition.fetch.bytes": "maxPartitionFetchBytes",
  "default.api.timeout.ms": "defaultApiTimeoutMs",
  "session.timeout.ms": "sessionTimeoutMs",
  "heartbeat.interval.ms": "heartbeatIntervalMs",
  "auto.commit.interval.ms": "autoCommitIntervalMs",
} as const satisfies Record<string, keyof GroupConsumerConfig>;

/** Throws as Kafka's consumer does where properties are wrong or contradict each other, and for what this one has not. */
export function consumerSettings(bootstrapServers: string, properties: Properties): ConsumerSettings {
  const values = new ConfigValues(properties);
  checkProtocol(values);
  const client = clientSettings(bootstrapServers, properties, FAILURE);
  const integers = Object.entries(INTEGERS).map(([key, name]) => [
    name,
    values.number(key, { fallback: GROUP_CONSUMER_DEFAULTS[name], type: "INT", min: MILLISECONDS_MIN }),
  ]);
  const consumer = {
    ...GROUP_CONSUMER_DEFAULTS,
    ...(Object.fromEntries(integers) as Pick<GroupConsumerConfig, (typeof INTEGERS)[keyof typeof INTEGERS]>),
    autoOffsetReset: autoOffsetReset(values),
    isolationLevel: values.oneOf("isolation.level", ["read_committed", "read_uncommitted"], "read_uncommitted"),
    clientRack: values.text("client.rack") ?? "",
    metadataMaxAgeMs: values.number("metadata.max.age.ms", { fallback: GROUP_CONSUMER_DEFAULTS.metadataMaxAgeMs, type: "LONG", min: 0 }),
    groupInstanceId: values.text("group.instance.id") ?? null,
    partitionAssignmentStrategy: assignors(values),
    maxPollIntervalMs: values.number("max.poll.interval.ms", { fallback: GROUP_CONSUMER_DEFAULTS.maxPollIntervalMs, type: "INT", min: 1 }),
    maxPollRecords: values.number("max.poll.records", { fallback: GROUP_CONSUMER_DEFAULTS.maxPollRecords, type: "INT", min: 1 }),
    enableAutoCommit: values.flag("enable.auto.commit", true),
  };
  if (consumer.heartbeatIntervalMs >= consumer.sessionTimeoutMs) {
    const cause = new JavaException("java.lang.IllegalArgumentException", "Heartbeat must be set lower than the session timeout");
    throw new JavaException("org.apache.kafka.common.KafkaException", FAILURE, { cause });
  }
  return {
    client: { ...client, client: { ...client.client, allowAutoCreateTopics: values.flag("allow.auto.create.topics", true) } },
    consumer,
    groupId: values.text("group.id"),
  };
}

function checkProtocol(values: ConfigValues): void {
  const text = values.text("group.protocol")?.trim() ?? "classic";
  const protocol = text.toUpperCase();
  if (!PROTOCOLS.includes(protocol))
    throw configException(`Invalid value ${text} for configuration group.protocol: String must be one of (case insensitive): ${PROTOCOLS.join(", ")}`);
  if (protocol !== "CLASSIC") throw configException(`group.protocol is ${text}: only classic is supported here.`);
}

function autoOffsetReset(values: ConfigValues): GroupConsumerConfig["autoOffsetReset"] {
  const text = values.text("auto.offset.reset")?.trim() ?? "latest";
  const reset = RESETS.find((name) => name === text);
  if (reset !== undefined) return reset;
  if (text.startsWith("by_duration:")) throw configException(`auto.offset.reset is ${text}: only earliest, latest and none are supported here.`);
  const key = `Invalid value ${text} for configuration auto.offset.reset`;
  const allowed = "The value must be either 'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'.";
  throw configException(`${key}: ${key.replace(text, `\`${text}\``)}. ${allowed}`);
}

function assignors(values: ConfigValues): readonly AssignorName[] {
  const text = values.text("partition.assignment.strategy");
  if (text === undefined) return GROUP_CONSUMER_DEFAULTS.partitionAssignmentStrategy;
  const names = text.split(",").map((name) => name.trim());
  return names.map((name) => {
    const assignor = ASSIGNOR_NAMES.get(name);
    if (assignor !== undefined && assignor in ASSIGNORS) return assignor;
    const missing = new JavaException("java.lang.ClassNotFoundException", name);
    const cause = new JavaException("org.apache.kafka.common.KafkaException", `${name} ClassNotFoundException exception occurred`, { cause: missing });
    throw new JavaException("org.apache.kafka.common.KafkaException", FAILURE, { cause });
  });
}
