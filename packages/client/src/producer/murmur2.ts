const SEED = 0x9747_b28c;
const MULTIPLIER = 0x5bd1_e995;
const ROTATION = 24;

/** The 32-bit murmur2 hash as Kafka's Java client has it: signed, by which records with a key find their partition. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes;
  const tail = length & ~3;
  let hash = SEED ^ length;
  for (let at = 0; at < tail; at += 4) {
    let word = Math.imul(byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24), MULTIPLIER);
    word ^= word >>> ROTATION;
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER);
  }
  if (length > tail) {
    for (let at = length - 1; at >= tail; at--) hash ^= byteAt(bytes, at) << (8 * (at - tail));
    hash = Math.imul(hash, MULTIPLIER);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, MULTIPLIER);
  return hash ^ (hash >>> 15);
}

const byteAt = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;
