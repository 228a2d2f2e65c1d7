import { type ConfigType, sizeFault, valueFault } from "./config-type.ts";

interface BrokerConfig {
  readonly type: ConfigType;
  /** Whether one broker may have another value than the rest of the cluster. */
  readonly isPerBroker: boolean;
}

const perBroker = (type: ConfigType): BrokerConfig => ({ type, isPerBroker: true });

/** Kafka's broker configs that can be set while brokers run, with their types and ranges, as far as Samsa goes by them. */
const BROKER_CONFIGS: ReadonlyMap<string, BrokerConfig> = new Map([
  ["log.flush.interval.messages", perBroker({ type: "LONG", min: 1 })],
  ["log.flush.interval.ms", perBroker({ type: "LONG", min: 0 })],
  ["log.message.timestamp.after.max.ms", perBroker({ type: "LONG", min: 0 })],
  ["log.message.timestamp.before.max.ms", perBroker({ type: "LONG", min: 0 })],
  ["log.message.timestamp.type", perBroker({ type: "STRING", oneOf: ["CreateTime", "LogAppendTime"] })],
  ["log.segment.bytes", perBroker({ type: "INT", min: 1_048_576 })],
  ["message.max.bytes", perBroker({ type: "INT", min: 0 })],
  // All nodes must come to the same answer (KAFKA-16540).
  ["min.insync.replicas", { type: { type: "INT", min: 1 }, isPerBroker: false }],
  ["unclean.leader.election.enable", perBroker({ type: "BOOLEAN" })],
]);

export const isDynamicBrokerConfig = (name: string): boolean => BROKER_CONFIGS.has(name);

/** What is wrong with a broker's config, in Kafka's words; undefined if nothing is. */
export function brokerConfigError(name: string, value: string): string | undefined {
  const tooLong = sizeFault(value);
  if (tooLong !== undefined) return tooLong;
  const config = BROKER_CONFIGS.get(name);
  const wrong = config === undefined ? "it is not known" : valueFault(config.type, value.trim());
  return wrong === undefined ? undefined : `Invalid value ${value} for configuration ${name}: ${wrong}`;
}

/** Why a change of this config must not be, whatever the value: `brokerName` is "" for the cluster-wide default. */
export function forbiddenBrokerConfig(name: string, value: string | null, brokerName: string): string | undefined {
  if (brokerName !== "" && value !== null && BROKER_CONFIGS.get(name)?.isPerBroker === false)
    return `Broker-level ${name} cannot be altered while ELR is enabled.`;
  if (brokerName === "" && value === null && name === "min.insync.replicas") return "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.";
  return undefined;
}
