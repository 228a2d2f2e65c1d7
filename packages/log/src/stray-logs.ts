import type { Now, Uuid } from "@samsa/stdx";
import type { Completable, Completion, DirectoryEntry, Outbox } from "@samsa/world";
import type { FileGenerations } from "./file-generations.ts";
import { PARTITION_METADATA } from "./log-file-names.ts";
import { decodePartitionMetadata } from "./partition-metadata.ts";

/** A directory that says whose partition it holds. */
export interface StrayLog {
  readonly directory: string;
  readonly topicId: Uuid;
  readonly partition: number;
}

export interface StrayLogsOptions {
  readonly outbox: Outbox;
  readonly generations: FileGenerations;
  /** Of the log directory that is looked into, as effects name it. */
  readonly root: string;
  /** A log is open there, or is being deleted: it is nobody else's to look into. Asked when the directory's turn comes, and once more at its end. */
  readonly isInUse: (directory: string) => boolean;
  readonly found: (stray: StrayLog, now: Now) => void;
  readonly failed: (detail: string, now: Now) => void;
}

const LOG_DIRECTORY = /^.+-(\d{1,10})$/;
/** Its name is that of a partition's directory, and it never is one's. */
const METADATA_LOG = "__cluster_metadata-0";
/** `partition.metadata` is a line or two; a larger file is not ours. */
const METADATA_BYTES_MAX = 4096;

const isOfPartition = ({ name, isDirectory }: DirectoryEntry): boolean => isDirectory && name !== METADATA_LOG && LOG_DIRECTORY.test(name);

/**
 * Looks, once at start, for what is left of partitions that this node does not hold any more: their topic was deleted while it was
 * down (KAFKA-14616). One directory at a time. What does not say whose it is stays as it is.
 *
 *     listing the data directory ──▶ listing one ──partition.metadata──▶ reading it ──▶ found ──▶ the next
 */
export class StrayLogs implements Completable {
  private readonly options: StrayLogsOptions;
  private directories: string[] = [];
  private current: string | undefined;

  constructor(options: StrayLogsOptions) {
    this.options = options;
  }

  start(): void {
    this.options.outbox.request({ type: "list", path: this.options.root }, this);
  }

  complete(completion: Completion, now: Now): void {
    if (completion.type === "failed" && completion.error.code !== "ENOENT")
      return this.options.failed(`looking for stray logs: ${completion.error.code} ${completion.error.detail}`, now);
    const { current } = this;
    if (current === undefined) this.listed(completion.type === "listed" ? completion.entries : []);
    else if (completion.type === "listed") this.look(current, completion.entries);
    else if (completion.type === "read") this.identified(current, completion.bytes, now);
    else this.next();
  }

  private listed(entries: readonly DirectoryEntry[]): void {
    this.directories = entries.filter(isOfPartition).map(({ name }) => (this.options.root === "" ? name : `${this.options.root}/${name}`));
    this.next();
  }

  private next(): void {
    for (let directory = this.directories.pop(); directory !== undefined; directory = this.directories.pop()) {
      if (this.options.isInUse(directory)) continue;
      this.current = directory;
      this.options.outbox.request({ type: "list", path: directory }, this);
      return;
    }
  }

  private look(directory: string, entries: readonly DirectoryEntry[]): void {
    const { outbox, generations } = this.options;
    const metadata = entries.find(({ name }) => name === PARTITION_METADATA);
    if (metadata === undefined || metadata.size === 0 || metadata.size > METADATA_BYTES_MAX) return this.next();
    const path = `${directory}/${PARTITION_METADATA}`;
    outbox.request({ type: "read", slice: { path, position: 0, length: metadata.size, generation: generations.of(path) } }, this);
  }

  private identified(directory: string, bytes: Uint8Array, now: Now): void {
    const topicId = decodePartitionMetadata(bytes);
    const partition = Number(LOG_DIRECTORY.exec(directory)?.[1]);
    if (topicId !== undefined && !this.options.isInUse(directory)) this.options.found({ directory, topicId, partition }, now);
    this.next();
  }
}
