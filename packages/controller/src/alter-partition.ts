import { effectiveMinIsr, type MetadataImage, type MetadataRecord, type PartitionImage } from "@samsa/metadata";
import { invariant, leaderEpoch, NO_NODE, partitionEpoch } from "@samsa/stdx";
import type { ControllerError, ControllerRequest, IsrMember, PartitionAltered, PartitionToAlter } from "./api.ts";
import { answer, type Decision } from "./decision.ts";
import { errorReply } from "./error-reply.ts";
import { changePartition, changeRecord, isReplicaAlive } from "./partition-change.ts";
import { completeReassignment } from "./reassignment.ts";

type AlterPartition = Extract<ControllerRequest, { type: "alter-partition" }>;

/** Leaders ask for other ISRs. Each partition stands for itself; what is accepted is one batch. */
export function alterPartition(image: MetadataImage, request: AlterPartition, maxPartitions: number): Decision {
  const error = senderError(image, request);
  if (error !== "NONE") return answer(errorReply(request.type, error));
  if (request.partitions.length > maxPartitions || hasDuplicates(request.partitions)) return answer(errorReply(request.type, "INVALID_REQUEST"));
  const records: MetadataRecord[] = [];
  const partitions = request.partitions.map((asked) => alterOne(image, request, asked, records));
  return { records, because: `asked by leader ${request.brokerId}`, reply: { type: request.type, error: "NONE", partitions } };
}

function senderError(image: MetadataImage, { brokerId, brokerEpoch }: AlterPartition): ControllerError {
  const sender = image.brokers.get(brokerId);
  if (sender === undefined) return "BROKER_ID_NOT_REGISTERED";
  return sender.brokerEpoch === brokerEpoch ? "NONE" : "STALE_BROKER_EPOCH";
}

const hasDuplicates = (partitions: readonly PartitionToAlter[]): boolean =>
  new Set(partitions.map(({ topicId, partition }) => `${topicId}:${partition}`)).size < partitions.length;

function alterOne(image: MetadataImage, request: AlterPartition, asked: PartitionToAlter, records: MetadataRecord[]): PartitionAltered {
  const topic = image.topicById(asked.topicId);
  if (topic === undefined) return failed(asked, "UNKNOWN_TOPIC_ID");
  const partition = topic.partitions[asked.partition];
  if (partition === undefined) return failed(asked, "UNKNOWN_TOPIC_OR_PARTITION");
  if (isApplied(partition, asked)) return altered(asked, partition);
  const error = checkEpochs(partition, request, asked) ?? checkMembers(image, partition, asked.newIsr);
  if (error !== undefined) return failed(asked, error);
  const wanted = asked.newIsr.map((member) => member.brokerId);
  const minIsrOf = (replicaCount: number): number => effectiveMinIsr(image, topic.name, replicaCount);
  const completed = completeReassignment(partition, wanted, minIsrOf);
  const { replicas, isr } = completed ?? { replicas: partition.replicas, isr: wanted };
  const state = changePartition({ ...partition, replicas }, { isAlive: (id) => isReplicaAlive(image, partition, id), minIsr: minIsrOf(replicas.length), isr });
  invariant(state !== undefined, "a leader's request always makes a new partition epoch", { topic: topic.name, partition: asked.partition });
  records.push(changeRecord(topic, partition.partition, state, completed && { replicas, addingReplicas: [], removingReplicas: [] }));
  // Who leads no more learns it from the metadata, and must not go on with the ISR that it asked for.
  if (state.leader !== partition.leader) return failed(asked, "FENCED_LEADER_EPOCH");
  return altered(asked, { ...partition, ...state });
}

/** The answer to an earlier, equal request was lost: this very change was the last one. */
function isApplied(partition: PartitionImage, { leaderEpoch, partitionEpoch, newIsr }: PartitionToAlter): boolean {
  const isLastChange = partition.leaderEpoch === leaderEpoch && partition.partitionEpoch === partitionEpoch + 1;
  return isLastChange && partition.isr.length === newIsr.length && newIsr.every((member) => partition.isr.includes(member.brokerId));
}

/** In Kafka's order. A sender that is ahead of us knows a newer controller. */
function checkEpochs(partition: PartitionImage, { brokerId }: AlterPartition, asked: PartitionToAlter): ControllerError | undefined {
  if (asked.leaderEpoch > partition.leaderEpoch || asked.partitionEpoch > partition.partitionEpoch) return "NOT_CONTROLLER";
  if (asked.leaderEpoch < partition.leaderEpoch) return "FENCED_LEADER_EPOCH";
  if (brokerId !== partition.leader) return "INVALID_REQUEST";
  if (asked.partitionEpoch < partition.partitionEpoch) return "INVALID_UPDATE_VERSION";
  return undefined;
}

function checkMembers(image: MetadataImage, partition: PartitionImage, newIsr: readonly IsrMember[]): ControllerError | undefined {
  const ids = newIsr.map((member) => member.brokerId);
  const isSetOfReplicas = new Set(ids).size === ids.length && ids.every((id) => partition.replicas.includes(id));
  if (!isSetOfReplicas || !ids.includes(partition.leader)) return "INVALID_REQUEST";
  return newIsr.every((member) => isEligible(image, partition, member)) ? undefined : "INELIGIBLE_REPLICA";
}

/**
 * A fenced broker may be gone when it is needed (KIP-841). One with another broker epoch has restarted since the leader saw it caught up,
 * and may have lost its tail meanwhile (KIP-903):
 *
 * 1. Follower 3 fetches up to the log's end; the leader composes this request with 3 in it.
 * 2. Broker 3 dies, loses its unsynced records, comes back, and is registered and unfenced in a new epoch.
 * 3. The request arrives. Without the epoch, 3 would be in the ISR with a hole.
 */
function isEligible(image: MetadataImage, partition: PartitionImage, member: IsrMember): boolean {
  return isReplicaAlive(image, partition, member.brokerId) && image.brokers.get(member.brokerId)?.brokerEpoch === member.brokerEpoch;
}

const altered = ({ topicId }: PartitionToAlter, { partition, leader, leaderEpoch, partitionEpoch, isr }: PartitionImage): PartitionAltered => ({
  topicId,
  partition,
  error: "NONE",
  leader,
  leaderEpoch,
  partitionEpoch,
  isr,
});

const failed = ({ topicId, partition }: PartitionToAlter, error: ControllerError): PartitionAltered => ({
  topicId,
  partition,
  error,
  leader: NO_NODE,
  leaderEpoch: leaderEpoch(-1),
  partitionEpoch: partitionEpoch(-1),
  isr: [],
});
