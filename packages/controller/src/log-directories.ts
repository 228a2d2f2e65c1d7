import type { BrokerRegistration, MetadataImage, MetadataRecord, PartitionImage } from "@samsa/metadata";
import { type NodeId, type Uuid, ZERO_UUID } from "@samsa/stdx";
import type { ControllerRequest } from "./api.ts";
import { answer, type Decision } from "./decision.ts";
import { errorReply } from "./error-reply.ts";
import { type ClusterGoal, changePartitions, isUnfenced } from "./partition-change.ts";
import { directoryOf, logDirsOf } from "./replica-directory.ts";
import type { UncleanRule } from "./unclean-election.ts";

type AssignReplicas = Extract<ControllerRequest, { type: "assign-replicas-to-dirs" }>;
type Assigned = AssignReplicas["replicas"][number];

/*
 * A broker's log directories fail and are replaced one by one (KIP-112, KIP-858). What lay in one that has failed proves nothing any more: its
 * last writes may be gone, and the kernel may call pages clean that it could not write. So its replicas leave ISR and ELR alike, and may
 * come back only by catching up; whoever led last among them stays the last known leader until the directory is seen to be replaced.
 */

/** What of a broker's replicas is lost for what it says of its directories at its registration. */
export interface LostDirectories {
  readonly isAnyGone: boolean;
  readonly concerns: (partition: PartitionImage) => boolean;
  /** Every directory that the broker is configured with works: one that is not there any more was replaced, and its files with it. */
  readonly isWiped: boolean;
}

/** Undefined where all directories that were known are there. */
export function lostDirectories(
  known: BrokerRegistration | undefined,
  { brokerId, directoryId, logDirs, hasOfflineDirs }: Extract<ControllerRequest, { type: "register-broker" }>,
): LostDirectories | undefined {
  // A directory that was not told of proves nothing.
  if (known === undefined || known.directoryId === ZERO_UUID || directoryId === ZERO_UUID) return undefined;
  const before = logDirsOf(known);
  const now = logDirs ?? [directoryId];
  const isAnyGone = before.some((id) => !now.includes(id));
  const concerns = (partition: PartitionImage): boolean => {
    const at = directoryOf(partition, brokerId);
    // Where it lay was never said: in the only directory, or in any of them.
    return at === undefined ? partition.replicas.includes(brokerId) && isAnyGone : !now.includes(at);
  };
  return { isAnyGone, concerns, isWiped: hasOfflineDirs !== true };
}

/** The consequences of the failure of some of a broker's log directories; nothing where it was known. */
export function failDirectories(
  image: MetadataImage,
  broker: BrokerRegistration,
  { offlineDirs, isUncleanAllowed }: { readonly offlineDirs: readonly Uuid[]; readonly isUncleanAllowed: UncleanRule },
): readonly MetadataRecord[] {
  const { brokerId, brokerEpoch } = broker;
  const before = logDirsOf(broker);
  const logDirs = before.filter((id) => !offlineDirs.includes(id));
  if (logDirs.length === before.length) return [];
  const isHit = (partition: PartitionImage): boolean => {
    const at = directoryOf(partition, brokerId);
    return at !== undefined && offlineDirs.includes(at);
  };
  return [{ type: "broker-directories", brokerId, brokerEpoch, logDirs }, ...changePartitions(image, goalWithout(image, brokerId, isUncleanAllowed), isHit)];
}

/**
 * A broker tells where its replicas lie. One that lies in a directory which has failed since is taken out as `failDirectories` would have:
 *
 * 1. a new replica is put into directory A, and its broker's word of it is under way, 2. A fails, and the heartbeat that says so comes first:
 * nobody knows yet that the replica lies there.
 */
export function assignReplicas(
  image: MetadataImage,
  request: AssignReplicas,
  { maxReplicas, isUncleanAllowed }: { readonly maxReplicas: number; readonly isUncleanAllowed: UncleanRule },
): Decision {
  const { type, brokerId, brokerEpoch, replicas } = request;
  const broker = image.brokers.get(brokerId);
  if (broker === undefined) return answer(errorReply(type, "BROKER_ID_NOT_REGISTERED"));
  if (broker.brokerEpoch !== brokerEpoch) return answer(errorReply(type, "STALE_BROKER_EPOCH"));
  if (replicas.length > maxReplicas) return answer(errorReply(type, "INVALID_REQUEST"));
  const moved = replicas.filter((asked) => isNews(image, brokerId, asked));
  const records: MetadataRecord[] = moved.map(({ topicId, partition, directoryId }) => ({
    type: "replica-directory",
    topicId,
    partition,
    brokerId,
    directoryId,
  }));
  const online = logDirsOf(broker);
  const lost = moved.filter(({ directoryId }) => !online.includes(directoryId));
  if (lost.length > 0) {
    const concerned = new Set(lost.map(({ topicId, partition }) => image.topicById(topicId)?.partitions[partition]));
    records.push(...changePartitions(image, goalWithout(image, brokerId, isUncleanAllowed), (partition) => concerned.has(partition)));
  }
  return { records, because: `broker ${brokerId} said where its replicas lie`, reply: { type, error: "NONE" } };
}

/** A replica that was moved or deleted meanwhile is nobody's business any more. */
function isNews(image: MetadataImage, brokerId: NodeId, { topicId, partition, directoryId }: Assigned): boolean {
  const at = image.topicById(topicId)?.partitions[partition];
  return at?.replicas.includes(brokerId) === true && directoryOf(at, brokerId) !== directoryId;
}

const goalWithout = (image: MetadataImage, brokerId: NodeId, isUncleanAllowed: UncleanRule): ClusterGoal => ({
  isAlive: (id) => id !== brokerId && isUnfenced(image, id),
  lossy: brokerId,
  isUncleanAllowed,
});
