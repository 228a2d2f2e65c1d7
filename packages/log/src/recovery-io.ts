import { invariant, type Now } from "@samsa/stdx";
import type { Completable, Completion, DirectoryEntry, EffectId, Request } from "@samsa/world";
import type { Requests } from "./patient-outbox.ts";
import type { FileGenerations } from "./file-generations.ts";

type Next = (completion: Completion, now: Now) => void;

export interface RecoveryIoOptions {
  readonly outbox: Requests;
  readonly directory: string;
  readonly generations: FileGenerations;
  readonly failed: (detail: string, now: Now) => void;
}

/** What a recovery asks of the disk, step by step; a failure ends it. */
export class RecoveryIo implements Completable {
  private readonly options: RecoveryIoOptions;
  private readonly next = new Map<EffectId, Next>();
  private isStopped = false;
  /** Of the directory. */
  entries: readonly DirectoryEntry[] = [];

  constructor(options: RecoveryIoOptions) {
    this.options = options;
  }

  stop(): void {
    this.isStopped = true;
  }

  complete(completion: Completion, now: Now): void {
    const next = this.next.get(completion.id);
    this.next.delete(completion.id);
    invariant(next !== undefined, "a completion of the recovery is waited for", { id: completion.id });
    if (!this.isStopped) next(completion, now);
  }

  /** A failure with the code `tolerated` is passed on to `next`; any other ends the recovery. */
  ask(request: Request, next: Next, tolerated?: string): void {
    const { outbox, directory, failed } = this.options;
    const id = outbox.request(request, this);
    this.next.set(id, (completion, now) => {
      if (completion.type !== "failed" || completion.error.code === tolerated) return next(completion, now);
      this.stop();
      failed(`${request.type} in ${directory}: ${completion.error.code} ${completion.error.detail}`, now);
    });
  }

  /** One after the other; a file may be gone. */
  deleteAll(paths: readonly string[], done: (now: Now) => void, now: Now): void {
    const [path, ...rest] = paths;
    if (path === undefined) return done(now);
    this.options.generations.next(path);
    this.ask({ type: "delete", path }, (_, at) => this.deleteAll(rest, done, at), "ENOENT");
  }

  pathOf(name: string): string {
    return `${this.options.directory}/${name}`;
  }

  has(name: string): boolean {
    return this.entries.some((entry) => entry.name === name);
  }

  hasPath(path: string): boolean {
    return this.entries.some((entry) => this.pathOf(entry.name) === path);
  }

  sizeOf(name: string): number {
    return this.entries.find((entry) => entry.name === name)?.size ?? 0;
  }

  /** By its path. */
  sizeAt(path: string): number {
    return this.sizeOf(path.slice(this.options.directory.length + 1));
  }

  /** The whole file; nothing of one that is not there. */
  readFile(name: string, now: Now, next: (bytes: Uint8Array, now: Now) => void): void {
    const length = this.sizeOf(name);
    if (length === 0) return next(new Uint8Array(0), now);
    this.read(this.pathOf(name), { position: 0, length }, next);
  }

  read(path: string, range: { readonly position: number; readonly length: number }, next: (bytes: Uint8Array, now: Now) => void): void {
    const slice = { path, ...range, generation: this.options.generations.of(path) };
    this.ask({ type: "read", slice }, (completion, now) => next(completion.type === "read" ? completion.bytes : new Uint8Array(0), now));
  }
}
