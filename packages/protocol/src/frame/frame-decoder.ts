/** Kafka's `socket.request.max.bytes`. */
export const MAX_FRAME_BYTES = 104_857_600;
/** Kafka's `sasl.server.max.receive.size`: what a client may send before it has authenticated. */
export const MAX_FRAME_BYTES_BEFORE_AUTHENTICATION = 524_288;

const SIZE_BYTES = 4;
/** A claim of more than this is not believed before bytes have come: the buffer grows with them. */
const FIRST_ALLOCATION_BYTES = 4_096;
const GROWTH_FACTOR = 4;
/** Above this it no more than doubles: what malloc has at hand is cleared, so that all of it is resident, whether bytes come or not. */
const FAST_GROWTH_BYTES = 1_048_576;
/** So much of a frame takes no more memory than that. */
export const SMALL_FRAME_BYTES = 65_536;

export interface FrameError {
  readonly code: "NEGATIVE_SIZE" | "TOO_LARGE";
  readonly size: number;
  readonly limit: number;
  /** What the first four bytes look like: somebody is talking another protocol to this port. */
  readonly looksLike: "TLS" | "HTTP" | undefined;
}

export interface DecodedFrames {
  /** Without their sizes, in order of arrival. */
  readonly frames: readonly Uint8Array[];
  /** The stream cannot be read any further: close the connection. Frames before the fault are given nevertheless. */
  readonly error: FrameError | undefined;
}

/**
 * Cuts a stream of bytes into frames: a 4-byte size, then as many bytes.
 *
 * What comes out does not depend on how the stream was cut into chunks. A size is checked before anything is allocated
 * for it, and memory held is at most four times what was received: a claim of 100 MiB followed by silence holds 4 KiB.
 * A chunk belongs to the decoder from `push` on, for a frame that fills most of its chunk is a view of it.
 */
export class FrameDecoder {
  private limit: number;
  /** The size as far as it has come, its first byte highest. */
  private sizeBits = 0;
  private sizeReceived = 0;
  /** −1 while the size itself is still coming. */
  private size = -1;
  /** Memory of its own, which nobody else sees before the frame is whole. */
  private frame: Uint8Array<ArrayBuffer> = NOTHING;
  private received = 0;
  private error: FrameError | undefined;

  constructor(limitBytes: number = MAX_FRAME_BYTES) {
    this.limit = limitBytes;
  }

  /** For frames whose size has not been read yet: raised once the client has authenticated. */
  setLimit(limitBytes: number): void {
    this.limit = limitBytes;
  }

  /** Bytes of an unfinished frame. 0 when the stream is between two frames: a good moment to close it. */
  get pendingBytes(): number {
    return this.size === -1 ? this.sizeReceived : SIZE_BYTES + this.received;
  }

  /** The unfinished frame says that it will take more than `SMALL_FRAME_BYTES`. */
  get isLarge(): boolean {
    return this.size > SMALL_FRAME_BYTES;
  }

  /** Memory that is held for an unfinished frame. */
  get heldBytes(): number {
    return this.frame.length;
  }

  push(chunk: Uint8Array): DecodedFrames {
    const frames: Uint8Array[] = [];
    let at = 0;
    while (this.error === undefined && (at < chunk.length || this.size === 0)) {
      if (this.size === -1) at = this.readSize(chunk, at);
      else at = this.readContent(chunk, at, frames);
    }
    return { frames, error: this.error };
  }

  private readSize(chunk: Uint8Array, start: number): number {
    let at = start;
    for (; this.sizeReceived < SIZE_BYTES && at < chunk.length; this.sizeReceived++) this.sizeBits = (this.sizeBits << 8) | (chunk[at++] as number);
    if (this.sizeReceived < SIZE_BYTES) return at;
    const size = this.sizeBits;
    if (size < 0) this.fail("NEGATIVE_SIZE", size);
    else if (size > this.limit) this.fail("TOO_LARGE", size);
    else this.size = size;
    return at;
  }

  private readContent(chunk: Uint8Array, at: number, frames: Uint8Array[]): number {
    const missing = this.size - this.received;
    const available = chunk.length - at;
    if (this.received === 0 && available >= missing && 2 * missing >= chunk.length) {
      this.finish(frames, chunk.subarray(at, at + missing));
      return at + missing;
    }
    const taken = Math.min(missing, available);
    this.makeRoom(this.received + taken);
    this.frame.set(chunk.subarray(at, at + taken), this.received);
    this.received += taken;
    if (this.received === this.size) this.finish(frames, this.frame);
    return at + taken;
  }

  /** The stream has ended: what came of an unfinished frame is nobody's any more. Nothing may be pushed after this. */
  dispose(): void {
    if (this.frame !== NOTHING) this.frame.buffer.transfer(0);
    this.frame = NOTHING;
  }

  /**
   * The last allocation has exactly the size of the frame; a frame of up to 4 KiB is allocated once. The memory before it is free at once:
   * five hundred requests that grow would leave more to the garbage collector than they hold.
   */
  private makeRoom(needed: number): void {
    if (needed <= this.frame.length) return;
    const capacity = this.capacityFor(needed);
    this.frame = this.frame === NOTHING ? new Uint8Array(capacity) : new Uint8Array(this.frame.buffer.transfer(capacity));
  }

  private capacityFor(needed: number): number {
    const grown = needed > FAST_GROWTH_BYTES ? 2 * needed : GROWTH_FACTOR * needed;
    return Math.min(this.size, needed <= SMALL_FRAME_BYTES ? Math.min(Math.max(FIRST_ALLOCATION_BYTES, grown), SMALL_FRAME_BYTES) : grown);
  }

  private finish(frames: Uint8Array[], frame: Uint8Array): void {
    frames.push(frame);
    this.size = -1;
    this.sizeReceived = 0;
    this.received = 0;
    this.frame = NOTHING;
  }

  private fail(code: FrameError["code"], size: number): void {
    this.error = { code, size, limit: this.limit, looksLike: protocolOf(this.sizeBits) };
  }
}

const NOTHING = new Uint8Array(0);

/** A TLS record of a handshake or an alert begins 22 3 or 21 3; HTTP with the letters of its method. */
function protocolOf(bits: number): FrameError["looksLike"] {
  const first = bits >>> 24;
  if ((first === 0x16 || first === 0x15) && ((bits >>> 16) & 0xff) === 3) return "TLS";
  const text = String.fromCharCode(first, (bits >>> 16) & 0xff, (bits >>> 8) & 0xff, bits & 0xff);
  return /^(?:GET |POST|PUT |HEAD|OPTI|DELE|PATC|CONN|HTTP|PRI )$/.test(text) ? "HTTP" : undefined;
}
