/** A rolling 64-bit hash of all that happened: equal for two runs of one seed, or the world is not deterministic. */
export class TraceHash {
  private low = 0x2545_f491;
  private high = 0x9e37_79b9 | 0;

  /** Takes in the low 32 bits of an integer. */
  mix(value: number): void {
    this.low = Math.imul(this.low ^ value, 0x0100_0193);
    this.high = Math.imul(this.high + value, 0x85eb_ca6b) ^ (this.high >>> 15) ^ (this.low >>> 7);
  }

  mixText(text: string): void {
    for (let i = 0; i < text.length; i++) this.mix(text.charCodeAt(i));
  }

  /** Length and five samples: enough to notice that two runs sent different bytes, for a price that does not grow with them. */
  mixBytes(bytes: Uint8Array): void {
    const { length } = bytes;
    this.mix(length);
    if (length === 0) return;
    const step = Math.max(1, length >> 2);
    for (let i = 0; i < length; i += step) this.mix(bytes[i] ?? 0);
    this.mix(bytes[length - 1] ?? 0);
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return hex(this.high) + hex(this.low);
  }
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
