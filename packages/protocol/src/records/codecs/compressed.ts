const FIRST_BYTES = 1024;

/** What a codec has written so far. */
export class Compressed {
  private bytes: Uint8Array;
  private end = 0;

  constructor(expectedBytes = FIRST_BYTES) {
    this.bytes = new Uint8Array(expectedBytes);
  }

  get length(): number {
    return this.end;
  }

  uint8(value: number): void {
    this.reserve(1);
    this.bytes[this.end++] = value;
  }

  /** Of `count` bytes, the lowest first. */
  littleEndian(value: number, count: number): void {
    for (let rest = value >>> 0, left = count; left > 0; left--, rest >>>= 8) this.uint8(rest & 0xff);
  }

  bigEndian32(value: number): void {
    for (const by of [24, 16, 8, 0]) this.uint8((value >>> by) & 0xff);
  }

  append(source: Uint8Array): void {
    this.reserve(source.length);
    this.bytes.set(source, this.end);
    this.end += source.length;
  }

  finish(): Uint8Array {
    return this.bytes.subarray(0, this.end);
  }

  private reserve(length: number): void {
    const wanted = this.end + length;
    if (wanted <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(wanted, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.end));
    this.bytes = larger;
  }
}
