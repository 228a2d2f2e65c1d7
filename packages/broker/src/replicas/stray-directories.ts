import { type FileGenerations, LogSetAside, StrayLogs, strayDirectory } from "@samsa/log";
import type { NodeId, Now, Uuid } from "@samsa/stdx";
import type { MetadataImage } from "@samsa/metadata";
import { inLogDirectory, type Outbox, placedPath } from "@samsa/world";
import type { HostedReplica } from "./hosted-replica.ts";
import type { LogDeletions } from "./log-deletions.ts";

export interface StrayDirectoriesOptions {
  readonly self: NodeId;
  readonly outbox: Outbox;
  readonly generations: FileGenerations;
  readonly deletions: LogDeletions;
  /** The newest that was applied. */
  readonly image: () => MetadataImage;
  readonly hosted: (topicId: Uuid, partition: number) => HostedReplica | undefined;
  /** The log directory can't be looked through. */
  readonly failed: (index: number, detail: string, now: Now) => void;
}

/** Moves out of the way what lies in log directories and is no partition of this broker's. */
export class StrayDirectories {
  private readonly options: StrayDirectoriesOptions;

  constructor(options: StrayDirectoriesOptions) {
    this.options = options;
  }

  /**
   * What was deleted while this broker was down: its registration is applied, so that the metadata know it no more, or never did. And what was
   * begun anew elsewhere while this log directory was away. `inUse`: directories that are no strays.
   */
  look(index: number, inUse: ReadonlySet<string>): void {
    const { self, outbox, generations, deletions, image, hosted, failed } = this.options;
    new StrayLogs({
      outbox,
      generations,
      root: inLogDirectory(index, ""),
      isInUse: (directory) => inUse.has(directory) || deletions.has(placedPath(directory).path) || this.isOpen(directory),
      found: ({ directory, topicId, partition }) => {
        const place = hosted(topicId, partition)?.log.directory ?? directory;
        if (place === directory && image().partition(topicId, partition)?.replicas.includes(self) === true) return;
        this.setAside(directory, topicId);
      },
      failed: (detail, now) => failed(index, detail, now),
    }).start();
  }

  /**
   * Not deleted: 1. all controllers lose their disks and begin anew, 2. every broker registers with metadata that know no topic, 3. each
   * would delete all records there are, though they are the last that is left of the cluster.
   */
  setAside(directory: string, topicId: Uuid): void {
    const { outbox, deletions } = this.options;
    outbox.trace({ kind: "stray-log", path: directory, topicId, movedTo: strayDirectory(directory, topicId) });
    deletions.add({ directory, start: (done, failed) => new LogSetAside({ outbox, directory, topicId, done, failed }).start() });
  }

  private isOpen(directory: string): boolean {
    const { path: name } = placedPath(directory);
    const at = name.lastIndexOf("-");
    const topic = this.options.image().topicByName(name.slice(0, at));
    return topic !== undefined && this.options.hosted(topic.topicId, Number(name.slice(at + 1)))?.log.directory === directory;
  }
}
