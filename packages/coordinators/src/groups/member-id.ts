import { type Prng, toHex } from "@samsa/stdx";

const UUID_BYTES = 16;

/** As Kafka's: a name that people recognise, and a random UUID in its usual form. */
export function newMemberId(prefix: string, prng: Prng): string {
  const hex = toHex(prng.bytes(UUID_BYTES));
  return `${prefix}-${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
