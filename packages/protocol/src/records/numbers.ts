/** Big-endian integers at a position that the caller has checked to be within the bytes. */

const TWO_TO_THE_32 = 0x1_0000_0000;

export const readInt16 = (bytes: Uint8Array, at: number): number => (((bytes[at] as number) << 24) >> 16) | (bytes[at + 1] as number);

export const readInt32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);

/** Beyond ±2^53 the nearest number: whoever reads a stranger's bytes asks `Number.isSafeInteger`. */
export const readInt64 = (bytes: Uint8Array, at: number): number => readInt32(bytes, at) * TWO_TO_THE_32 + (readInt32(bytes, at + 4) >>> 0);

export function writeInt16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = (value >> 8) & 0xff;
  bytes[at + 1] = value & 0xff;
}

export function writeInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = (value >>> 24) & 0xff;
  bytes[at + 1] = (value >>> 16) & 0xff;
  bytes[at + 2] = (value >>> 8) & 0xff;
  bytes[at + 3] = value & 0xff;
}

export function writeInt64(bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / TWO_TO_THE_32);
  writeInt32(bytes, at, high);
  writeInt32(bytes, at + 4, value - high * TWO_TO_THE_32);
}
