import type { FeatureRange } from "./records.ts";

/** Kafka's name of the level that its clients and tools ask for. */
export const METADATA_VERSION = "metadata.version";

/**
 * What this software can work with. `metadata.version` counts as Apache Kafka's does (7 is 3.3-IV3, 30 is 4.3-IV0), for tools that show it;
 * `samsa.version` counts the forms of our own records and messages.
 */
export const SUPPORTED_FEATURES: readonly FeatureRange[] = [
  { name: METADATA_VERSION, minLevel: 7, maxLevel: 30 },
  { name: "samsa.version", minLevel: 1, maxLevel: 1 },
];
