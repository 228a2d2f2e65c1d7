import { FileGenerations } from "./file-generations.ts";
import { IndexCache } from "./index-cache.ts";
import { JobQueue } from "./job-queue.ts";
import { EPOCH_FILES_AT_A_TIME } from "./leader-epoch-file.ts";
import { COLD_READS_AT_A_TIME, INDEX_CACHE_BYTES } from "./log-config.ts";

/** What all logs of one node have together, so that its bounds hold for the node. */
export interface SharedResources {
  readonly generations: FileGenerations;
  readonly epochFiles: JobQueue;
  readonly coldReads: JobQueue;
  readonly indexCache: IndexCache;
}

export function sharedResources(): SharedResources {
  return {
    generations: new FileGenerations(),
    epochFiles: new JobQueue(EPOCH_FILES_AT_A_TIME),
    coldReads: new JobQueue(COLD_READS_AT_A_TIME),
    indexCache: new IndexCache(INDEX_CACHE_BYTES),
  };
}
