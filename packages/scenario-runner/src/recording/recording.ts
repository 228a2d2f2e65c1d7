import type { Fault } from "@samsa/world";
import type { Band } from "./band.ts";

/** Acknowledgements and errors are counted for each tenth of a second. */
export const BUCKET_MS = 100;

/** Nobody leads, nobody is the active controller, as far as it was told. */
export const NOBODY = -1;

/**
 * | state | a broker | a node that is a controller only |
 * |---|---|---|
 * | starting | its process runs, the controller has not taken it into service yet | it does not know the leader of the quorum yet |
 * | in-service | unfenced: it may lead | it knows the leader of the quorum |
 * | out-of-service | fenced | it knows the leader no more |
 * | stopping | it was told to end, and is still there | the same |
 * | down | there is no process | the same |
 */
export type NodeState = "starting" | "in-service" | "out-of-service" | "stopping" | "down";

export interface NodeRecord {
  readonly id: number;
  /** `broker 2`, or `controller 5`. */
  readonly name: string;
  readonly isBroker: boolean;
  readonly isController: boolean;
  readonly states: readonly Band<NodeState>[];
}

export interface Leadership {
  /** `NOBODY`: the partition is offline. */
  readonly leader: number;
  readonly leaderEpoch: number;
}

export interface Stillness {
  readonly fromMs: number;
  /** Of the acknowledgement that ended it; where none did, of the load's end. */
  readonly toMs: number;
  /** No acknowledgement ended it before the load did. */
  readonly isOpen: boolean;
}

export interface PartitionRecord {
  /** `orders-0`. */
  readonly name: string;
  readonly leaders: readonly Band<Leadership>[];
  readonly isr: readonly Band<readonly number[]>[];
  /** Records that were acknowledged, for each `BUCKET_MS` from 0 on. */
  readonly acked: readonly number[];
  /** Batches that the producer gave up, for each `BUCKET_MS` from 0 on. */
  readonly errors: readonly number[];
  /** Given up after the picture's end: while the producer's last batches were waited for. */
  readonly errorsAfter: number;
  /** All of them by Kafka's name of the error. */
  readonly errorNames: Readonly<Record<string, number>>;
  /** The longest time without an acknowledgement since the first one, of those that ended after the first fault. */
  readonly longestGap: Stillness | undefined;
}

/** Answers with an error after which the producer tried again, whatever the partition: clients don't always say which. */
export interface RefusalRecord {
  /** For each `BUCKET_MS` from 0 on. */
  readonly counts: readonly number[];
  /** All of them by Kafka's name of the error, also those behind the picture's end. */
  readonly names: Readonly<Record<string, number>>;
}

export interface FaultRecord {
  readonly type: Fault["type"];
  /** Whom it struck; none: every node. */
  readonly nodes: readonly number[];
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** It lasted until the end. */
  readonly isOpen: boolean;
}

/** A run as data: who led, who was in sync, what was acknowledged, and what went wrong, from 0 to `endMs`. */
export interface Recording {
  readonly bucketMs: number;
  /** The load's end, or the last acknowledgement where that came later. */
  readonly endMs: number;
  /** When the producer began, and when it was told to stop; undefined if it never began. */
  readonly load: { readonly fromMs: number; readonly toMs: number } | undefined;
  readonly nodes: readonly NodeRecord[];
  readonly controllers: readonly Band<number>[];
  readonly partitions: readonly PartitionRecord[];
  readonly refusals: RefusalRecord;
  readonly faults: readonly FaultRecord[];
}
