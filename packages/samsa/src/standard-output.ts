import type { Writable } from "node:stream";

/** A stream that may be slow, and whose reader may go away: whoever writes waits while there is no room, and is told when nobody reads any more. */
export class StandardOutput {
  private readonly stream: Writable;
  private isBroken = false;
  private whenRoom: ((isRead: boolean) => void)[] = [];

  constructor(stream: Writable) {
    this.stream = stream;
    stream.on("error", () => this.broke());
    stream.on("drain", () => this.wake());
  }

  /** False: nobody reads it any more (EPIPE). */
  write(bytes: Uint8Array): Promise<boolean> {
    if (this.isBroken) return Promise.resolve(false);
    return new Promise((resolve) => {
      // A pipe without a reader is known when the write has failed.
      if (this.stream.write(bytes)) resolve(true);
      else this.whenRoom.push(resolve);
    });
  }

  private broke(): void {
    this.isBroken = true;
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.whenRoom.splice(0)) resolve(!this.isBroken);
  }
}
