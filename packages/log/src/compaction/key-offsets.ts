/** Of one key beside its bytes: its place in the map and its offset. */
const ENTRY_BYTES = 96;
/** A map of JavaScript has room for 2^24. */
const ENTRIES_MAX = 2 ** 23;
/** So many arguments a call may well have. */
const CHARACTERS_AT_A_TIME = 4096;

/**
 * The newest offset of each key in a stretch of a log. Whole keys are kept and no digests of them, so that no two are ever taken for one; `limitBytes`
 * bounds what they take, up to the batch that goes beyond it.
 */
export class KeyOffsets {
  private readonly limitBytes: number;
  private readonly offsets = new Map<string, number>();
  private heldBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get isFull(): boolean {
    return this.heldBytes >= this.limitBytes || this.offsets.size >= ENTRIES_MAX;
  }

  get sizeInBytes(): number {
    return this.heldBytes;
  }

  /** In the order of the log. */
  put(key: Uint8Array, offset: number): void {
    const text = textOf(key);
    const { size } = this.offsets;
    this.offsets.set(text, offset);
    if (this.offsets.size > size) this.heldBytes += ENTRY_BYTES + key.length;
  }

  /** No record of the key behind `offset` is known. */
  isNewest(key: Uint8Array, offset: number): boolean {
    return (this.offsets.get(textOf(key)) ?? -1) <= offset;
  }
}

/** A character for each byte: the shortest form that a key of a map can have. */
function textOf(key: Uint8Array): string {
  let text = "";
  for (let at = 0; at < key.length; at += CHARACTERS_AT_A_TIME) text += String.fromCharCode(...key.subarray(at, at + CHARACTERS_AT_A_TIME));
  return text;
}
