import { effectiveMinIsr, type MetadataImage, type MetadataRecord, type PartitionImage, type TopicImage } from "@samsa/metadata";
import { NO_NODE } from "@samsa/stdx";
import type { ControllerRequest, LeaderElected } from "./api.ts";
import { answer, type Decision } from "./decision.ts";
import { errorReply } from "./error-reply.ts";
import { changePartition, changeRecord, isReplicaAlive } from "./partition-change.ts";
import { fault, isFault, type TopicFault } from "./topic-fault.ts";

type ElectLeaders = Extract<ControllerRequest, { type: "elect-leaders" }>;
type ElectionType = ElectLeaders["electionType"];

/**
 * Elections that an operator asks for (KIP-460). Preferred: the first replica leads again, where it is in the ISR. Unclean: a
 * partition that nobody leads gets a leader, be it one that lacks records. Asked for all partitions, those that need none are left out.
 */
export function electLeaders(image: MetadataImage, request: ElectLeaders, maxPartitions: number): Decision {
  const { type, electionType } = request;
  if ((request.partitions?.length ?? 0) > maxPartitions) return answer(errorReply(type, "INVALID_REQUEST"));
  const records: MetadataRecord[] = [];
  const elect = (topic: TopicImage, partition: PartitionImage): TopicFault => {
    const elected = electOne(image, { topic, partition, electionType });
    if (isFault(elected)) return elected;
    records.push(elected);
    return { error: "NONE", message: null };
  };
  const partitions: LeaderElected[] = [];
  if (request.partitions === null) {
    for (const topic of image.topics()) {
      for (const partition of topic.partitions) {
        const outcome = elect(topic, partition);
        if (outcome.error !== "ELECTION_NOT_NEEDED") partitions.push({ topic: topic.name, partition: partition.partition, ...outcome });
      }
    }
  } else {
    const known = new Set<string>();
    for (const asked of request.partitions) {
      const key = `${asked.topic}-${asked.partition}`;
      // Asked for twice it is elected once: a second record would be of a state that the first one changed.
      if (known.has(key)) continue;
      known.add(key);
      const topic = image.topicByName(asked.topic);
      const partition = topic?.partitions[asked.partition];
      const outcome = topic === undefined || partition === undefined ? unknownFault(topic, key, asked.topic) : elect(topic, partition);
      partitions.push({ topic: asked.topic, partition: asked.partition, ...outcome });
    }
  }
  return { records, because: `${electionType} election asked for`, reply: { type, error: "NONE", partitions } };
}

const unknownFault = (topic: TopicImage | undefined, key: string, name: string): TopicFault =>
  fault("UNKNOWN_TOPIC_OR_PARTITION", topic === undefined ? `No such topic as ${name}` : `No such partition as ${key}`);

function electOne(
  image: MetadataImage,
  asked: { readonly topic: TopicImage; readonly partition: PartitionImage; readonly electionType: ElectionType },
): MetadataRecord | TopicFault {
  const { topic, partition, electionType } = asked;
  if (electionType === "preferred") {
    if (partition.leader === partition.replicas[0]) return fault("ELECTION_NOT_NEEDED", null);
    return preferredElection(image, topic, partition) ?? fault("PREFERRED_LEADER_NOT_AVAILABLE", null);
  }
  if (partition.leader !== NO_NODE) return fault("ELECTION_NOT_NEEDED", null);
  const minIsr = effectiveMinIsr(image, topic.name, partition.replicas.length);
  const state = changePartition(partition, { isAlive: (id) => isReplicaAlive(image, partition, id), minIsr, isUncleanAllowed: true });
  if (state === undefined || state.leader === NO_NODE) return fault("ELIGIBLE_LEADERS_NOT_AVAILABLE", null);
  return changeRecord(topic, partition.partition, state);
}

function preferredElection(image: MetadataImage, topic: TopicImage, partition: PartitionImage): MetadataRecord | undefined {
  const preferred = partition.replicas[0] ?? NO_NODE;
  if (preferred === partition.leader || !partition.isr.includes(preferred) || !isReplicaAlive(image, partition, preferred)) return undefined;
  const minIsr = effectiveMinIsr(image, topic.name, partition.replicas.length);
  const state = changePartition(partition, { isAlive: (id) => isReplicaAlive(image, partition, id), minIsr, leader: preferred });
  return state === undefined ? undefined : changeRecord(topic, partition.partition, state);
}

/**
 * The periodic balance (auto.leader.rebalance.enable): every partition whose preferred leader could lead and does not, up to a bound. As with
 * KRaft there is no percentage of imbalance below which nothing is done.
 */
export function balanceLeaders(image: MetadataImage, maxElections: number): readonly MetadataRecord[] {
  const records: MetadataRecord[] = [];
  for (const topic of image.topics()) {
    for (const partition of topic.partitions) {
      if (records.length === maxElections) return records;
      const elected = preferredElection(image, topic, partition);
      if (elected !== undefined) records.push(elected);
    }
  }
  return records;
}
