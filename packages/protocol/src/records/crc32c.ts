/**
 * CRC-32C (Castagnoli) as a port: the TypeScript default runs anywhere, a world may put a native one in its place. Both
 * give the same results, so that replacing one changes no decision.
 *
 * `seed` is the CRC of what came before: `crc32c(b, 0, n, crc32c(a))` is the CRC of a and b together.
 */
export type Crc32cPort = (bytes: Uint8Array, start: number, end: number, seed: number) => number;

const POLYNOMIAL = 0x82f6_3b78;
const SLICES = 16;
/** Below this the loop over single bytes is no slower. */
const SLICING_MIN_BYTES = 32;

/** Table `k` (256 entries each) advances the CRC of a byte over `k` further zero bytes. */
const TABLES = buildTables();

export const portableCrc32c: Crc32cPort = (bytes, start, end, seed) => {
  let crc = ~seed;
  let at = start;
  if (end - at >= SLICING_MIN_BYTES) {
    const stop = end - SLICES;
    for (; at <= stop; at += SLICES) crc = sixteenBytes(bytes, at, crc);
  }
  for (; at < end; at++) crc = (TABLES[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
};

let current: Crc32cPort = portableCrc32c;

export function useCrc32c(port: Crc32cPort): void {
  current = port;
}

/** Unsigned, of `[start, end)`. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  return current(bytes, start, end, seed);
}

/** "Slicing-by-16": sixteen independent look-ups instead of a chain of sixteen. */
function sixteenBytes(bytes: Uint8Array, at: number, crc: number): number {
  const t = TABLES;
  return (
    (t[3840 + (((bytes[at] as number) ^ crc) & 0xff)] as number) ^
    (t[3584 + (((bytes[at + 1] as number) ^ (crc >>> 8)) & 0xff)] as number) ^
    (t[3328 + (((bytes[at + 2] as number) ^ (crc >>> 16)) & 0xff)] as number) ^
    (t[3072 + (((bytes[at + 3] as number) ^ (crc >>> 24)) & 0xff)] as number) ^
    (t[2816 + (bytes[at + 4] as number)] as number) ^
    (t[2560 + (bytes[at + 5] as number)] as number) ^
    (t[2304 + (bytes[at + 6] as number)] as number) ^
    (t[2048 + (bytes[at + 7] as number)] as number) ^
    (t[1792 + (bytes[at + 8] as number)] as number) ^
    (t[1536 + (bytes[at + 9] as number)] as number) ^
    (t[1280 + (bytes[at + 10] as number)] as number) ^
    (t[1024 + (bytes[at + 11] as number)] as number) ^
    (t[768 + (bytes[at + 12] as number)] as number) ^
    (t[512 + (bytes[at + 13] as number)] as number) ^
    (t[256 + (bytes[at + 14] as number)] as number) ^
    (t[bytes[at + 15] as number] as number)
  );
}

function buildTables(): Int32Array {
  const tables = new Int32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const previous = tables[at - 256] as number;
    tables[at] = (previous >>> 8) ^ (tables[previous & 0xff] as number);
  }
  return tables;
}
