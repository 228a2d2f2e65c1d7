import { type MetadataImage, type MetadataRecord, type PartitionImage, recordFault } from "@samsa/metadata";
import type { ControllerRequest } from "./api.ts";
import { batchBytesMax } from "./batch-limits.ts";
import { answer, type Decision } from "./decision.ts";
import { errorReply } from "./error-reply.ts";
import { unfenceBroker, fenceBroker } from "./fencing.ts";
import { failDirectories, lostDirectories } from "./log-directories.ts";
import { changePartitions, isUnfenced } from "./partition-change.ts";
import type { UncleanRule } from "./unclean-election.ts";
import { registrationFault } from "./update-features.ts";

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
 * A broker that returns without a log directory that it had has lost all that lay there, whatever else it says: it leaves ISR and ELR of those
 * partitions, as one whose host lost its page cache does of all, and where the directory was replaced is no last known leader any more. One that can't work at the cluster's finalized levels of features is
 * refused, and so is a registration of more than `maxBytes`: its batch may change every partition, too; and one that no node could read.
 */
export function registerBroker(
  image: MetadataImage,
  request: RegisterBroker,
  { maxBytes, isUncleanAllowed }: { readonly maxBytes: number; readonly isUncleanAllowed: UncleanRule },
): Decision {
  const { brokerId, incarnationId } = request;
  const known = image.brokers.get(brokerId);
  if (known?.incarnationId === incarnationId) return answer({ type: request.type, error: "NONE", brokerEpoch: known.brokerEpoch });
  if (known !== undefined && !known.isFenced) return answer(errorReply(request.type, "DUPLICATE_BROKER_REGISTRATION"));
  if (registrationFault(image, request.features) !== undefined) return answer(errorReply(request.type, "UNSUPPORTED_VERSION"));
  const { type, hasOfflineDirs: _, ...registration } = request;
  const record: MetadataRecord = { type, ...registration, brokerEpoch: image.nextBrokerEpoch };
  const records: MetadataRecord[] = [record];
  if (recordFault(record) !== undefined || batchBytesMax(records) > maxBytes) return answer(errorReply(type, "INVALID_REQUEST"));
  const lost = lostDirectories(known, request);
  // The last replica standing may have lost what it acknowledged: it must not be elected as if it had not (KIP-966, P17).
  const isAlive = (id: typeof brokerId): boolean => id !== brokerId && isUnfenced(image, id);
  const goal = { isAlive, lossy: brokerId, isUncleanAllowed };
  const isGone = (partition: PartitionImage): boolean => lost?.concerns(partition) === true;
  const isWiped = lost?.isWiped === true;
  const holdsEvidence = ({ isr, elr }: PartitionImage): boolean => isr.includes(brokerId) || elr.includes(brokerId);
  const changes = [
    ...changePartitions(image, { ...goal, isWiped }, (it) => isGone(it) && (holdsEvidence(it) || (isWiped && it.lastKnownLeader === brokerId))),
    ...(request.pageCacheSurvived ? [] : changePartitions(image, goal, (it) => !isGone(it) && holdsEvidence(it))),
  ];
  records.push(...changes);
  const without = lost?.isAnyGone === true ? " without a directory that it had" : request.pageCacheSurvived ? "" : " without its page cache";
  return { records, because: `broker ${brokerId} registered${without}`, reply: { type, error: "NONE", brokerEpoch: image.nextBrokerEpoch } };
}

interface HeartbeatSurroundings {
  readonly image: MetadataImage;
  /** Knows the registration's true index. */
  readonly committed: MetadataImage;
  readonly isUncleanAllowed: UncleanRule;
  /** Of a broker that wants to end, and is fenced: everybody else knows. */
  readonly mayEnd: boolean;
  /** Nobody else is unfenced: there is nobody to wait for. */
  readonly isAlone: boolean;
}

/**
 * A broker says that it lives and how far it has applied the metadata log. It is unfenced once it has applied its own registration:
 * not the end of the log, which moves (KAFKA-13959). One that wants to end is taken out of everything at once, and may end when
 * the others have applied that.
 */
export function heartbeat(at: HeartbeatSurroundings, request: Heartbeat): Decision {
  const { image, committed, isUncleanAllowed } = at;
  const { brokerId } = request;
  const broker = image.brokers.get(brokerId);
  if (broker === undefined) return answer(errorReply(request.type, "BROKER_ID_NOT_REGISTERED"));
  if (broker.brokerEpoch !== request.brokerEpoch) return answer(errorReply(request.type, "STALE_BROKER_EPOCH"));
  const reply = { type: request.type, error: "NONE", isFenced: true, shouldShutDown: false } as const;
  if (request.wantsShutdown) {
    if (broker.isFenced) return answer({ ...reply, shouldShutDown: at.mayEnd });
    const records = fenceBroker(image, broker, isUncleanAllowed);
    return { records, because: `controlled shutdown of broker ${brokerId}`, reply: { ...reply, shouldShutDown: at.isAlone } };
  }
  const failed = request.offlineDirs === undefined ? [] : failDirectories(image, broker, { offlineDirs: request.offlineDirs, isUncleanAllowed });
  if (failed.length > 0)
    return { records: failed, because: `a log directory of broker ${brokerId} has failed`, reply: { ...reply, isFenced: broker.isFenced } };
  if (!broker.isFenced) return answer({ ...reply, isFenced: false });
  const registration = committed.brokers.get(brokerId);
  const hasAppliedItself = registration?.brokerEpoch === broker.brokerEpoch && request.appliedIndex >= registration.registeredAtIndex;
  if (!hasAppliedItself) return answer(reply);
  return { records: unfenceBroker(image, broker, isUncleanAllowed), because: `broker ${brokerId} unfenced`, reply: { ...reply, isFenced: false } };
}
