import type { Requests } from "@samsa/log";
import type { Now } from "@samsa/stdx";
import type { Completable, Completion, DirectoryEntry, EffectError, EffectId, Request } from "@samsa/world";

type Step = (completion: Completion, now: Now) => void;

/** What is no failure of the directory. A sync that finds no room is one: nobody can tell what of the file is there, and whoever waits for it takes it for written. */
const TOLERATED: Partial<Record<Request["type"], EffectError["code"]>> = {
  append: "ENOSPC",
  list: "ENOENT",
  read: "ENOENT",
  truncate: "ENOENT",
  delete: "ENOENT",
};

/** All of a file. `isSynced`: whatever content it has after a power cut is one that was written, and none from before `done`. */
export interface FileContent {
  readonly bytes: Uint8Array;
  readonly isSynced: boolean;
}

/**
 * Small files of one log directory, replaced as a whole: written beside, renamed over. After a loss of the page cache nothing of them is
 * believed, unless they are synced, and their directory is. Of one file only the newest of the contents that wait is written; what is refused
 * for want of room leaves the older one.
 */
export class DirectoryFiles implements Completable {
  private readonly outbox: Requests;
  private readonly directory: string;
  private readonly failed: (detail: string, now: Now) => void;
  private readonly steps = new Map<EffectId, Step>();
  private readonly waiting = new Map<string, { readonly content: () => FileContent; readonly done: (now: Now) => void }>();
  private isWriting = false;
  private generation = 0;

  /** `directory`: the empty string for the root of the node's disk. */
  constructor(options: { readonly outbox: Requests; readonly directory: string; readonly failed: (detail: string, now: Now) => void }) {
    this.outbox = options.outbox;
    this.directory = options.directory;
    this.failed = options.failed;
  }

  list(done: (entries: readonly DirectoryEntry[], now: Now) => void): void {
    this.ask({ type: "list", path: this.directory }, (completion, now) => done(completion.type === "listed" ? completion.entries : [], now), "list");
  }

  /** At the start, before any write. */
  read({ name, size }: Pick<DirectoryEntry, "name" | "size">, now: Now, done: (content: Uint8Array, now: Now) => void): void {
    if (size === 0) return done(new Uint8Array(0), now);
    const slice = { path: this.pathOf(name), position: 0, length: size, generation: 0 };
    this.ask({ type: "read", slice }, (completion, at) => done(completion.type === "read" ? completion.bytes : new Uint8Array(0), at), name);
  }

  delete(name: string, done: (now: Now) => void): void {
    this.ask({ type: "delete", path: this.pathOf(name) }, (_, now) => done(now), name);
  }

  /** `content` is asked for when the write begins; `done` is called unless a later content of the file takes its place before. */
  write(name: string, content: () => FileContent, done: (now: Now) => void = () => undefined): void {
    this.waiting.set(name, { content, done });
    this.next();
  }

  complete(completion: Completion, now: Now): void {
    const step = this.steps.get(completion.id);
    this.steps.delete(completion.id);
    step?.(completion, now);
  }

  private next(): void {
    const [first] = this.waiting;
    if (this.isWriting || first === undefined) return;
    const [name, { content, done }] = first;
    const temporary = `${this.pathOf(name)}.tmp`;
    this.waiting.delete(name);
    this.isWriting = true;
    const { bytes, isSynced } = content();
    const ended = (_: Completion, now: Now): void => {
      this.isWriting = false;
      done(now);
      this.next();
    };
    // What a killed process left may be longer.
    this.ask({ type: "truncate", path: temporary, length: 0, generation: ++this.generation }, () => undefined, name);
    // The older content would come back with the older name.
    const renamed = (completion: Completion, now: Now): void => {
      if (isSynced) this.ask({ type: "sync-directory", path: this.directory }, ended, name);
      else ended(completion, now);
    };
    const rename = (): void => this.ask({ type: "rename", from: temporary, to: this.pathOf(name) }, renamed, name);
    const written = (appended: Completion, now: Now): void => {
      if (appended.type === "failed") ended(appended, now);
      else if (isSynced) this.ask({ type: "sync", path: temporary }, rename, name);
      else rename();
    };
    this.ask({ type: "append", path: temporary, position: 0, buffers: [bytes] }, written, name);
  }

  private pathOf(name: string): string {
    return this.directory === "" ? name : `${this.directory}/${name}`;
  }

  private ask(request: Request, step: Step, what: string): void {
    this.steps.set(this.outbox.request(request, this), (completion, now) => {
      if (completion.type !== "failed" || completion.error.code === TOLERATED[request.type]) return step(completion, now);
      this.failed(`${request.type} of ${what}: ${completion.error.code} ${completion.error.detail}`, now);
    });
  }
}
