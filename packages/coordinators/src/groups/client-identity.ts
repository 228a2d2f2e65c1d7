/** Who asks, as far as a group cares. */
export interface ClientIdentity {
  /** Empty where the request has none. */
  readonly clientId: string;
  /** As Kafka shows it: `/127.0.0.1`. */
  readonly clientHost: string;
  /** Of the request. */
  readonly apiVersion: number;
}
