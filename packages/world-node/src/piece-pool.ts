import { countRead } from "./garbage-collection.ts";

/** What is read for sending at a time: `SLICE_READ_BYTES` of the shell. */
export const PIECE_BYTES = 256 * 1024;
/** Larger reads than this are not made for sending: `LARGE_SLICE_READ_BYTES` of the shell. */
export const LARGE_PIECE_BYTES = 1024 * 1024;
/** Smaller ones get memory of their own size: a piece for a few bytes would be a waste. */
const POOLED_BYTES_MIN = 64 * 1024;
/** Pieces that wait for use; what comes back beyond them is left to the garbage collector. */
export const PIECES_KEPT = 16;
export const LARGE_PIECES_KEPT = 8;

/**
 * Memory for pieces of files on their way to sockets. Each was new once: the collector then marked the whole heap again and again because of
 * memory outside of it, which took more than a third of a broker's processor time when consumers read.
 *
 * A piece belongs to one at a time: the disk reads into it, the shell hands it to the network, the network gives it back when the
 * system has its bytes. What is lost on the way (a connection that broke, a layer that copies) is collected as any other memory.
 */
export class PiecePool {
  private readonly free: Uint8Array[] = [];
  private readonly freeLarge: Uint8Array[] = [];
  /** Views that were given out, with the piece behind each. */
  private readonly lent = new WeakMap<Uint8Array, Uint8Array>();

  get size(): number {
    return this.free.length + this.freeLarge.length;
  }

  take(length: number): Uint8Array {
    if (length < POOLED_BYTES_MIN || length > LARGE_PIECE_BYTES) return unpooled(length);
    const piece = length > PIECE_BYTES ? (this.freeLarge.pop() ?? unpooled(LARGE_PIECE_BYTES)) : (this.free.pop() ?? unpooled(PIECE_BYTES));
    const view = piece.subarray(0, length);
    this.lent.set(view, piece);
    return view;
  }

  /** Whether `giveBack` would take it. */
  isLent(view: Uint8Array): boolean {
    return view.length >= POOLED_BYTES_MIN && this.lent.has(view);
  }

  /** Nobody may look at it any more. Other memory than what was taken here is left alone; so is what was given back already. */
  giveBack(view: Uint8Array): void {
    const piece = this.lent.get(view);
    if (piece === undefined) return;
    this.lent.delete(view);
    const isLarge = piece.length > PIECE_BYTES;
    const free = isLarge ? this.freeLarge : this.free;
    if (free.length < (isLarge ? LARGE_PIECES_KEPT : PIECES_KEPT)) free.push(piece);
  }
}

/** Not zeroed, and not from Node's shared pool: the receiver may keep it. */
export function unpooled(length: number): Uint8Array {
  countRead(length);
  const memory = Buffer.allocUnsafeSlow(length);
  return new Uint8Array(memory.buffer, memory.byteOffset, length);
}
