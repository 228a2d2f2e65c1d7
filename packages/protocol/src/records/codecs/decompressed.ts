import { invariant } from "@samsa/stdx";
import { DecompressedLimitError } from "../compression.ts";

const FIRST_BYTES = 4096;

/** What a codec has given so far: it grows as bytes come, never by what the input merely says, and never beyond its bound. */
export class Decompressed {
  private readonly bytesMax: number;
  private bytes: Uint8Array;
  private end = 0;

  constructor(bytesMax: number, firstBytes = FIRST_BYTES) {
    this.bytesMax = bytesMax;
    this.bytes = new Uint8Array(Math.min(bytesMax, firstBytes));
  }

  get length(): number {
    return this.end;
  }

  append(source: Uint8Array): void {
    this.reserve(source.length);
    this.bytes.set(source, this.end);
    this.end += source.length;
  }

  /** `length` bytes again that were given `distance` bytes ago; those that it gives itself, too, where they overlap. */
  repeat(distance: number, length: number): void {
    if (distance <= 0 || distance > this.end) throw new Error(`a copy from ${distance} bytes before byte ${this.end}`);
    this.reserve(length);
    const { bytes, end } = this;
    const stop = end + length;
    if (distance >= length) bytes.copyWithin(end, end - distance, end - distance + length);
    else for (let at = end; at < stop; at++) bytes[at] = bytes[at - distance] as number;
    this.end = stop;
  }

  finish(): Uint8Array {
    return this.bytes.subarray(0, this.end);
  }

  private reserve(length: number): void {
    invariant(length >= 0, "a codec gives bytes, it takes none back", { length });
    const wanted = this.end + length;
    if (wanted > this.bytesMax) throw new DecompressedLimitError(this.bytesMax);
    if (wanted <= this.bytes.length) return;
    const larger = new Uint8Array(Math.min(this.bytesMax, Math.max(wanted, 2 * this.bytes.length)));
    larger.set(this.bytes.subarray(0, this.end));
    this.bytes = larger;
  }
}
