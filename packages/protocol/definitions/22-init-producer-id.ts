import type { ApiDescription } from "../generate/description.ts";

/** Version 6 (two-phase commit, KIP-939) is unstable in Kafka 4.3 and hidden there; it is not described. */
export const initProducerId: ApiDescription = {
  key: 22,
  name: "InitProducerId",
  listeners: ["broker"],
  versions: "0-5",
  flexible: "2+",
  history: {
    "2": "Flexible.",
    "3": "A producer may resume with its id and epoch (KIP-360).",
    "4": "PRODUCER_FENCED may be returned.",
    "5": "TRANSACTION_ABORTABLE may be returned (KIP-890).",
  },
  request: [
    {
      name: "transactionalId",
      type: "string",
      versions: "0+",
      nullable: "0+",
      entity: "transactionalId",
      about: "Null for a producer that is only idempotent.",
    },
    { name: "transactionTimeoutMs", type: "int32", versions: "0+" },
    { name: "producerId", type: "int64", versions: "3+", default: -1, entity: "producerId", about: "That the producer had; −1: none." },
    { name: "producerEpoch", type: "int16", versions: "3+", default: -1 },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "0+", ignorable: true },
    { name: "errorCode", type: "int16", versions: "0+" },
    { name: "producerId", type: "int64", versions: "0+", default: -1, entity: "producerId" },
    { name: "producerEpoch", type: "int16", versions: "0+" },
  ],
};
