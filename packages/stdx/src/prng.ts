/**
 * Seeded pseudo-random numbers (sfc32). One stream per concern: `fork` a stream by name, so that one more draw
 * in one concern does not shift the others.
 */
export class Prng {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;
  private readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
    this.a = seed >>> 0;
    this.b = Math.floor(seed / 0x1_0000_0000) >>> 0;
    this.c = 0x9e37_79b9;
    for (let i = 0; i < 15; i++) this.nextU32();
  }

  /** A new stream that depends on this stream's seed and on `name` only, not on what was drawn so far. */
  fork(name: string): Prng {
    let hash = 0x811c_9dc5 ^ (this.seed >>> 0) ^ (Math.floor(this.seed / 0x1_0000_0000) >>> 0);
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x0100_0193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d);
    return new Prng((hash >>> 0) * 0x20_0000 + ((this.seed >>> 0) & 0x1f_ffff));
  }

  /** Uniform in [0, 2^32). */
  nextU32(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (this.c << 21) | (this.c >>> 11);
    this.c = (this.c + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform integer in [0, bound), 1 ≤ bound ≤ 2^32. */
  below(bound: number): number {
    return Math.floor((this.nextU32() / 0x1_0000_0000) * bound);
  }

  /** Uniform integer in [low, high]. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True with a chance of `parts` in a million. */
  chancePpm(parts: number): boolean {
    return this.below(1_000_000) < parts;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("pick from an empty list");
    return item;
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) out[i] = this.nextU32() & 0xff;
    return out;
  }
}
