import { BROKER_CONFIGS } from "@samsa/controller";
import type { BrokerValues } from "./broker-values.ts";
import { type ConfigEntry, ConfigSource, typeNumber } from "./config-entry.ts";

/** Every config of this broker. What its file says and nobody knows may be a secret: its value is not shown. */
export function describeBrokerConfigs(values: BrokerValues): readonly ConfigEntry[] {
  return values.names.map((name) => describe(values, name, undefined));
}

/** What is set for all brokers, and nothing else. */
export function describeBrokerDefaults(values: BrokerValues, defaults: ReadonlyMap<string, string>): readonly ConfigEntry[] {
  return [...defaults.keys()].sort().map((name) => describe(values, name, ConfigSource.ALL_BROKERS));
}

/** `only`: values from there. */
function describe(values: BrokerValues, name: string, only: ConfigSource | undefined): ConfigEntry {
  const config = BROKER_CONFIGS.get(name);
  const isSensitive = config === undefined;
  const known = values.synonyms(name).filter(({ source }) => only === undefined || source === only);
  const value = only === undefined ? values.value(name) : known[0]?.value;
  return {
    name,
    value: isSensitive ? null : (value ?? null),
    readOnly: config?.isDynamic !== true,
    configSource: known[0]?.source ?? ConfigSource.DEFAULT,
    isSensitive,
    synonyms: known.map((synonym) => ({ ...synonym, value: isSensitive ? null : synonym.value })),
    configType: typeNumber(config?.type),
    documentation: config?.about ?? null,
  };
}
