import { Packr } from "msgpackr/pack";

/**
 * MessagePack as the control plane uses it: plain maps, no records, no extensions of our own. The only file that
 * knows `msgpackr`.
 */
const packr = new Packr({ useRecords: false, mapsAsObjects: true, encodeUndefinedAsNil: false, int64AsType: "bigint" });

export function pack(value: unknown): Uint8Array {
  const packed: Uint8Array = packr.pack(value);
  return packed;
}

/** Undefined where the bytes are not one MessagePack value. Bytes fields are views of `bytes`. */
export function unpack(bytes: Uint8Array): unknown {
  try {
    const value: unknown = packr.unpack(bytes);
    return value;
  } catch {
    // A stranger's bytes: msgpackr throws errors of many classes, and all mean the same.
    return undefined;
  }
}
