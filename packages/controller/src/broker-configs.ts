import { BROKER_CONFIGS } from "./broker-config-table.ts";
import { sizeFault, valueFault } from "./config-type.ts";
import { unsupportedTopicConfig } from "./topic-config-support.ts";
import { TOPIC_CONFIGS } from "./topic-config-table.ts";

export const isDynamicBrokerConfig = (name: string): boolean => BROKER_CONFIGS.get(name)?.isDynamic === true;

/** What is wrong with a value of a broker's config, in Kafka's words, or not supported yet; undefined if nothing is. */
export function brokerConfigError(name: string, value: string): string | undefined {
  const config = BROKER_CONFIGS.get(name);
  const wrong = config === undefined ? "it is not known" : (valueFault(config.type, value.trim()) ?? unsupported(name, value));
  return wrong === undefined ? undefined : `Invalid value ${value} for configuration ${name}: ${wrong}`;
}

/** A limit that nobody would keep must not look as if it were kept. */
const UNSUPPORTED = "max.connection.creation.rate";

const TOPIC_NAMES: ReadonlyMap<string, string> = new Map([...TOPIC_CONFIGS].map(([name, { synonym }]) => [synonym ?? "", name]));

/** As for one topic, so for the default of all. */
function unsupported(name: string, value: string): string | undefined {
  if (name === UNSUPPORTED)
    return value.trim() === BROKER_CONFIGS.get(name)?.default ? undefined : "Samsa does not support it yet: connections are made at any rate";
  const topicConfig = TOPIC_NAMES.get(name);
  return topicConfig === undefined ? undefined : unsupportedTopicConfig(topicConfig, value);
}

/** Configs of which all nodes must come to the same answer (KAFKA-16540). */
const SAME_FOR_ALL = "min.insync.replicas";

/** Why a change of this config must not be, or can't be kept: `brokerName` is "" for the cluster-wide default. */
export function forbiddenBrokerConfig(name: string, value: string | null, brokerName: string): string | undefined {
  if (brokerName !== "" && value !== null && name === SAME_FOR_ALL) return `Broker-level ${name} cannot be altered while ELR is enabled.`;
  if (brokerName === "" && value === null && name === SAME_FOR_ALL) return `Cluster-level ${name} cannot be removed while ELR is enabled.`;
  return value === null ? undefined : sizeFault(value);
}

/** What a list is where nobody has set it: something may be added to it, or taken away. Undefined for what is no list. */
export function brokerListDefault(name: string): string | undefined {
  const config = BROKER_CONFIGS.get(name);
  return config?.type.type === "LIST" ? (config.default ?? "") : undefined;
}
