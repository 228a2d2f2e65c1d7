import type { Now } from "@samsa/stdx";
import type { Completable, Completion, EffectId, Outbox } from "@samsa/world";
import { TEMPORARY_SUFFIX } from "./log-file-names.ts";

export interface AtomicFileEvents {
  /** All that was asked for would survive a power cut. */
  saved(now: Now): void;
  failed(detail: string, now: Now): void;
}

/**
 * A small file that is replaced as a whole: write beside it, sync, rename over it, sync the directory. The sync comes
 * before the rename, or a power cut could leave the new name with none of its bytes (KAFKA-15312).
 *
 *     idle ──replace──▶ writing ──synced──▶ renaming ──renamed──▶ syncing the directory ──synced──▶ idle
 *
 * While one content is on its way only the newest of those asked for is kept. The temporary file must not exist before
 * the first `replace`: recovery deletes it.
 */
export class AtomicFile implements Completable {
  private readonly outbox: Outbox;
  private readonly directory: string;
  private readonly path: string;
  private readonly events: AtomicFileEvents;
  private state: "idle" | "writing" | "renaming" | "syncing-directory" | "stopped" = "idle";
  private wanted: Uint8Array | undefined;
  private awaited: EffectId | undefined;

  constructor(options: { readonly outbox: Outbox; readonly directory: string; readonly name: string; readonly events: AtomicFileEvents }) {
    this.outbox = options.outbox;
    this.directory = options.directory;
    this.path = `${options.directory}/${options.name}`;
    this.events = options.events;
  }

  replace(content: Uint8Array): void {
    if (this.state === "stopped") return;
    this.wanted = content;
    if (this.state === "idle") this.begin();
  }

  /** Completions still to come are ignored. */
  stop(): void {
    this.state = "stopped";
  }

  complete(completion: Completion, now: Now): void {
    if (this.state === "stopped") return;
    if (completion.type === "failed") {
      this.state = "stopped";
      this.events.failed(`${this.path}: ${completion.error.code} ${completion.error.detail}`, now);
    } else if (completion.id === this.awaited) this.advance(now);
  }

  private begin(): void {
    const content = this.wanted;
    if (content === undefined) return;
    const path = this.path + TEMPORARY_SUFFIX;
    this.wanted = undefined;
    this.state = "writing";
    this.outbox.request({ type: "append", path, position: 0, buffers: [content] }, this);
    this.awaited = this.outbox.request({ type: "sync", path }, this);
  }

  private advance(now: Now): void {
    if (this.state === "writing") {
      this.state = "renaming";
      this.awaited = this.outbox.request({ type: "rename", from: this.path + TEMPORARY_SUFFIX, to: this.path }, this);
    } else if (this.state === "renaming") {
      this.state = "syncing-directory";
      this.awaited = this.outbox.request({ type: "sync-directory", path: this.directory }, this);
    } else if (this.state === "syncing-directory") {
      this.state = "idle";
      if (this.wanted === undefined) this.events.saved(now);
      else this.begin();
    }
  }
}
