/** Bytes that two places must share to be a match. */
export const MATCH_BYTES_MIN = 4;
const HASH_BITS = 14;
const NOWHERE = -1;

export interface Match {
  /** Where the same bytes stood before. */
  readonly from: number;
  readonly length: number;
}

/** Finds bytes again that came before in one block: chains of the places whose next four bytes have one hash. */
export class Matches {
  private readonly bytes: Uint8Array;
  private readonly attemptsMax: number;
  private readonly heads = new Int32Array(1 << HASH_BITS).fill(NOWHERE);
  private readonly before: Int32Array;

  /** `attemptsMax`: places that are looked at for the longest match. */
  constructor(block: Uint8Array, attemptsMax: number) {
    this.bytes = block;
    this.attemptsMax = attemptsMax;
    this.before = new Int32Array(block.length);
  }

  /** Later places may match this one; four bytes stand there. */
  add(at: number): void {
    const hash = this.hashAt(at);
    this.before[at] = this.heads[hash] as number;
    this.heads[hash] = at;
  }

  /** The longest match for what stands at `at` and ends at or before `limit`; undefined without any. */
  longestAt(at: number, limit: number): Match | undefined {
    let best: Match | undefined;
    let from = this.heads[this.hashAt(at)] as number;
    for (let left = this.attemptsMax; left > 0 && from !== NOWHERE; left--, from = this.before[from] as number) {
      const length = this.lengthOf(from, at, limit);
      if (length >= MATCH_BYTES_MIN && length > (best?.length ?? 0)) best = { from, length };
    }
    return best;
  }

  private lengthOf(from: number, at: number, limit: number): number {
    let length = 0;
    while (at + length < limit && this.bytes[from + length] === this.bytes[at + length]) length++;
    return length;
  }

  private hashAt(at: number): number {
    const { bytes } = this;
    const word = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
    return Math.imul(word, 0x9e37_79b1) >>> (32 - HASH_BITS);
  }
}
