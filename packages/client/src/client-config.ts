/** Where a broker can be reached. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Settings of one client under Kafka's names; defaults are Kafka's unless said otherwise. */
export interface ClientConfig {
  readonly clientId: string;
  /** Any of them may be down; at least one. */
  readonly bootstrap: readonly Endpoint[];
  /** Seeds the jitter and the choice of brokers. */
  readonly seed: number;
  readonly requestTimeoutMs: number;
  readonly socketConnectionSetupTimeoutMs: number;
  readonly reconnectBackoffMs: number;
  readonly reconnectBackoffMaxMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  readonly metadataMaxAgeMs: number;
  /** `allow.auto.create.topics`: a topic that is wanted and not there is asked for, where the brokers make such ones (not Kafka's default). */
  readonly allowAutoCreateTopics: boolean;
}

export const CLIENT_DEFAULTS = {
  clientId: "samsa-client",
  requestTimeoutMs: 30_000,
  socketConnectionSetupTimeoutMs: 10_000,
  reconnectBackoffMs: 50,
  reconnectBackoffMaxMs: 1000,
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1000,
  metadataMaxAgeMs: 300_000,
  allowAutoCreateTopics: false,
} as const satisfies Partial<ClientConfig>;

/** What must be given; the rest has defaults. */
export type ClientOptions = Pick<ClientConfig, "bootstrap" | "seed"> & Partial<ClientConfig>;

export const clientConfig = (options: ClientOptions): ClientConfig => ({ ...CLIENT_DEFAULTS, ...options });
