import { BROKER_CONFIGS } from "@samsa/controller";
import type { MetadataImage } from "@samsa/metadata";
import type { BrokerConfig } from "../config.ts";
import { ConfigSource } from "./config-entry.ts";

/** One of the values that a config has, of which the first counts. Of another name where that stands for the same. */
export interface Synonym {
  readonly name: string;
  readonly value: string;
  readonly source: ConfigSource;
}

/** Keys that say the same in other units, the most exact first. */
const UNITS: readonly (readonly string[])[] = [
  ["log.retention.ms", "log.retention.minutes", "log.retention.hours"],
  ["log.roll.ms", "log.roll.hours"],
  ["log.roll.jitter.ms", "log.roll.jitter.hours"],
  ["log.flush.interval.ms", "log.flush.scheduler.interval.ms"],
];
const UNITS_BY_NAME: ReadonlyMap<string, readonly string[]> = new Map(UNITS.flatMap((names) => names.map((name) => [name, names])));

/** Defaults of what a file may leave out. */
const DEFAULTS: ReadonlyMap<string, string> = new Map(
  [...BROKER_CONFIGS].flatMap(([name, config]) => (config.default === null ? [] : [[name, config.default]])),
);

/** This broker's configs, by where they come from: its own dynamic ones, those of all brokers, its file's, and the defaults. */
export class BrokerValues {
  private readonly layers: readonly (readonly [ConfigSource, ReadonlyMap<string, string>])[];

  constructor({ nodeId, properties }: BrokerConfig, image: MetadataImage) {
    this.layers = [
      [ConfigSource.BROKER, image.brokerConfig(nodeId)],
      [ConfigSource.ALL_BROKERS, image.brokerConfig("default")],
      [ConfigSource.FILE, properties],
      [ConfigSource.DEFAULT, DEFAULTS],
    ];
  }

  /** Every name that has a value here, or could have one. */
  get names(): readonly string[] {
    const listed = [...BROKER_CONFIGS].filter(([, { isDynamicOnly }]) => isDynamicOnly !== true).map(([name]) => name);
    return [...new Set([...listed, ...this.layers.flatMap(([, values]) => [...values.keys()])])].sort();
  }

  value(name: string): string | undefined {
    for (const [, values] of this.layers) {
      const value = values.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** As Kafka: other names count behind a value of the config's own name only. */
  synonyms(name: string): readonly Synonym[] {
    const found: Synonym[] = [];
    for (const [source, values] of this.layers) {
      for (const other of UNITS_BY_NAME.get(name) ?? [name]) {
        const value = values.get(other);
        if (value !== undefined && (found.length > 0 || other === name)) found.push({ name: other, value, source });
      }
    }
    return found;
  }

  /** What topics without a value of their own go by: undefined for their own default. */
  topicDefault(name: string): string | undefined {
    for (const [other, unitMs] of [[name, 1], ...(COARSER.get(name) ?? [])] as const) {
      const value = this.value(other);
      if (value !== undefined) return unitMs === 1 ? value : String(Math.max(-1, Number(value) * unitMs));
    }
    return undefined;
  }
}

const HOUR_MS = 3_600_000;
const COARSER: ReadonlyMap<string, readonly (readonly [name: string, unitMs: number])[]> = new Map([
  ["log.retention.ms", [["log.retention.minutes", 60_000] as const, ["log.retention.hours", HOUR_MS] as const]],
  ["log.roll.ms", [["log.roll.hours", HOUR_MS] as const]],
  ["log.roll.jitter.ms", [["log.roll.jitter.hours", HOUR_MS] as const]],
  ["log.flush.interval.ms", [["log.flush.scheduler.interval.ms", 1] as const]],
]);
