import {
  batches,
  BASE_SEQUENCE_AT,
  computeCrc,
  CRC_AT,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  writeInt16,
  writeInt32,
  writeInt64,
} from "@samsa/protocol/records";

/** Makes every batch one of nobody, in place, with a new CRC: a broker can't tell any more that it has it already. */
export function stripProducer(records: Uint8Array): void {
  for (const position of batches(records)) {
    writeInt64(records, position + PRODUCER_ID_AT, NO_PRODUCER_ID);
    writeInt16(records, position + PRODUCER_EPOCH_AT, NO_PRODUCER_EPOCH);
    writeInt32(records, position + BASE_SEQUENCE_AT, NO_SEQUENCE);
    writeInt32(records, position + CRC_AT, computeCrc(records, position));
  }
}
