import type { ConfigType } from "./config-type.ts";

/** What a broker config is: see `BROKER_CONFIGS`. */
export interface BrokerConfigDefinition {
  readonly type: ConfigType;
  /** null: it has no value unless it is given one. */
  readonly default: string | null;
  /** Whether it may change while brokers run, of one or of all; else with a restart only. */
  readonly isDynamic: boolean;
  /** There is no such key for a file: it is shown where it is set, and only there. */
  readonly isDynamicOnly?: true;
  /** For `DescribeConfigs`, one sentence. */
  readonly about: string;
}
