import { batches, decodeRecords, encodeBatch } from "@samsa/protocol/records";

interface Of {
  readonly timestamp?: number;
  readonly producerId?: number;
  readonly baseSequence?: number;
}

const bytesOf = (value: string): Uint8Array => new TextEncoder().encode(value);

/** As a producer sends them: `k=v`; `k` alone is a tombstone. */
export function keyed(text: string, { timestamp = 1_000, producerId = -1, baseSequence = 0 }: Of = {}): Uint8Array {
  const records = text.split(" ").map((one) => {
    const [key = "", value] = one.split("=");
    return { key: bytesOf(key), value: value === undefined ? null : bytesOf(value), timestamp };
  });
  return encodeBatch({ records, ...(producerId < 0 ? {} : { producerId, producerEpoch: 0, baseSequence }) });
}

/** As `keyed` takes them, with their offsets: `3:k=v`. */
export function recordsIn(bytes: Uint8Array): string[] {
  const found: string[] = [];
  for (const position of batches(bytes))
    for (const { offset, key, value } of decodeRecords(bytes, position)) found.push(`${offset}:${textOf(key)}${value === null ? "" : `=${textOf(value)}`}`);
  return found;
}

const textOf = (bytes: Uint8Array | null): string => (bytes === null ? "∅" : new TextDecoder().decode(bytes));
