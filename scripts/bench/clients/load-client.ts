import type { Address, LoadTopic, Throughput } from "@samsa/scenario-runner/load";

export const CLIENT_IDS = ["java", "kcat", "kafkajs", "ours"] as const;
export type ClientId = (typeof CLIENT_IDS)[number];

/** The same for every client, as far as it knows them. */
export const BATCH_BYTES = 131_072;
export const LINGER_MS = 5;

export interface LoadRun {
  readonly brokers: ReadonlyMap<number, Address>;
  readonly topic: LoadTopic;
  readonly recordBytes: number;
  readonly records: number;
  /** For clients that go by time. */
  readonly forMs: number;
}

export interface Latencies {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Produced extends Throughput {
  /** With those of the warm-up. */
  readonly sentBytes: number;
}

/** Reads what is written from now on, until it is stopped. */
export interface TailReader {
  stop(): Promise<Throughput>;
}

/** Writes without an end, and tells of each acknowledgement. */
export interface AckStream {
  stop(): Promise<void>;
}

/** A client that makes load; it has what it can do. */
export interface LoadClient {
  readonly id: ClientId;
  /** For the table. */
  readonly name: string;
  readonly produce?: (run: LoadRun, acks: -1 | 1) => Promise<Produced>;
  /** From the beginning of every partition. */
  readonly consume?: (run: LoadRun) => Promise<Throughput>;
  /** APIs without which `consume` can't be: a cluster may not have them yet. */
  readonly consumeNeeds?: ReadonlySet<number>;
  /** Resolves when it stands at the end of every partition. */
  readonly tail?: (run: LoadRun) => Promise<TailReader>;
  /** At 1000 records/s, acks=all. */
  readonly latency?: (run: LoadRun) => Promise<Latencies>;
  /** To a topic of one partition, acks=all, patient without an end. */
  readonly acknowledge?: (run: LoadRun, onAck: () => void) => AckStream;
}

export const RECORDS_PER_SECOND = 1000;

export const bootstrapOf = ({ brokers }: LoadRun): string => [...brokers.values()].map(({ host, port }) => `${host}:${port}`).join(",");

export function latenciesOf(sortedMs: readonly number[]): Latencies {
  const at = (share: number): number => sortedMs[Math.min(sortedMs.length - 1, Math.floor(share * sortedMs.length))] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
