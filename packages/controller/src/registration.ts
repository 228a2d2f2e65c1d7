import type { MetadataImage, MetadataRecord } from "@samsa/metadata";
import type { ControllerRequest } from "./api.ts";
import { batchBytesMax } from "./batch-limits.ts";
import { answer, type Decision } from "./decision.ts";
import { errorReply } from "./error-reply.ts";
import { unfenceBroker, fenceBroker } from "./fencing.ts";
import { changePartitions, isUnfenced } from "./partition-change.ts";

type RegisterBroker = Extract<ControllerRequest, { type: "register-broker" }>;
type Heartbeat = Extract<ControllerRequest, { type: "broker-heartbeat" }>;

/**
 * A process introduces itself.
 *
 * | the id is held by | answer |
 * |---|---|
 * | nobody, or a fenced incarnation | a new broker epoch, fenced |
 * | this incarnation | the epoch it has: its first answer was lost, and a new epoch would void what it did since (KAFKA-16952) |
 * | another incarnation, unfenced | DUPLICATE_BROKER_REGISTRATION; the caller has the old one probed, the newcomer asks again |
 *
 * A registration of more than `maxBytes` is refused: its batch may change every partition, too.
 */
export function registerBroker(image: MetadataImage, request: RegisterBroker, maxBytes: number): Decision {
  const { brokerId, incarnationId } = request;
  const known = image.brokers.get(brokerId);
  if (known?.incarnationId === incarnationId) return answer({ type: request.type, error: "NONE", brokerEpoch: known.brokerEpoch });
  if (known !== undefined && !known.isFenced) return answer(errorReply(request.type, "DUPLICATE_BROKER_REGISTRATION"));
  const { type, ...registration } = request;
  const records: MetadataRecord[] = [{ type, ...registration, brokerEpoch: image.nextBrokerEpoch }];
  if (batchBytesMax(records) > maxBytes) return answer(errorReply(type, "INVALID_REQUEST"));
  if (!request.pageCacheSurvived) {
    // The last replica standing may have lost what it acknowledged: it must not be elected as if it had not (KIP-966, P17).
    const isAlive = (id: typeof brokerId): boolean => id !== brokerId && isUnfenced(image, id);
    const holdsEvidence = (ids: readonly (typeof brokerId)[]): boolean => ids.includes(brokerId);
    records.push(...changePartitions(image, { isAlive, lossy: brokerId }, (partition) => holdsEvidence(partition.isr) || holdsEvidence(partition.elr)));
  }
  const because = request.pageCacheSurvived ? `broker ${brokerId} registered` : `broker ${brokerId} registered without its page cache`;
  return { records, because, reply: { type, error: "NONE", brokerEpoch: image.nextBrokerEpoch } };
}

/**
 * A broker says that it lives and how far it has applied the metadata log. It is unfenced once it has applied its own registration:
 * not the end of the log, which moves (KAFKA-13959). `committed` knows the registration's true index.
 */
export function heartbeat(image: MetadataImage, committed: MetadataImage, request: Heartbeat): Decision {
  const { brokerId } = request;
  const broker = image.brokers.get(brokerId);
  if (broker === undefined) return answer(errorReply(request.type, "BROKER_ID_NOT_REGISTERED"));
  if (broker.brokerEpoch !== request.brokerEpoch) return answer(errorReply(request.type, "STALE_BROKER_EPOCH"));
  const reply = { type: request.type, error: "NONE", isFenced: true, shouldShutDown: request.wantsShutdown } as const;
  if (request.wantsShutdown) {
    const records = broker.isFenced ? [] : fenceBroker(image, broker);
    return { records, because: `controlled shutdown of broker ${brokerId}`, reply };
  }
  if (!broker.isFenced) return answer({ ...reply, isFenced: false });
  const registration = committed.brokers.get(brokerId);
  const hasAppliedItself = registration?.brokerEpoch === broker.brokerEpoch && request.appliedIndex >= registration.registeredAtIndex;
  if (!hasAppliedItself) return answer(reply);
  return { records: unfenceBroker(image, broker), because: `broker ${brokerId} unfenced`, reply: { ...reply, isFenced: false } };
}
