import { sizeFault, valueFault } from "./config-type.ts";
import { unsupportedTopicConfig } from "./topic-config-support.ts";
import { TOPIC_CONFIGS } from "./topic-config-table.ts";

/** What is wrong with one config of a topic, in Kafka's words, or not supported yet; undefined if nothing is. */
export function topicConfigError(name: string, value: string): string | undefined {
  const config = TOPIC_CONFIGS.get(name);
  if (config === undefined) return `Unknown topic config name: ${name}`;
  const tooLong = sizeFault(value);
  if (tooLong !== undefined) return tooLong;
  const wrong = valueFault(config.type, value.trim()) ?? unsupportedTopicConfig(name, value);
  return wrong === undefined ? undefined : `Invalid value ${value} for configuration ${name}: ${wrong}`;
}

const MIN_LAG = "min.compaction.lag.ms";
const MAX_LAG = "max.compaction.lag.ms";

/**
 * What is wrong with a topic's configs together, each of which is sound, in Kafka's words; undefined if nothing is. `defaults`: of the whole cluster, which
 * count for what the topic does not say. What brokers' files say of theirs is not known here.
 */
export function topicConfigsConflict(configs: ReadonlyMap<string, string | null>, defaults: ReadonlyMap<string, string>): string | undefined {
  const [min, max] = [MIN_LAG, MAX_LAG].map((name) => effectiveInteger(name, configs, defaults));
  if (min === undefined || max === undefined || min <= max) return undefined;
  return `conflict topic config setting ${MIN_LAG} (${min}) > ${MAX_LAG} (${max})`;
}

function effectiveInteger(name: string, configs: ReadonlyMap<string, string | null>, defaults: ReadonlyMap<string, string>): bigint | undefined {
  const config = TOPIC_CONFIGS.get(name);
  const text = configs.get(name) ?? defaults.get(config?.synonym ?? name) ?? config?.default;
  return text === undefined || text === null ? undefined : BigInt(text.trim().replace(/^\+/, ""));
}

/** What a list is where nobody has set it: something may be added to it, or taken away. Undefined for what is no list. */
export function topicListDefault(name: string): string | undefined {
  const config = TOPIC_CONFIGS.get(name);
  return config?.type.type === "LIST" ? config.default : undefined;
}
