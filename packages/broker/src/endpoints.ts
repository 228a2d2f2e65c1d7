import type { BrokerRegistration, Endpoint } from "@samsa/metadata";

/** Where a broker is reached by those who came to this listener; undefined if it has no listener of that name. */
export function endpointOf(broker: BrokerRegistration | undefined, listener: string): Endpoint | undefined {
  return broker?.endpoints.find((endpoint) => endpoint.listener === listener);
}
