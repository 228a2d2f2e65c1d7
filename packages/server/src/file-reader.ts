import { concatBytes, invariant, type Now } from "@samsa/stdx";
import type { Completable, Completion, Outbox } from "@samsa/world";

const PIECE_BYTES = 1024 * 1024;

/** Reads one small file whole, in pieces, at start-up. A file that is not there is empty. */
export class FileReader implements Completable {
  private readonly outbox: Outbox;
  private readonly directory: string;
  private readonly name: string;
  private readonly done: (content: Uint8Array, now: Now) => void;
  private readonly pieces: Uint8Array[] = [];
  private readonly failed: ((detail: string, now: Now) => void) | undefined;
  private size = 0;
  private position = 0;

  /** `failed`: instead of the end of the process. */
  constructor(options: {
    outbox: Outbox;
    directory: string;
    name: string;
    done: (content: Uint8Array, now: Now) => void;
    failed?: (detail: string, now: Now) => void;
  }) {
    this.failed = options.failed;
    this.outbox = options.outbox;
    this.directory = options.directory;
    this.name = options.name;
    this.done = options.done;
  }

  start(): void {
    this.outbox.request({ type: "list", path: this.directory }, this);
  }

  complete(completion: Completion, now: Now): void {
    if (completion.type === "listed") this.size = completion.entries.find((entry) => entry.name === this.name)?.size ?? 0;
    else if (completion.type === "read") this.take(completion.bytes);
    else if (completion.type === "failed" && (completion.error.code !== "ENOENT" || this.size > 0)) {
      const reason = `${this.directory}/${this.name} can't be read: ${completion.error.code} ${completion.error.detail}`;
      if (this.failed !== undefined) this.failed(reason, now);
      else this.outbox.emit({ type: "exit", code: 74, reason });
      return;
    }
    this.next(now);
  }

  private take(bytes: Uint8Array): void {
    invariant(bytes.length > 0, "a read gives what was asked for", { file: this.name });
    this.pieces.push(bytes);
    this.position += bytes.length;
  }

  private next(now: Now): void {
    if (this.position >= this.size) return this.done(this.pieces.length === 0 ? new Uint8Array(0) : concatBytes(this.pieces), now);
    const length = Math.min(PIECE_BYTES, this.size - this.position);
    const path = this.directory === "" ? this.name : `${this.directory}/${this.name}`;
    this.outbox.request({ type: "read", slice: { path, position: this.position, length, generation: 0 } }, this);
  }
}
