import { type Prng, toHex } from "@samsa/stdx";

const UUID_BYTES = 16;
/** Of a member's id: what stands behind its prefix. */
export const MEMBER_ID_SUFFIX_LENGTH = 37;

/** As Kafka's: a name that people recognise, and a random UUID in its usual form. */
export function newMemberId(prefix: string, prng: Prng): string {
  const hex = toHex(prng.bytes(UUID_BYTES));
  return `${prefix}-${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
