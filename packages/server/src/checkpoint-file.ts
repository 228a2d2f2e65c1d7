import { encodeUtf8, type Now } from "@samsa/stdx";
import type { FullDiskRetries } from "./full-disk-retries.ts";
import type { Completable, Completion, EffectId, Outbox } from "@samsa/world";

/**
 * Replaces a small file as a whole: write beside it, sync, rename over it, sync the directory. A crash at any step
 * leaves the old content or the new, never a mixture.
 */
export class CheckpointFile implements Completable {
  private readonly outbox: Outbox;
  private readonly directory: string;
  private readonly name: string;
  private readonly isUrgent: boolean;
  private readonly failed: ((detail: string, now: Now) => void) | undefined;
  private current: Write | undefined;
  /** The newest content asked for while another is being written; what it replaces is never written. */
  private next: Write | undefined;
  private emptying: EffectId | undefined;
  /** The write of the content; of one that found no room the sync proves nothing. */
  private appending: EffectId | undefined;
  private hasNoRoom = false;
  /** What was asked for behind the step that failed ends as well, and may succeed: it would put what was written in part in the file's place. */
  private hasFailed = false;
  private readonly retries: FullDiskRetries | undefined;
  private directorySync: EffectId | undefined;
  private generation = 0;

  /** `isUrgent`: it waits for nobody's that are not. `failed`: once, instead of the end of the process; nothing is written any more. `retries`: a full disk is waited for. */
  constructor(options: {
    outbox: Outbox;
    directory: string;
    name: string;
    isUrgent?: boolean;
    failed?: (detail: string, now: Now) => void;
    retries?: FullDiskRetries;
  }) {
    this.failed = options.failed;
    this.retries = options.retries;
    this.isUrgent = options.isUrgent === true;
    this.outbox = options.outbox;
    this.directory = options.directory;
    this.name = options.name;
  }

  /** `done` is called when the new content would survive a power cut; not at all if later content took its place. */
  write(content: string | Uint8Array, done: (now: Now) => void): void {
    if (this.current !== undefined) this.next = { content, done };
    else this.begin({ content, done });
  }

  private get path(): string {
    return this.directory === "" ? this.name : `${this.directory}/${this.name}`;
  }

  private begin(write: Write): void {
    this.current = write;
    const path = `${this.path}.tmp`;
    const { isUrgent } = this;
    this.generation++;
    this.emptying = this.outbox.request({ type: "truncate", path, length: 0, generation: this.generation, isUrgent }, this);
    const content = typeof write.content === "string" ? encodeUtf8(write.content) : write.content;
    this.appending = this.outbox.request({ type: "append", path, position: 0, buffers: [content], isUrgent }, this);
    this.outbox.request({ type: "sync", path, isUrgent }, this);
  }

  complete(completion: Completion, now: Now): void {
    if (this.hasFailed) return;
    if (completion.type === "failed") {
      // There was no earlier temporary file to empty.
      if (completion.error.code === "ENOENT" && completion.id === this.emptying) return;
      if (completion.error.code === "ENOSPC" && completion.id === this.appending && this.retries !== undefined) {
        this.hasNoRoom = true;
        return;
      }
      // There is nothing to sync where there was no room to make it.
      if (this.hasNoRoom && completion.error.code === "ENOENT") return this.rest(now);
      this.hasFailed = true;
      const reason = `${this.path} can't be written: ${completion.error.code} ${completion.error.detail}`;
      if (this.failed !== undefined) this.failed(reason, now);
      else this.outbox.emit({ type: "exit", code: 74, reason });
    } else if (completion.type === "renamed") {
      this.directorySync = this.outbox.request({ type: "sync-directory", path: this.directory, isUrgent: this.isUrgent }, this);
    } else if (completion.type === "synced") {
      if (this.hasNoRoom) this.rest(now);
      else if (completion.id === this.directorySync) this.finish(now);
      else this.outbox.request({ type: "rename", from: `${this.path}.tmp`, to: this.path }, this);
    }
  }

  /** The old content stays as it is; the new one is written anew when the disk may have room. */
  private rest(now: Now): void {
    const { current } = this;
    this.hasNoRoom = false;
    this.retries?.add(() => {
      if (current !== undefined) this.begin(current);
    }, now);
  }

  private finish(now: Now): void {
    const { current, next } = this;
    this.current = undefined;
    this.next = undefined;
    this.directorySync = undefined;
    current?.done(now);
    if (next !== undefined) this.begin(next);
  }
}

interface Write {
  readonly content: string | Uint8Array;
  readonly done: (now: Now) => void;
}
