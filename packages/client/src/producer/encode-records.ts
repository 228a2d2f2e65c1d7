import { encodeBatch } from "@samsa/protocol/records";
import type { Batch } from "./batch.ts";

/** The batch as record batch v2, with its sequence if it has one. */
export function encodeRecords({ records, sequence }: Batch): Uint8Array {
  const inputs = records.map(({ key, value, headers, timestampMs }) => ({ key, value, headers, timestamp: timestampMs }));
  return encodeBatch({ records: inputs, ...sequence });
}
