import { Packr } from "msgpackr/pack";
import { isPlainMessagePack } from "./plain-message-pack.ts";

/**
 * MessagePack as the control plane uses it: plain maps, no records, no extensions of our own. The only file that
 * knows `msgpackr`.
 */
const packr = new Packr({ useRecords: false, mapsAsObjects: true, encodeUndefinedAsNil: false, int64AsType: "bigint" });

export function pack(value: unknown): Uint8Array {
  const packed: Uint8Array = packr.pack(value);
  return packed;
}

/** What another process sent: undefined where it is not one plain MessagePack value, or has more than `maxBytes`. */
export function unpackForeign(bytes: Uint8Array, maxBytes: number): unknown {
  return bytes.length <= maxBytes && isPlainMessagePack(bytes) ? unpack(bytes) : undefined;
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
