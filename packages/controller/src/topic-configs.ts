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

/** What a list is where nobody has set it: something may be added to it, or taken away. Undefined for what is no list. */
export function topicListDefault(name: string): string | undefined {
  const config = TOPIC_CONFIGS.get(name);
  return config?.type.type === "LIST" ? config.default : undefined;
}
