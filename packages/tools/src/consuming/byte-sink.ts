const CAPACITY_MIN = 4096;

/** Bytes one behind the other, to be taken together. */
export class ByteSink {
  private bytes = Buffer.allocUnsafe(CAPACITY_MIN);
  private length = 0;

  get size(): number {
    return this.length;
  }

  add(bytes: Uint8Array): void {
    this.makeRoom(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  addText(text: string): void {
    // At most three bytes for each of JavaScript's characters.
    this.makeRoom(text.length * 3);
    this.length += this.bytes.write(text, this.length, "utf8");
  }

  /** What was added until now; the sink begins anew. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.length);
    this.bytes = Buffer.allocUnsafe(Math.max(CAPACITY_MIN, this.bytes.length));
    this.length = 0;
    return taken;
  }

  private makeRoom(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const bytes = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + more));
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
  }
}
