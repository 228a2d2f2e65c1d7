import type { Now, Uuid } from "@samsa/stdx";
import type { Completable, Completion, Outbox } from "@samsa/world";
import { PARTITION_METADATA, parentOf } from "./log-file-names.ts";

export interface SetAsideOptions {
  readonly outbox: Outbox;
  readonly directory: string;
  /** Whose records they are. */
  readonly topicId: Uuid;
  readonly done: (now: Now) => void;
  readonly failed: (detail: string, now: Now) => void;
}

/** A name has at most 255 bytes; a topic's has at most 249. */
const TOPIC_LENGTH_MAX = 200;

/** Where the files of a stray log go: no name of a partition's directory, so that it is not looked into again. */
export function strayDirectory(directory: string, topicId: Uuid): string {
  const at = directory.lastIndexOf("-");
  return `${directory.slice(0, Math.min(at, TOPIC_LENGTH_MAX))}.${topicId}-${directory.slice(at + 1)}-stray`;
}

/**
 * Moves the files of a log that the metadata do not know out of the way, as Kafka does (`-stray`, KAFKA-14616): whether its topic was deleted
 * or the metadata are not those that it was written under, only an operator can tell, and what is deleted is gone.
 * `partition.metadata` moves last and after a sync of both directories: until nothing else is left the old one says whose it is.
 *
 *     making the new one ──▶ syncing its parent ──▶ listing ──files──▶ moving one by one ──▶ syncing the new one ──▶ syncing the old one ──▶ listing
 *                                                      └──empty, or not there──▶ done
 */
export class LogSetAside implements Completable {
  private readonly options: SetAsideOptions;
  private readonly target: string;
  private state: "making" | "syncing-parent" | "listing" | "moving" | "syncing-target" | "syncing" = "making";
  private names: string[] = [];

  constructor(options: SetAsideOptions) {
    this.options = options;
    this.target = strayDirectory(options.directory, options.topicId);
  }

  start(): void {
    this.options.outbox.request({ type: "make-directory", path: this.target }, this);
  }

  complete(completion: Completion, now: Now): void {
    const { directory, done, failed } = this.options;
    const isGone = completion.type === "failed" && completion.error.code === "ENOENT";
    if (completion.type === "failed" && !(isGone && this.state === "listing"))
      return failed(`moving ${directory} to ${this.target}: ${completion.error.code} ${completion.error.detail}`, now);
    if (isGone) return done(now);
    // What moves into a directory whose name is lost is lost.
    if (this.state === "making") this.sync("syncing-parent", parentOf(this.target));
    else if (this.state === "moving") this.moveNext();
    else if (this.state === "syncing-target") this.sync("syncing", directory);
    else if (completion.type !== "listed") this.list();
    else if (completion.entries.length === 0) done(now);
    else this.listed(completion.entries.map(({ name }) => name));
  }

  private list(): void {
    this.state = "listing";
    this.options.outbox.request({ type: "list", path: this.options.directory }, this);
  }

  private listed(names: readonly string[]): void {
    const others = names.filter((name) => name !== PARTITION_METADATA);
    this.names = others.length > 0 ? others : [PARTITION_METADATA];
    this.state = "moving";
    this.moveNext();
  }

  private moveNext(): void {
    const { outbox, directory } = this.options;
    const name = this.names.pop();
    if (name === undefined) return this.sync("syncing-target", this.target);
    outbox.request({ type: "rename", from: `${directory}/${name}`, to: `${this.target}/${name}` }, this);
  }

  private sync(state: "syncing-parent" | "syncing-target" | "syncing", path: string): void {
    this.state = state;
    this.options.outbox.request({ type: "sync-directory", path }, this);
  }
}
