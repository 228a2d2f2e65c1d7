import { ErrorCode, type MetadataResponse } from "@samsa/protocol";
import type { Uuid } from "@samsa/stdx";
import { ZERO_UUID } from "@samsa/stdx";
import type { Endpoint } from "../client-config.ts";

export const NO_LEADER = -1;
const NO_EPOCH = -1;
const OK = 0;

export interface LeaderAndEpoch {
  /** `NO_LEADER`: nobody leads. */
  readonly leader: number;
  readonly epoch: number;
}

export interface TopicMetadata {
  readonly topicId: Uuid;
  /** Kafka's error code; partitions are those last known. */
  readonly errorCode: number;
  /** Answers in a row that said that there is no such topic. One alone may be of a broker that knows less. */
  readonly absences: number;
  readonly partitions: ReadonlyMap<number, LeaderAndEpoch>;
}

/** KIP-951: what the response to a request at the wrong broker says of the right one. */
export interface LeaderHint extends LeaderAndEpoch {
  readonly topic: string;
  readonly partition: number;
  readonly endpoint: Endpoint | undefined;
}

/** After so many answers a topic that was there has been deleted. */
const ABSENCES_OF_GONE = 3;

/**
 * What is known of the cluster. Knowledge of a partition never goes back to an older leader epoch of the same topic id, nor that of a topic to an id that
 * was replaced.
 */
export class ClusterMetadata {
  /** Grows with whatever is new of topics. */
  revision = 0;
  private readonly brokersById = new Map<number, Endpoint>();
  private readonly topics = new Map<string, TopicMetadata>();
  private readonly namesById = new Map<Uuid, string>();
  controllerId = NO_LEADER;

  get brokers(): ReadonlyMap<number, Endpoint> {
    return this.brokersById;
  }

  topic(name: string): TopicMetadata | undefined {
    return this.topics.get(name);
  }

  /** The zero id: not known, or the brokers are too old to have ids. */
  topicId(name: string): Uuid {
    return this.topics.get(name)?.topicId ?? ZERO_UUID;
  }

  topicName(id: Uuid): string | undefined {
    return this.namesById.get(id);
  }

  /** Undefined: the partition is not known, or nobody leads it. */
  leaderOf(topic: string, partition: number): LeaderAndEpoch | undefined {
    const known = this.topics.get(topic)?.partitions.get(partition);
    return known === undefined || known.leader === NO_LEADER ? undefined : known;
  }

  /** The partitions that there are; undefined: nobody has said anything of the topic yet. */
  partitionCountOf(name: string): number | undefined {
    const known = this.topics.get(name);
    return known === undefined || known.absences < ABSENCES_OF_GONE ? known?.partitions.size : 0;
  }

  /** It is there, and each of its partitions has a leader. */
  isWhole(name: string): boolean {
    const known = this.topics.get(name);
    return known !== undefined && known.errorCode === OK && [...known.partitions.values()].every(({ leader }) => leader !== NO_LEADER);
  }

  /** Nobody keeps it up to date any more: what is known of it would be taken for true once it is wanted again. */
  forget(name: string): void {
    const id = this.topicId(name);
    this.topics.delete(name);
    if (this.namesById.get(id) === name) this.namesById.delete(id);
  }

  /** True if it told anything new. */
  apply(response: MetadataResponse): boolean {
    let isNews = this.controllerId !== response.controllerId;
    this.controllerId = response.controllerId;
    isNews = this.applyBrokers(response) || isNews;
    for (const topic of response.topics) isNews = this.applyTopic(topic) || isNews;
    return isNews;
  }

  /** True if the hint is newer than what was known. */
  applyHint({ topic, partition, leader, epoch, endpoint }: LeaderHint): boolean {
    const known = this.topics.get(topic);
    const before = known?.partitions.get(partition);
    if (known === undefined || before === undefined || leader === NO_LEADER || epoch <= before.epoch) return false;
    if (endpoint === undefined && !this.brokersById.has(leader)) return false;
    if (endpoint !== undefined) this.brokersById.set(leader, endpoint);
    this.topics.set(topic, { ...known, partitions: new Map(known.partitions).set(partition, { leader, epoch }) });
    this.revision++;
    return true;
  }

  /** An empty list proves nothing (a broker that is starting): what was known is kept. */
  private applyBrokers({ brokers }: MetadataResponse): boolean {
    if (brokers.length === 0) return false;
    const isSame =
      brokers.length === this.brokersById.size && brokers.every(({ nodeId, host, port }) => isSameEndpoint(this.brokersById.get(nodeId), { host, port }));
    this.brokersById.clear();
    for (const { nodeId, host, port } of brokers) this.brokersById.set(nodeId, { host, port });
    return !isSame;
  }

  private applyTopic(topic: MetadataResponse["topics"][number]): boolean {
    if (topic.name === null) return false;
    const known = this.topics.get(topic.name);
    if (topic.errorCode === OK && this.wasReplaced(topic.name, topic.topicId)) return false;
    const isSameTopic = known !== undefined && (known.topicId === topic.topicId || topic.errorCode !== OK);
    const partitions = new Map(isSameTopic ? known.partitions : []);
    let isNews = known?.errorCode !== topic.errorCode || !isSameTopic;
    for (const { partitionIndex, leaderId, leaderEpoch } of topic.partitions) {
      const before = partitions.get(partitionIndex);
      if (before !== undefined && leaderEpoch !== NO_EPOCH && leaderEpoch < before.epoch) continue;
      isNews ||= before?.leader !== leaderId || before.epoch !== leaderEpoch;
      partitions.set(partitionIndex, { leader: leaderId, epoch: leaderEpoch });
    }
    const topicId = topic.errorCode === OK ? topic.topicId : (known?.topicId ?? topic.topicId);
    const absences = topic.errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION ? (known?.absences ?? 0) + 1 : 0;
    this.topics.set(topic.name, { topicId, errorCode: topic.errorCode, partitions, absences });
    if (topic.errorCode === OK) this.namesById.set(topicId, topic.name);
    if (isNews || absences === ABSENCES_OF_GONE) this.revision++;
    return isNews;
  }

  /** Another id has taken its place since: a broker that knows less tells of it. */
  private wasReplaced(name: string, id: Uuid): boolean {
    const known = this.topicId(name);
    return known !== ZERO_UUID && known !== id && this.namesById.get(id) === name;
  }
}

export const isSameEndpoint = (a: Endpoint | undefined, b: Endpoint): boolean => a !== undefined && a.host === b.host && a.port === b.port;
