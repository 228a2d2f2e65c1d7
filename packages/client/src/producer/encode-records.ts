import { encodeBatch, recompress } from "@samsa/protocol/records";
import type { Batch } from "./batch.ts";
import type { ProducerConfig } from "./producer-config.ts";

/** How a producer's batches are compressed. */
export type BatchCompression = Pick<ProducerConfig, "compressionType" | "compressionLevel">;

/** The batch as record batch v2, with its sequence if it has one. Throws `MissingCodecError` where this process can't compress so. */
export function encodeRecords({ records, sequence }: Batch, { compressionType, compressionLevel: level }: BatchCompression): Uint8Array {
  const inputs = records.map(({ key, value, headers, timestampMs }) => ({ key, value, headers, timestamp: timestampMs }));
  const plain = encodeBatch({ records: inputs, ...sequence });
  return compressionType === "none" ? plain : recompress(plain, { compression: compressionType, level });
}
