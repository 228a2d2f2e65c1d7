import type { Now } from "@samsa/stdx";
import type { Completable, Completion, Outbox } from "@samsa/world";
import type { FileGenerations } from "./file-generations.ts";
import { PARTITION_METADATA } from "./log-file-names.ts";

export interface DeletionOptions {
  readonly outbox: Outbox;
  readonly directory: string;
  readonly generations: FileGenerations;
  readonly done: (now: Now) => void;
  readonly failed: (detail: string, now: Now) => void;
}

/** Operations that were under way when the deletion began may leave another file behind, a few times at most. */
const ROUNDS_MAX = 8;

/**
 * Deletes the files of a log, `partition.metadata` last and after a sync of the directory: until nothing else is left the
 * directory says whose it is, so that a crash in between can't hand old records to a new topic of the same name.
 *
 *     listing ──files──▶ deleting one by one ──▶ syncing the directory ──▶ listing
 *        │
 *        └──empty, or not there──▶ done
 */
export class LogDeletion implements Completable {
  private readonly options: DeletionOptions;
  private state: "listing" | "deleting" | "syncing" = "listing";
  private names: string[] = [];
  private rounds = 0;

  constructor(options: DeletionOptions) {
    this.options = options;
  }

  start(): void {
    this.state = "listing";
    this.options.outbox.request({ type: "list", path: this.options.directory }, this);
  }

  complete(completion: Completion, now: Now): void {
    const isGone = completion.type === "failed" && completion.error.code === "ENOENT";
    if (completion.type === "failed" && !isGone)
      this.options.failed(`deleting ${this.options.directory}: ${completion.error.code} ${completion.error.detail}`, now);
    else if (this.state === "deleting") this.deleteNext();
    else if (isGone) this.options.done(now);
    else if (this.state === "syncing") this.start();
    else if (completion.type === "listed")
      this.listed(
        completion.entries.map(({ name }) => name),
        now,
      );
  }

  private listed(names: readonly string[], now: Now): void {
    if (names.length === 0) return this.options.done(now);
    if (++this.rounds > ROUNDS_MAX) return this.options.failed(`deleting ${this.options.directory}: files keep appearing`, now);
    const others = names.filter((name) => name !== PARTITION_METADATA);
    this.names = others.length > 0 ? others : [PARTITION_METADATA];
    this.state = "deleting";
    this.deleteNext();
  }

  private deleteNext(): void {
    const { outbox, directory, generations } = this.options;
    const name = this.names.pop();
    if (name === undefined) {
      this.state = "syncing";
      outbox.request({ type: "sync-directory", path: directory }, this);
      return;
    }
    const path = `${directory}/${name}`;
    generations.next(path);
    outbox.request({ type: "delete", path }, this);
  }
}
