import { GROUP_CONFIGS } from "@samsa/controller";
import type { BrokerValues, Synonym } from "./broker-values.ts";
import { type ConfigEntry, ConfigSource, typeNumber } from "./config-entry.ts";
import { UNSET_GROUP_CONFIGS } from "./unset-resources.ts";

/** Every config of a group: what it was given, and else what this broker gives to groups. */
export function describeGroupConfigs(values: BrokerValues, overrides: ReadonlyMap<string, string>): readonly ConfigEntry[] {
  const described = [...GROUP_CONFIGS].map(([name, config]): ConfigEntry => {
    const own = overrides.get(name);
    const inherited = values.synonyms(config.synonym);
    const synonyms: readonly Synonym[] = own === undefined ? inherited : [{ name, value: own, source: ConfigSource.GROUP }, ...inherited];
    return {
      name,
      value: own ?? values.value(config.synonym) ?? config.default,
      readOnly: false,
      configSource: synonyms[0]?.source ?? ConfigSource.DEFAULT,
      isSensitive: false,
      synonyms,
      configType: typeNumber(config.type),
      documentation: config.about,
    };
  });
  return [...described, ...UNSET_GROUP_CONFIGS];
}
