import { BATCH_OVERHEAD, checkBatch, LOG_OVERHEAD, sizeInBytesOf } from "@samsa/protocol/records";
import { concatBytes } from "@samsa/stdx";
import { type BatchHeader, batchHeaderAt, type LogEnd, whyNotNext } from "./batch-header.ts";
import { BATCH_BYTES_MAX, RECOVERY_READ_BYTES } from "./log-config.ts";

/** The first thing in a segment's file that is no batch of this log. */
export interface Damage {
  readonly position: number;
  readonly text: string;
  /** The file ends within the batch, as far as that one says how long it is: so it is where a write was cut short. */
  readonly isCutOff: boolean;
}

export interface ScanOptions {
  /** Where a batch begins; 0 if left out. */
  readonly from?: number;
  /** Nothing is looked at from here on. */
  readonly fileBytes: number;
  /** What the first batch must continue; undefined: whatever it says is believed. */
  readonly end: LogEnd | undefined;
  /** The batch lies at `at` of `bytes`, for as long as the call lasts or somebody holds them. */
  readonly accept: (header: BatchHeader, bytes: Uint8Array, at: number) => void;
  /** `RECOVERY_READ_BYTES` if left out. */
  readonly readBytes?: number;
}

const EMPTY: LogEnd = { endOffset: 0, leaderEpoch: -1 };

/**
 * Goes through one segment's file, piece by piece, and takes its batches until the end or the first one that is not
 * sound. What lies behind that one is not looked at: pages of an unsynced tail reach the disk in any order, so that sound
 * batches may follow a torn one, and they must go with it.
 */
export class SegmentScan {
  private readonly fileBytes: number;
  private readonly accept: ScanOptions["accept"];
  private readonly readBytes: number;
  private end: LogEnd | undefined;
  /** Read and not yet taken: the beginning of a batch, in pieces. */
  private held: Uint8Array[] = [];
  private heldBytes = 0;
  /** Bytes of it that must be there to go on. */
  private needed = LOG_OVERHEAD;
  private takenBytes: number;
  private found: Damage | undefined;

  constructor({ from = 0, fileBytes, end, accept, readBytes = RECOVERY_READ_BYTES }: ScanOptions) {
    this.readBytes = readBytes;
    this.takenBytes = from;
    this.fileBytes = fileBytes;
    this.end = end;
    this.accept = accept;
  }

  get damage(): Damage | undefined {
    return this.found;
  }

  /** Where the log stands behind the batches taken. */
  get logEnd(): LogEnd {
    return this.end ?? EMPTY;
  }

  /** In the file, behind the batches taken. */
  get position(): number {
    return this.takenBytes;
  }

  /** What to read next; undefined at the end of the file or behind damage. */
  get nextRead(): { readonly position: number; readonly length: number } | undefined {
    const position = this.takenBytes + this.heldBytes;
    if (this.found !== undefined || position >= this.fileBytes) return undefined;
    return { position, length: Math.min(this.readBytes, this.fileBytes - position) };
  }

  /** Takes the bytes that `nextRead` asked for. */
  feed(bytes: Uint8Array): void {
    this.held.push(bytes);
    this.heldBytes += bytes.length;
    if (this.heldBytes >= this.needed) this.takeBatches(concatBytes(this.held));
    if (this.found === undefined && this.takenBytes + this.heldBytes >= this.fileBytes && this.heldBytes > 0)
      this.damaged(`the file ends within a batch, after ${this.heldBytes} bytes`, true);
  }

  private takeBatches(bytes: Uint8Array): void {
    let at = 0;
    this.needed = LOG_OVERHEAD;
    while (this.found === undefined && bytes.length - at >= LOG_OVERHEAD) {
      const size = sizeInBytesOf(bytes, at);
      const isCutOff = size > this.fileBytes - this.takenBytes;
      if (size < BATCH_OVERHEAD || size > BATCH_BYTES_MAX || isCutOff) this.damaged(`no batch has ${size} bytes there`, isCutOff && size <= BATCH_BYTES_MAX);
      else if (size > bytes.length - at) {
        this.needed = size;
        break;
      } else if (this.takeBatch(bytes, at)) {
        at += size;
        this.takenBytes += size;
      }
    }
    this.held = at < bytes.length ? [bytes.subarray(at)] : [];
    this.heldBytes = bytes.length - at;
  }

  private takeBatch(bytes: Uint8Array, at: number): boolean {
    const header = batchHeaderAt(bytes, at);
    const because = checkBatch(bytes, at)?.text ?? whyNotNext(header, this.end ?? { endOffset: header.baseOffset, leaderEpoch: -1 });
    if (because !== undefined) {
      this.damaged(because, false);
      return false;
    }
    this.accept(header, bytes, at);
    this.end = { endOffset: header.endOffset, leaderEpoch: header.leaderEpoch };
    return true;
  }

  private damaged(text: string, isCutOff: boolean): void {
    this.found = { position: this.takenBytes, text, isCutOff };
  }
}
