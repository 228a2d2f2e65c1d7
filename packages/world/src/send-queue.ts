import type { Part, Slice } from "./effect.ts";
import { isSlice } from "./effect.ts";
import type { DiskPort, PortConnection } from "./ports.ts";
import type { ReadAt, SliceFiles } from "./slice-files.ts";

/** Bytes of a slice in memory at a time, for each connection that waits for its client. */
export const SLICE_READ_BYTES = 256 * 1024;
/** The same where few connections wait: a reader that keeps up is served with fewer reads. */
export const LARGE_SLICE_READ_BYTES = 1024 * 1024;
/** With more, each gets the smaller piece. */
export const LARGE_SLICE_READERS_MAX = 8;

/** What the queues of one node know of each other. */
export interface SendLoad {
  /** Queues of which not all has left. */
  congested: number;
}

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
  private readonly slices: SliceFiles;
  private readonly events: SendQueueEvents;
  private readonly load: SendLoad;
  private readonly messages: (readonly Part[])[] = [];
  /** Progress within the first message: next part, and bytes of it already sent. */
  private partIndex = 0;
  private partOffset = 0;
  private isReadingSlice = false;
  private isBlocked = false;
  private isCongested = false;
  private endsWhenEmpty = false;
  private isStopped = false;
  /** Of a message that must leave as one: what has been gathered so far. */
  private gathered: Uint8Array[] = [];
  private readonly isMessageTransport: boolean;

  constructor(options: {
    connection: PortConnection;
    disk: DiskPort;
    slices: SliceFiles;
    events: SendQueueEvents;
    load: SendLoad;
    isMessageTransport: boolean;
  }) {
    this.connection = options.connection;
    this.disk = options.disk;
    this.slices = options.slices;
    this.events = options.events;
    this.load = options.load;
    this.isMessageTransport = options.isMessageTransport;
  }

  push(parts: readonly Part[]): void {
    if (!this.isStopped && !this.endsWhenEmpty) this.messages.push(parts);
  }

  /** Writes what may be written now; called once a turn, so that a burst leaves together. */
  flush(): void {
    if (this.isStopped) return;
    while (this.messages.length > 0 && !this.isBlocked && !this.isReadingSlice && !this.isStopped) this.writeNext();
    if (this.isStopped) return;
    const isWaiting = this.messages.length > 0 || this.isBlocked || this.isReadingSlice;
    if (!isWaiting && this.endsWhenEmpty) {
      this.stop();
      return this.connection.end();
    }
    if (isWaiting === this.isCongested) return;
    this.setCongested(isWaiting);
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

  /** The connection is gone: what waits is dropped, and no event comes any more. */
  stop(): void {
    this.isStopped = true;
    this.setCongested(false);
    this.messages.length = 0;
    this.gathered = [];
  }

  private setCongested(isCongested: boolean): void {
    if (isCongested !== this.isCongested) this.load.congested += isCongested ? 1 : -1;
    this.isCongested = isCongested;
  }

  private writeNext(): void {
    const chunks = this.takeBytes();
    if (this.isMessageTransport) this.gathered.push(...chunks);
    const part = this.messages[0]?.[this.partIndex];
    if (!this.isMessageTransport && chunks.length > 0) this.write(chunks);
    else if (part !== undefined && isSlice(part)) this.readPiece(part);
    else if (this.isMessageTransport) this.writeMessage();
  }

  /** One call is one message there, so a slice within it is read whole: the sender keeps messages small. */
  private writeMessage(): void {
    const message = this.gathered;
    this.gathered = [];
    this.dropFirst();
    this.write(message);
  }

  private write(chunks: readonly Uint8Array[]): void {
    if (!this.connection.write(chunks)) this.isBlocked = true;
  }

  /** All bytes up to the next slice; on a message connection not beyond the end of the message, which stays the first. */
  private takeBytes(): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    for (let message = this.messages[0]; message !== undefined; message = this.messages[0]) {
      for (; this.partIndex < message.length; this.partIndex++) {
        const part = message[this.partIndex] as Part;
        if (isSlice(part)) return chunks;
        if (part.length > 0) chunks.push(part);
      }
      if (this.isMessageTransport) return chunks;
      this.dropFirst();
    }
    return chunks;
  }

  private dropFirst(): void {
    this.messages.shift();
    this.partIndex = 0;
  }

  private readPiece(slice: Slice): void {
    const pieceBytes = this.load.congested <= LARGE_SLICE_READERS_MAX ? LARGE_SLICE_READ_BYTES : SLICE_READ_BYTES;
    const length = Math.min(pieceBytes, slice.length - this.partOffset);
    if (length === 0) return this.advanceSlice(slice, 0);
    this.isReadingSlice = true;
    const readAt: ReadAt = (path, done) => this.disk.readToSend(path, slice.position + this.partOffset, length, done);
    // The file may be truncated and rewritten, or moved, while the read is under way.
    this.slices.read(slice, readAt, (outcome) => {
      this.isReadingSlice = false;
      if (this.isStopped) return;
      if (!outcome.ok) return this.fail(`${outcome.error.code} reading ${slice.path}`);
      if (this.isMessageTransport) this.gathered.push(outcome.value);
      else this.write([outcome.value]);
      this.advanceSlice(slice, length);
      this.flush();
    });
  }

  private advanceSlice(slice: Slice, length: number): void {
    this.partOffset += length;
    if (this.partOffset < slice.length) return;
    this.partOffset = 0;
    this.partIndex++;
  }

  private fail(because: string): void {
    this.stop();
    this.events.broken(because);
  }
}
