import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { encodeUtf8, toBase64Url } from "@samsa/stdx";

/** Shorter ones could be guessed. */
export const MIN_SECRET_BYTES = 16;

/** The cluster's id follows from its secret, so that nodes agree on it before they have met; 22 characters as Kafka's. */
export function clusterIdOf(secret: Uint8Array): string {
  return toBase64Url(hmac(sha256, secret, encodeUtf8("samsa cluster id")).subarray(0, 16));
}

export const secretProof =
  (secret: Uint8Array) =>
  (text: string): Uint8Array =>
    hmac(sha256, secret, encodeUtf8(text));
