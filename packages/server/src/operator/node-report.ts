import type { HostedReplica } from "@samsa/broker";
import type { MetadataImage, PartitionImage, TopicImage } from "@samsa/metadata";
import type { Uuid } from "@samsa/stdx";
import { type GroupReport, groupReports, type ReportedCoordinator } from "./group-report.ts";

/** Which partitions and groups a report names; partitions are all counted. */
export interface ReportLimits {
  /** Null: of every topic. */
  readonly topic: string | null;
  readonly partitionsMax: number;
  /** How many of the groups that the node coordinates are described. */
  readonly groupsMax: number;
}

/** A broker as the metadata have it. */
export interface BrokerReport {
  readonly id: number;
  readonly isFenced: boolean;
  /** How many partitions it leads, has a replica of, and is in the ISR of. */
  readonly leads: number;
  readonly replicas: number;
  readonly inSync: number;
}

export interface PartitionReport {
  readonly topic: string;
  readonly partition: number;
  /** −1: nobody. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

/** A replica that the node has itself. Offsets; the high watermark is what this node takes for it. */
export interface OwnReplicaReport {
  readonly topic: string;
  readonly partition: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly highWatermark: number;
}

/**
 * What one node knows of its cluster, and what it has itself. It is what it knows: one that is cut off knows what was, and the one with the highest
 * `metadataIndex` knows most. Any node answers, also without a controller.
 */
export interface NodeReport {
  readonly nodeId: number;
  /** The active controller; −1: it knows none. */
  readonly controller: number;
  readonly controllerEpoch: number;
  /** Of the last metadata entry that it has applied. */
  readonly metadataIndex: number;
  readonly brokers: readonly BrokerReport[];
  readonly topicCount: number;
  readonly partitionCount: number;
  readonly leaderlessCount: number;
  readonly underReplicatedCount: number;
  /** By topic and index, internal topics last; at most as many as were asked for. */
  readonly partitions: readonly PartitionReport[];
  /** Of the partitions that are named. */
  readonly ownReplicas: readonly OwnReplicaReport[];
  /** That it coordinates; null while it still reads what is kept of some. */
  readonly groups: readonly GroupReport[] | null;
}

/** The parts of a node that know. */
export interface ReportSources {
  readonly quorum: { readonly node: { readonly leader: number; readonly term: number } | undefined };
  readonly controller: { readonly image: MetadataImage };
  /** Undefined on a node without the broker role. */
  readonly broker:
    | {
        readonly replicas: { get(topicId: Uuid, partition: number): ReportedReplica | undefined };
        readonly groups: { all(): readonly ReportedCoordinator[] | undefined };
      }
    | undefined;
}

type ReportedReplica = Pick<HostedReplica, "topic" | "partition"> & {
  readonly log: Pick<HostedReplica["log"], "isReady" | "logStartOffset" | "writtenEnd">;
  readonly replica: Pick<HostedReplica["replica"], "highWatermark">;
};

/** Linear in the cluster's partitions, and names no more of them than `partitionsMax`. */
export function nodeReport(nodeId: number, { quorum, controller, broker }: ReportSources, wanted: ReportLimits): NodeReport {
  const { image } = controller;
  const topics = [...image.topics()];
  const named = partitionsOf(topics, wanted);
  return {
    nodeId,
    controller: quorum.node?.leader ?? -1,
    controllerEpoch: quorum.node?.term ?? 0,
    metadataIndex: image.index,
    ...countsOf(image, topics),
    topicCount: topics.length,
    partitions: named.map(({ topic, partition }) => partitionReport(topic, partition)),
    ownReplicas: named.flatMap(({ topic, partition }) => {
      const own = broker?.replicas.get(topic.topicId, partition.partition);
      return own === undefined || !own.log.isReady ? [] : [ownReplica(own)];
    }),
    groups: groupsOf(broker, wanted),
  };
}

function groupsOf(broker: ReportSources["broker"], { groupsMax }: ReportLimits): readonly GroupReport[] | null {
  if (broker === undefined || groupsMax === 0) return [];
  const coordinators = broker.groups.all();
  return coordinators === undefined ? null : groupReports(coordinators, groupsMax);
}

type Counts = Pick<NodeReport, "brokers" | "partitionCount" | "leaderlessCount" | "underReplicatedCount">;

function countsOf(image: MetadataImage, topics: readonly TopicImage[]): Counts {
  const brokers = new Map([...image.brokers.values()].map(({ brokerId: id, isFenced }) => [id, { id, isFenced, leads: 0, replicas: 0, inSync: 0 }]));
  let [partitionCount, leaderlessCount, underReplicatedCount] = [0, 0, 0];
  for (const { partitions } of topics) {
    for (const { leader, replicas, isr } of partitions) {
      partitionCount++;
      if (leader < 0) leaderlessCount++;
      if (isr.length < replicas.length) underReplicatedCount++;
      const leading = brokers.get(leader);
      if (leading !== undefined) leading.leads++;
      for (const id of replicas) {
        const holder = brokers.get(id);
        if (holder === undefined) continue;
        holder.replicas++;
        if (isr.includes(id)) holder.inSync++;
      }
    }
  }
  return { brokers: [...brokers.values()].sort((a, b) => a.id - b.id), partitionCount, leaderlessCount, underReplicatedCount };
}

interface NamedPartition {
  readonly topic: TopicImage;
  readonly partition: PartitionImage;
}

function partitionsOf(topics: readonly TopicImage[], { topic: name, partitionsMax }: ReportLimits): readonly NamedPartition[] {
  const wanted = name === null ? topics.toSorted(byName) : topics.filter((topic) => topic.name === name);
  const named: NamedPartition[] = [];
  for (const topic of wanted) {
    for (const partition of topic.partitions) {
      if (named.length >= partitionsMax) return named;
      named.push({ topic, partition });
    }
  }
  return named;
}

const isInternal = ({ name }: TopicImage): boolean => name.startsWith("__");

/** What users made comes first. */
function byName(a: TopicImage, b: TopicImage): number {
  if (isInternal(a) !== isInternal(b)) return isInternal(a) ? 1 : -1;
  return a.name < b.name ? -1 : 1;
}

const partitionReport = ({ name }: TopicImage, { partition, leader, leaderEpoch, replicas, isr }: PartitionImage): PartitionReport => ({
  topic: name,
  partition,
  leader,
  leaderEpoch,
  replicas,
  isr,
});

const ownReplica = ({ topic, partition, log, replica }: ReportedReplica): OwnReplicaReport => ({
  topic,
  partition,
  logStartOffset: log.logStartOffset,
  logEndOffset: log.writtenEnd,
  highWatermark: replica.highWatermark,
});
