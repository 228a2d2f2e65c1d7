import type { BrokerConfig } from "../config.ts";

type ConsumerConfig = BrokerConfig["groups"]["consumer"];

/** What is wrong with a value of a group's config here, in Kafka's words; undefined if nothing is, or it is none of those that have limits. */
export function groupLimitFault({ sessionTimeoutLimits, heartbeatIntervalLimits }: ConsumerConfig, name: string, value: string): string | undefined {
  if (!/^\s*-?\d+\s*$/.test(value)) return undefined;
  switch (name) {
    case "consumer.session.timeout.ms":
      return outside(name, Number(value), sessionTimeoutLimits);
    case "consumer.heartbeat.interval.ms":
      return outside(name, Number(value), heartbeatIntervalLimits);
    default:
      return undefined;
  }
}

function outside(name: string, value: number, { min, max }: ConsumerConfig["sessionTimeoutLimits"]): string | undefined {
  const bound = name.replace("consumer.", "");
  if (value < min) return `${name} must be greater than or equal to group.consumer.min.${bound}`;
  return value > max ? `${name} must be less than or equal to group.consumer.max.${bound}` : undefined;
}
