/** A 32-bit checksum. CRC-32C is meant; any good one will do, as long as it stays the same. */
export type Crc = (bytes: Uint8Array) => number;
