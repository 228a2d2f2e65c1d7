import type { ConsumerGroupConfig } from "../group-config.ts";

/** What a group may have otherwise than the broker says. */
export type GroupSettings = Pick<ConsumerGroupConfig, "sessionTimeoutMs" | "heartbeatIntervalMs" | "assignmentIntervalMs">;

/** `overrides`: the group's own configs, by Kafka's names. They were looked at when they were set. */
export function settingsOf(config: ConsumerGroupConfig, overrides: ReadonlyMap<string, string>): GroupSettings {
  const own = (name: string, otherwise: number): number => {
    const value = Number(overrides.get(name));
    return Number.isSafeInteger(value) ? value : otherwise;
  };
  return {
    sessionTimeoutMs: own("consumer.session.timeout.ms", config.sessionTimeoutMs),
    heartbeatIntervalMs: own("consumer.heartbeat.interval.ms", config.heartbeatIntervalMs),
    assignmentIntervalMs: own("consumer.assignment.interval.ms", config.assignmentIntervalMs),
  };
}
