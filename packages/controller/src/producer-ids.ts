import type { MetadataImage } from "@samsa/metadata";
import type { ControllerRequest } from "./api.ts";
import { answer, type Decision } from "./decision.ts";
import { errorReply } from "./error-reply.ts";

type AllocateProducerIds = Extract<ControllerRequest, { type: "allocate-producer-ids" }>;

/** Gives a broker a block of ids of its own. A block whose answer was lost stays unused: an id given twice would mix two producers' sequences. */
export function allocateProducerIds(image: MetadataImage, request: AllocateProducerIds, blockSize: number): Decision {
  const { type, brokerId, brokerEpoch } = request;
  const broker = image.brokers.get(brokerId);
  if (broker === undefined) return answer(errorReply(type, "BROKER_ID_NOT_REGISTERED"));
  if (broker.brokerEpoch !== brokerEpoch) return answer(errorReply(type, "STALE_BROKER_EPOCH"));
  const firstProducerId = image.nextProducerId;
  if (firstProducerId + blockSize > Number.MAX_SAFE_INTEGER) return answer(errorReply(type, "UNKNOWN_SERVER_ERROR"));
  const record = { type: "producer-ids", brokerId, brokerEpoch, nextProducerId: firstProducerId + blockSize } as const;
  return { records: [record], because: "", reply: { type, error: "NONE", firstProducerId, count: blockSize } };
}
