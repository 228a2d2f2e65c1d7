import type { BrokerEpoch, NodeId, Uuid } from "@samsa/stdx";
import { brokerEpoch, PersistentMap } from "@samsa/stdx";
import type { Assignment, BrokerRegistration, ConfigResourceType, PartitionState, ReplicaDirectory } from "./records.ts";

/** One partition's replicas and what elections and ISR changes made of them. */
export interface PartitionImage extends Assignment, PartitionState {
  readonly partition: number;
  /** Of the replicas whose brokers have said it; the others lie in the only directory of theirs. */
  readonly directories?: readonly ReplicaDirectory[];
}

export interface TopicImage {
  readonly name: string;
  readonly topicId: Uuid;
  /** By partition index, dense from 0. */
  readonly partitions: readonly PartitionImage[];
}

/** The maps behind an image; only a delta builds new ones from them. */
export interface ImageTables {
  readonly brokers: ReadonlyMap<NodeId, BrokerRegistration>;
  readonly nextBrokerEpoch: BrokerEpoch;
  readonly nextProducerId: number;
  readonly topics: PersistentMap<TopicImage>;
  readonly topicIds: PersistentMap<Uuid>;
  /** Overrides by resource key, see `configResourceKey`. */
  readonly configs: PersistentMap<ReadonlyMap<string, string>>;
  /** Finalized levels by feature; those at level 0 are not in it. */
  readonly features: ReadonlyMap<string, number>;
}

const NO_CONFIG: ReadonlyMap<string, string> = new Map();

/** Names the owner of a set of config overrides: `topic:orders`, `group:readers`, `broker:1`, `broker:` for the cluster-wide default. */
export const configResourceKey = (resourceType: ConfigResourceType, resourceName: string): string => `${resourceType}:${resourceName}`;

/**
 * The cluster's metadata after a whole number of batches. Immutable: a reader may keep it.
 * Two images share whatever did not change between them.
 */
export class MetadataImage {
  /** Index of the last metadata entry applied; 0 before the first. */
  readonly index: number;
  /** For `MetadataDelta` only. */
  readonly tables: ImageTables;

  constructor(index: number, tables: ImageTables) {
    this.index = index;
    this.tables = tables;
  }

  get brokers(): ReadonlyMap<NodeId, BrokerRegistration> {
    return this.tables.brokers;
  }

  get nextBrokerEpoch(): BrokerEpoch {
    return this.tables.nextBrokerEpoch;
  }

  get nextProducerId(): number {
    return this.tables.nextProducerId;
  }

  /** Finalized levels by feature; a feature that is not in it is at level 0. */
  get features(): ReadonlyMap<string, number> {
    return this.tables.features;
  }

  get topicCount(): number {
    return this.tables.topics.size;
  }

  topicById(topicId: Uuid): TopicImage | undefined {
    return this.tables.topics.get(topicId);
  }

  topicByName(name: string): TopicImage | undefined {
    const id = this.tables.topicIds.get(name);
    return id === undefined ? undefined : this.tables.topics.get(id);
  }

  /** In an order that depends on the set of topics only, so that all nodes iterate alike. */
  topics(): Iterable<TopicImage> {
    return this.tables.topics.values();
  }

  partition(topicId: Uuid, partition: number): PartitionImage | undefined {
    return this.topicById(topicId)?.partitions[partition];
  }

  /** Overrides only; defaults are the reader's. */
  topicConfig(name: string): ReadonlyMap<string, string> {
    return this.tables.configs.get(configResourceKey("topic", name)) ?? NO_CONFIG;
  }

  /** Overrides only; whether or not there is such a group. */
  groupConfig(groupId: string): ReadonlyMap<string, string> {
    return this.tables.configs.get(configResourceKey("group", groupId)) ?? NO_CONFIG;
  }

  /** Groups that have configs of their own. */
  *configuredGroups(): Generator<string> {
    const prefix = configResourceKey("group", "");
    for (const [key, values] of this.tables.configs.entries()) if (key.startsWith(prefix) && values.size > 0) yield key.slice(prefix.length);
  }

  brokerConfig(brokerId: NodeId | "default"): ReadonlyMap<string, string> {
    return this.tables.configs.get(configResourceKey("broker", brokerId === "default" ? "" : String(brokerId))) ?? NO_CONFIG;
  }
}

/** The metadata of a cluster whose log is empty. */
export const EMPTY_IMAGE = new MetadataImage(0, {
  brokers: new Map(),
  nextBrokerEpoch: brokerEpoch(0),
  nextProducerId: 0,
  topics: PersistentMap.empty(),
  topicIds: PersistentMap.empty(),
  configs: PersistentMap.empty(),
  features: new Map(),
});
