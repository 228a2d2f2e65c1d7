import { encodeBatch } from "@samsa/protocol/records";

interface Of {
  readonly producerId: number;
  readonly baseOffset: number;
  readonly epoch?: number;
}

/** A batch of a transaction, as a leader sends it. */
export function transactional({
  producerId,
  baseOffset,
  epoch = 0,
  count = 1,
  baseSequence = 0,
}: Of & { readonly count?: number; readonly baseSequence?: number }): Uint8Array {
  const value = new TextEncoder().encode(`of ${producerId} at ${baseOffset}`);
  const records = Array.from({ length: count }, () => ({ key: null, value, timestamp: 1_000 }));
  return encodeBatch({ records, baseOffset, partitionLeaderEpoch: epoch, producerId, producerEpoch: 0, baseSequence, isTransactional: true });
}

/** The control batch that ends a producer's transaction, as a leader sends it. */
export function marker({ producerId, baseOffset, epoch = 0 }: Of, type: "abort" | "commit"): Uint8Array {
  const record = { key: Uint8Array.of(0, 0, 0, type === "abort" ? 0 : 1), value: Uint8Array.of(0, 0, 0, 0, 0, 3), timestamp: 1_000 };
  return encodeBatch({ records: [record], baseOffset, partitionLeaderEpoch: epoch, producerId, producerEpoch: 0, isTransactional: true, isControl: true });
}
