import type { Part, Slice } from "./effect.ts";
import { isSlice } from "./effect.ts";
import type { DiskPort, PortConnection } from "./ports.ts";

/** Bytes of a slice in memory at a time, for each connection. */
export const SLICE_READ_BYTES = 256 * 1024;

/** Tells the generation of a file: how many truncations and deletions it has seen. */
export type GenerationOf = (path: string) => number;

export interface SendQueueEvents {
  /** Not all of what was sent could leave at once. */
  blocked(): void;
  /** After `blocked`: all of it has left. */
  drained(): void;
  /** A slice had gone, or could not be read, in the middle of a message: the connection can't be used any more. */
  broken(because: string): void;
}

/**
 * What waits to leave on one connection. A message is a pull sequence: bytes go out as they are, a slice is read in
 * pieces while the socket drains, and not at all while it does not.
 */
export class SendQueue {
  private readonly connection: PortConnection;
  private readonly disk: DiskPort;
  private readonly generationOf: GenerationOf;
  private readonly events: SendQueueEvents;
  private readonly messages: (readonly Part[])[] = [];
  /** Progress within the first message: next part, and bytes of it already sent. */
  private partIndex = 0;
  private partOffset = 0;
  private isReadingSlice = false;
  private isBlocked = false;
  private isCongested = false;
  private endsWhenEmpty = false;
  private readonly isMessageTransport: boolean;

  constructor(options: { connection: PortConnection; disk: DiskPort; generationOf: GenerationOf; events: SendQueueEvents; isMessageTransport: boolean }) {
    this.connection = options.connection;
    this.disk = options.disk;
    this.generationOf = options.generationOf;
    this.events = options.events;
    this.isMessageTransport = options.isMessageTransport;
  }

  push(parts: readonly Part[]): void {
    this.messages.push(parts);
  }

  /** Writes what may be written now; called once a turn, so that a burst leaves together. */
  flush(): void {
    while (this.messages.length > 0 && !this.isBlocked && !this.isReadingSlice) this.writeNext();
    const isWaiting = this.messages.length > 0 || this.isBlocked || this.isReadingSlice;
    if (!isWaiting && this.endsWhenEmpty) return this.connection.end();
    if (isWaiting === this.isCongested) return;
    this.isCongested = isWaiting;
    if (isWaiting) this.events.blocked();
    else this.events.drained();
  }

  unblock(): void {
    this.isBlocked = false;
    this.flush();
  }

  end(): void {
    this.endsWhenEmpty = true;
    this.flush();
  }

  private writeNext(): void {
    const chunks = this.takeBytes();
    if (chunks.length > 0) {
      if (!this.connection.write(chunks)) this.isBlocked = true;
      return;
    }
    const part = this.messages[0]?.[this.partIndex];
    if (part !== undefined && isSlice(part)) this.readPiece(part);
  }

  /** All bytes up to the next slice; on a message connection, up to the end of the message. */
  private takeBytes(): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    for (let message = this.messages[0]; message !== undefined; message = this.messages[0]) {
      for (; this.partIndex < message.length; this.partIndex++) {
        const part = message[this.partIndex] as Part;
        if (isSlice(part)) return chunks;
        if (part.length > 0) chunks.push(part);
      }
      this.messages.shift();
      this.partIndex = 0;
      if (this.isMessageTransport) return chunks;
    }
    return chunks;
  }

  private readPiece(slice: Slice): void {
    if (slice.generation !== this.generationOf(slice.path)) return this.fail(`stale slice of ${slice.path}`);
    const length = Math.min(SLICE_READ_BYTES, slice.length - this.partOffset);
    if (length === 0) return this.advanceSlice(slice, 0);
    this.isReadingSlice = true;
    this.disk.read(slice.path, slice.position + this.partOffset, length, (outcome) => {
      this.isReadingSlice = false;
      // The file may have been truncated and rewritten while the read was under way.
      if (slice.generation !== this.generationOf(slice.path)) return this.fail(`stale slice of ${slice.path}`);
      if (!outcome.ok) return this.fail(`${outcome.error.code} reading ${slice.path}`);
      this.advanceSlice(slice, length);
      if (!this.connection.write([outcome.value])) this.isBlocked = true;
      this.flush();
    });
  }

  private advanceSlice(slice: Slice, length: number): void {
    this.partOffset += length;
    if (this.partOffset < slice.length) return;
    this.partOffset = 0;
    this.partIndex++;
    if (this.partIndex >= (this.messages[0]?.length ?? 0)) {
      this.messages.shift();
      this.partIndex = 0;
    }
  }

  private fail(because: string): void {
    this.messages.length = 0;
    this.events.broken(because);
  }
}
