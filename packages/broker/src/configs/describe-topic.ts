import { TOPIC_CONFIGS } from "@samsa/controller";
import type { BrokerValues, Synonym } from "./broker-values.ts";
import { type ConfigEntry, ConfigSource, typeNumber } from "./config-entry.ts";

/** Every config of a topic, with what this broker makes of those that it does not have itself. */
export function describeTopicConfigs(values: BrokerValues, overrides: ReadonlyMap<string, string>): readonly ConfigEntry[] {
  return [...TOPIC_CONFIGS].map(([name, config]): ConfigEntry => {
    const own = overrides.get(name);
    const inherited = config.synonym === undefined ? [] : values.synonyms(config.synonym);
    const synonyms: readonly Synonym[] = own === undefined ? inherited : [{ name, value: own, source: ConfigSource.TOPIC }, ...inherited];
    const fallback = config.synonym === undefined ? undefined : values.topicDefault(config.synonym);
    return {
      name,
      value: own ?? fallback ?? config.default,
      readOnly: false,
      configSource: synonyms[0]?.source ?? ConfigSource.DEFAULT,
      isSensitive: false,
      synonyms,
      configType: typeNumber(config.type),
      documentation: config.about,
    };
  });
}
