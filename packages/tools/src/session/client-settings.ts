import type { ClientOptions, Endpoint } from "@samsa/client";
import { JavaException } from "../java-exception.ts";
import { configException } from "./config-values.ts";

/** What a client is told by `--command-config` and `--bootstrap-server`. */
export interface ClientSettings {
  readonly client: Omit<ClientOptions, "seed">;
  /** `default.api.timeout.ms`: for all attempts of one request. */
  readonly apiTimeoutMs: number;
}

const API_TIMEOUT_MS = 60_000;

/** Whole milliseconds, by Kafka's name. */
const MILLISECONDS = {
  "request.timeout.ms": "requestTimeoutMs",
  "retry.backoff.ms": "retryBackoffMs",
  "retry.backoff.max.ms": "retryBackoffMaxMs",
  "reconnect.backoff.ms": "reconnectBackoffMs",
  "reconnect.backoff.max.ms": "reconnectBackoffMaxMs",
  "socket.connection.setup.timeout.ms": "socketConnectionSetupTimeoutMs",
  "metadata.max.age.ms": "metadataMaxAgeMs",
} as const satisfies Record<string, keyof ClientOptions>;

/**
 * Throws where a value is none, or asks for what this client can't do. Keys that mean nothing to it are passed over, as Kafka's tools do. `failure`: what
 * Kafka says where there is no address to begin with.
 */
export function clientSettings(
  bootstrapServers: string,
  properties: ReadonlyMap<string, string>,
  failure = "Failed to create new KafkaAdminClient",
): ClientSettings {
  const protocol = properties.get("security.protocol") ?? "PLAINTEXT";
  if (protocol !== "PLAINTEXT") throw configException(`security.protocol is ${protocol}: only PLAINTEXT is supported here.`);
  const times = Object.entries(MILLISECONDS).flatMap(([key, name]) => {
    const text = properties.get(key);
    return text === undefined ? [] : [[name, millisecondsOf(key, text)] as const];
  });
  const apiTimeout = properties.get("default.api.timeout.ms");
  return {
    client: { clientId: properties.get("client.id") ?? "adminclient-1", bootstrap: endpointsOf(bootstrapServers, failure), ...Object.fromEntries(times) },
    apiTimeoutMs: apiTimeout === undefined ? API_TIMEOUT_MS : millisecondsOf("default.api.timeout.ms", apiTimeout),
  };
}

function millisecondsOf(key: string, text: string): number {
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text.trim()) || !Number.isSafeInteger(value))
    throw configException(`Invalid value ${text} for configuration ${key}: Not a number of type INT`);
  if (value < 0) throw configException(`Invalid value ${text} for configuration ${key}: Value must be at least 0`);
  return value;
}

/** `host:port,[::1]:port`. */
function endpointsOf(text: string, failure: string): readonly Endpoint[] {
  const urls = text.split(",").map((url) => url.trim());
  const given = urls.filter((url) => url !== "");
  if (given.length === 0) throw uselessAddress(failure, "No resolvable bootstrap urls given in bootstrap.servers");
  return given.map((url) => {
    const match = /^(?:[A-Za-z_]+:\/\/)?(?:\[([^\]]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(url);
    const port = Number(match?.[3]);
    if (match === null || port > 65_535) throw uselessAddress(failure, `Invalid url in bootstrap.servers: ${url}`);
    return { host: match[1] ?? match[2] ?? "", port };
  });
}

const uselessAddress = (failure: string, message: string): JavaException =>
  new JavaException("org.apache.kafka.common.KafkaException", failure, { cause: configException(message) });
