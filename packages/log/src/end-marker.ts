import { decodeRecords, readInt16, readInt32 } from "@samsa/protocol/records";

/** What a control batch says that ends a producer's transaction (KIP-98). */
export interface EndMarker {
  readonly isAbort: boolean;
  readonly coordinatorEpoch: number;
}

const ABORT = 0;
const COMMIT = 1;
const KEY_BYTES = 4;
const VALUE_BYTES = 6;

/** Key: version, type; value: version, coordinator epoch. Undefined for other control batches, and such as can't be read. */
export function endMarkerAt(bytes: Uint8Array, position: number): EndMarker | undefined {
  const record = firstRecord(bytes, position);
  if (record?.key === undefined || record.key === null || record.key.length < KEY_BYTES) return undefined;
  const type = readInt16(record.key, 2);
  if (type !== ABORT && type !== COMMIT) return undefined;
  const { value } = record;
  return { isAbort: type === ABORT, coordinatorEpoch: value === null || value.length < VALUE_BYTES ? -1 : readInt32(value, 2) };
}

function firstRecord(bytes: Uint8Array, position: number): ReturnType<typeof decodeRecords>[number] | undefined {
  try {
    return decodeRecords(bytes, position)[0];
  } catch {
    return undefined;
  }
}
