import type { KeyedRecord } from "@samsa/protocol/records";

/** Of one key beside its bytes: its place in the map and its offset. */
const ENTRY_BYTES = 96;
/** A map of JavaScript has room for 2^24. */
const ENTRIES_MAX = 2 ** 23;
/** So many arguments a call may well have. */
const CHARACTERS_AT_A_TIME = 4096;
/** Up to this length no view is made of a key. */
const SHORT_KEY_BYTES = 32;

/** A record that has a key, as far as this goes by it. */
export type RecordKey = Pick<KeyedRecord, "content" | "keyStart" | "keyEnd" | "offset">;

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
  put(record: RecordKey): void {
    const text = textOf(record);
    const { size } = this.offsets;
    this.offsets.set(text, record.offset);
    if (this.offsets.size > size) this.heldBytes += ENTRY_BYTES + text.length;
  }

  /** No record of its key behind it is known. */
  isNewest(record: RecordKey): boolean {
    return (this.offsets.get(textOf(record)) ?? -1) <= record.offset;
  }
}

/** A character for each byte: the shortest form that a key of a map can have. */
function textOf({ content, keyStart, keyEnd }: RecordKey): string {
  let text = "";
  if (keyEnd - keyStart <= SHORT_KEY_BYTES) {
    for (let at = keyStart; at < keyEnd; at++) text += String.fromCharCode(content[at] as number);
    return text;
  }
  for (let at = keyStart; at < keyEnd; at += CHARACTERS_AT_A_TIME)
    text += String.fromCharCode(...content.subarray(at, Math.min(keyEnd, at + CHARACTERS_AT_A_TIME)));
  return text;
}
