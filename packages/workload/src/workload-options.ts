import type { GroupLoad } from "./group-load.ts";
import type { ClientOptions, ConsumerConfig, Endpoint, NewTopic, ProducerConfig } from "@samsa/client";

/** When records are sent, by all producers together. */
export type Pace =
  /** Evenly, with jitter. */
  | { readonly type: "rate"; readonly recordsPerSecond: number }
  /** So many at once, then silence: each to a partition drawn for it, or all of a burst to one, and so as one batch. */
  | { readonly type: "bursts"; readonly records: number; readonly everyMs: number; readonly isToOnePartition?: boolean };

export interface WorkloadOptions {
  /** Tells this run's records from others'. */
  readonly runId: string;
  readonly seed: number;
  readonly bootstrap: readonly Endpoint[];
  readonly topic: NewTopic;
  /** How long the cluster may take to create the topic. */
  readonly createTimeoutMs: number;
  /** Each is a process of its own with its own connections, and sends to all partitions. */
  readonly producers: number;
  /** Processes that read all partitions while records are written. */
  readonly consumers: number;
  /** How often the reading processes ask for the end of every partition; without it they never do. */
  readonly asksEndsEveryMs?: number;
  /** Groups that read the topic besides; every member is a process of its own. */
  readonly groups: readonly GroupLoad[];
  /** How long the groups may take, when all was sent and read back, until they have read it, too, and are at rest; and half of that to be handed over. */
  readonly groupSettleTimeoutMs: number;
  readonly pace: Pace;
  /** After so many the workload finishes by itself; without it, when `finish` is called. */
  readonly totalRecords?: number;
  /** Bytes that every record carries besides what it says of itself. */
  readonly paddingBytes: number;
  readonly producer: Partial<ProducerConfig>;
  readonly consumer: Partial<ConsumerConfig>;
  /** Time-outs of all clients. */
  readonly client: Partial<Omit<ClientOptions, "bootstrap" | "seed">>;
  /** How long the end of every partition must stand still before it is read up to there. */
  readonly settleMs: number;
  /** How long the final read may take altogether; what was not reached by then gives no evidence. */
  readonly finalReadTimeoutMs: number;
  /** The node ends with code 0 when the workload is over (1 if it could not begin). */
  readonly exitsWhenDone: boolean;
}

export const WORKLOAD_DEFAULTS = {
  createTimeoutMs: 60_000,
  producers: 2,
  consumers: 1,
  groups: [],
  groupSettleTimeoutMs: 60_000,
  pace: { type: "rate", recordsPerSecond: 100 },
  paddingBytes: 0,
  producer: {},
  consumer: {},
  client: {},
  settleMs: 1000,
  finalReadTimeoutMs: 60_000,
  exitsWhenDone: false,
} as const satisfies Partial<WorkloadOptions>;

/** What must be given; the rest has defaults. */
export type WorkloadInput = Pick<WorkloadOptions, "runId" | "seed" | "bootstrap" | "topic"> & Partial<WorkloadOptions>;

export const workloadOptions = (input: WorkloadInput): WorkloadOptions => ({ ...WORKLOAD_DEFAULTS, ...input });
