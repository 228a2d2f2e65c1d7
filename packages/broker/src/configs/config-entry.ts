import type { ConfigType } from "@samsa/controller";
import type { DescribeConfigsResponse } from "@samsa/protocol";

/** One config as it is described. */
export type ConfigEntry = DescribeConfigsResponse["results"][number]["configs"][number];

/** Where a value comes from, as DescribeConfigs and CreateTopics number it (KIP-226). */
export const ConfigSource = { TOPIC: 1, BROKER: 2, ALL_BROKERS: 3, FILE: 4, DEFAULT: 5, GROUP: 8 } as const;
export type ConfigSource = (typeof ConfigSource)[keyof typeof ConfigSource];

/** Types of values as DescribeConfigs numbers them (KIP-569). */
const TYPE_NUMBERS: Readonly<Record<ConfigType["type"], number>> = { BOOLEAN: 1, STRING: 2, INT: 3, SHORT: 4, LONG: 5, DOUBLE: 6, LIST: 7 };
const UNKNOWN_TYPE = 0;

export const typeNumber = (config: ConfigType | undefined): number => (config === undefined ? UNKNOWN_TYPE : TYPE_NUMBERS[config.type]);
