import type { Writable } from "node:stream";

/** A stream that may be slow, and whose reader may go away: whoever writes waits until it is taken, and is told when nobody reads any more. */
export class StandardOutput {
  private readonly stream: Writable;
  private isBroken = false;

  constructor(stream: Writable) {
    this.stream = stream;
    stream.on("error", () => (this.isBroken = true));
  }

  /** False: nobody reads it any more (EPIPE). */
  write(bytes: Uint8Array): Promise<boolean> {
    if (this.isBroken) return Promise.resolve(false);
    // A pipe without a reader is known when the write has failed.
    return new Promise((resolve) => this.stream.write(bytes, (error) => resolve(error === undefined || error === null)));
  }
}
