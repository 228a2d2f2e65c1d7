import { type ConfigType, sizeFault, valueFault } from "./config-type.ts";

export interface GroupConfigDefinition {
  readonly type: ConfigType;
  /** The broker config that it goes by where it is not set, and whose default is its own. */
  readonly synonym: string;
  readonly default: string;
  readonly about: string;
}

const POSITIVE: ConfigType = { type: "INT", min: 1 };

/** Kafka's configs of a group, of those kinds of groups that there are here. */
export const GROUP_CONFIGS: ReadonlyMap<string, GroupConfigDefinition> = new Map([
  [
    "consumer.assignment.interval.ms",
    {
      type: { type: "INT", min: 0 },
      synonym: "group.consumer.assignment.interval.ms",
      default: "1000",
      about: "Shortest time between two assignments.",
    },
  ],
  [
    "consumer.heartbeat.interval.ms",
    { type: POSITIVE, synonym: "group.consumer.heartbeat.interval.ms", default: "5000", about: "Time between two heartbeats of a consumer." },
  ],
  [
    "consumer.session.timeout.ms",
    { type: POSITIVE, synonym: "group.consumer.session.timeout.ms", default: "45000", about: "Time without heartbeats after which a consumer is out." },
  ],
]);

/** What is wrong with one config of a group, in Kafka's words; undefined if nothing is. How large it may be depends on the broker that is asked. */
export function groupConfigError(name: string, value: string): string | undefined {
  const config = GROUP_CONFIGS.get(name);
  if (config === undefined) return `Unknown group config name: ${name}`;
  const wrong = sizeFault(value) ?? valueFault(config.type, value.trim());
  return wrong === undefined ? undefined : `Invalid value ${value} for configuration ${name}: ${wrong}`;
}
