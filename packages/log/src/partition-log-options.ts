import type { CompressionPorts } from "@samsa/protocol/records";
import type { Uuid } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";
import type { FileGenerations } from "./file-generations.ts";
import type { IndexCache } from "./index-cache.ts";
import type { JobQueue } from "./job-queue.ts";
import type { LogConfig } from "./log-config.ts";
import type { PartitionLogListener } from "./log-results.ts";

export interface PartitionLogOptions {
  /** `orders-0`, relative to the node's data directory. */
  readonly directory: string;
  readonly topic: string;
  readonly partition: number;
  readonly topicId: Uuid;
  readonly outbox: Outbox;
  readonly listener: PartitionLogListener;
  readonly config: LogConfig;
  /** Shared by all logs of a node that may use the same directory one after the other. */
  readonly generations?: FileGenerations;
  /** Shared by all logs of a node. */
  readonly epochFiles?: JobQueue;
  /** Shared by all logs of a node. */
  readonly indexCache?: IndexCache;
  /** Shared by all logs of a node. */
  readonly coldReads?: JobQueue;
  /** Unsynced writes of an earlier process may be gone: see `LogRecovery`. False if left out. */
  readonly hasLostPageCache?: boolean;
  /** Of the partition, by `recovery-point-offset-checkpoint`; left out: everything is read at the start. */
  readonly recoveryPoint?: number | undefined;
  /** Of the partition, by `log-start-offset-checkpoint`: records before it were deleted. As far as the log has them; left out: where its first segment begins. */
  readonly logStartOffset?: number | undefined;
  /** Of the partition, by `cleaner-offset-checkpoint`: before it the log is compacted; left out: nobody knows. */
  readonly cleanedEnd?: number | undefined;
  /** The last process stopped in order: nothing has to be read at the start but what a few files tell. False if left out. */
  readonly isCleanStop?: boolean;
  /** Instead of `TAIL_CACHE_BYTES`. */
  readonly tailCacheBytes?: number;
  /** To look for timestamps and keys in compressed batches. */
  readonly compression?: CompressionPorts;
}
