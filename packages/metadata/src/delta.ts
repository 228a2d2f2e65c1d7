import type { BrokerEpoch, NodeId, Uuid } from "@samsa/stdx";
import { brokerEpoch, invariant, unreachable } from "@samsa/stdx";
import { configResourceKey, MetadataImage, type PartitionImage, type TopicImage } from "./image.ts";
import type { MetadataChanges } from "./metadata-changes.ts";
import { assertPartitionChange, assertPartitionState } from "./partition-rules.ts";
import type { BrokerRegistration, MetadataRecord } from "./records.ts";

type RecordOf<T extends MetadataRecord["type"]> = Extract<MetadataRecord, { type: T }>;

interface TopicDraft {
  readonly name: string;
  readonly topicId: Uuid;
  readonly partitions: PartitionImage[];
  readonly changed: Set<number>;
}

/**
 * What one entry of the metadata log changes in an image. Records are replayed in order; `apply` gives the image after
 * them, which shares everything else with the base. A topic's partitions are copied once, however many of them change.
 *
 * Replay computes nothing: records carry the outcome. It asserts instead that the outcome is one the rules allow, for a
 * node that goes on with a broken image would spread it (KAFKA-14275).
 */
export class MetadataDelta implements MetadataChanges {
  readonly base: MetadataImage;
  private readonly brokers = new Map<NodeId, BrokerRegistration>();
  private readonly registered = new Set<NodeId>();
  private readonly topics = new Map<Uuid, TopicDraft>();
  /** undefined: the name is free. */
  private readonly topicIds = new Map<string, Uuid | undefined>();
  private readonly removed = new Map<Uuid, TopicImage>();
  private readonly configs = new Map<string, Map<string, string>>();
  private readonly features = new Map<string, number>();
  private nextBrokerEpoch: BrokerEpoch;
  private nextProducerId: number;

  constructor(base: MetadataImage) {
    this.base = base;
    this.nextBrokerEpoch = base.nextBrokerEpoch;
    this.nextProducerId = base.nextProducerId;
  }

  /** Topic ids with the partitions that are new or have changed. */
  get changedTopics(): ReadonlyMap<Uuid, ReadonlySet<number>> {
    return new Map([...this.topics].map(([id, draft]) => [id, draft.changed]));
  }

  get removedTopics(): ReadonlyMap<Uuid, TopicImage> {
    return this.removed;
  }

  get changedBrokers(): ReadonlySet<NodeId> {
    return new Set(this.brokers.keys());
  }

  get changedConfigs(): ReadonlySet<string> {
    return new Set(this.configs.keys());
  }

  replay(record: MetadataRecord): void {
    switch (record.type) {
      case "register-broker":
        return this.registerBroker(record);
      case "fence-broker":
        return this.setFenced(record.brokerId, record.brokerEpoch, true);
      case "unfence-broker":
        return this.setFenced(record.brokerId, record.brokerEpoch, false);
      case "broker-directories":
        return this.setDirectories(record);
      case "topic":
        return this.addTopic(record);
      case "remove-topic":
        return this.removeTopic(record);
      case "partition":
        return this.addPartition(record);
      case "partition-change":
        return this.changePartition(record);
      case "replica-directory":
        return this.placeReplica(record);
      case "producer-ids":
        return this.takeProducerIds(record);
      case "config":
        return this.setConfig(record);
      case "feature-level":
        this.features.set(record.name, record.level);
        return;
      case "snapshot":
        return this.beginSnapshot(record);
      case "broker":
        return this.restoreBroker(record);
      default:
        return unreachable(record, "unknown metadata record");
    }
  }

  /** The image after this delta, which is the log's entry at `index`. */
  apply(index: number): MetadataImage {
    invariant(index > this.base.index, "metadata entries are applied in order", { index, after: this.base.index });
    const { tables } = this.base;
    return new MetadataImage(index, {
      brokers: this.brokers.size === 0 ? tables.brokers : this.mergeBrokers(index),
      nextBrokerEpoch: this.nextBrokerEpoch,
      nextProducerId: this.nextProducerId,
      topics: tables.topics.with(this.mergedTopics()),
      topicIds: tables.topicIds.with(this.topicIds),
      configs: tables.configs.with(new Map([...this.configs].map(([key, values]) => [key, values.size === 0 ? undefined : values]))),
      features: this.features.size === 0 ? tables.features : this.mergedFeatures(),
    });
  }

  private mergedTopics(): ReadonlyMap<string, TopicImage | undefined> {
    const merged = new Map<string, TopicImage | undefined>();
    for (const id of this.removed.keys()) merged.set(id, undefined);
    for (const [id, draft] of this.topics) merged.set(id, topicOf(draft));
    return merged;
  }

  private mergedFeatures(): ReadonlyMap<string, number> {
    const merged = new Map([...this.base.features, ...this.features]);
    return new Map([...merged].filter(([, level]) => level > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private mergeBrokers(index: number): ReadonlyMap<NodeId, BrokerRegistration> {
    const merged = new Map(this.base.brokers);
    for (const [id, broker] of this.brokers) merged.set(id, this.registered.has(id) ? { ...broker, registeredAtIndex: index } : broker);
    return new Map([...merged].sort(([a], [b]) => a - b));
  }

  private registerBroker(record: RecordOf<"register-broker">): void {
    const { type: _, pageCacheSurvived: __, ...registration } = record;
    const { brokerId } = record;
    const before = this.broker(brokerId);
    invariant(record.brokerEpoch === this.nextBrokerEpoch, "broker epochs rise by one", { record, next: this.nextBrokerEpoch });
    invariant(before === undefined || before.isFenced, "an incarnation takes over from a fenced one only", { record, before });
    this.nextBrokerEpoch = brokerEpoch(record.brokerEpoch + 1);
    this.registered.add(brokerId);
    this.brokers.set(brokerId, { ...registration, isFenced: true, registeredAtIndex: 0 });
  }

  /** The snapshot's own records must be the first that an image ever gets: whatever else it knew would survive as if it were in it. */
  private beginSnapshot({ nextBrokerEpoch, nextProducerId }: RecordOf<"snapshot">): void {
    const isEmpty = this.base.index === 0 && this.brokers.size + this.topics.size + this.configs.size + this.features.size === 0;
    invariant(isEmpty && this.nextBrokerEpoch === 0 && this.nextProducerId === 0, "a snapshot begins from nothing", { base: this.base.index });
    this.nextBrokerEpoch = nextBrokerEpoch;
    this.nextProducerId = nextProducerId;
  }

  private restoreBroker(record: RecordOf<"broker">): void {
    const { type: _, ...registration } = record;
    const { brokerId } = registration;
    invariant(this.base.index === 0 && this.broker(brokerId) === undefined, "a broker's standing is restored once, by a snapshot", { brokerId });
    invariant(registration.brokerEpoch < this.nextBrokerEpoch, "a snapshot's brokers have epochs that were given out", { registration });
    this.brokers.set(brokerId, registration);
  }

  private setFenced(brokerId: NodeId, epoch: BrokerEpoch, isFenced: boolean): void {
    const broker = this.broker(brokerId);
    invariant(broker?.brokerEpoch === epoch, "a broker is fenced and unfenced in its current epoch", { brokerId, epoch, current: broker?.brokerEpoch });
    invariant(broker.isFenced !== isFenced, "fencing and unfencing alternate", { brokerId, epoch, isFenced });
    this.brokers.set(brokerId, { ...broker, isFenced });
  }

  private setDirectories({ brokerId, brokerEpoch: epoch, logDirs }: RecordOf<"broker-directories">): void {
    const broker = this.broker(brokerId);
    invariant(broker?.brokerEpoch === epoch, "a broker's directories fail in its current epoch", { brokerId, epoch, current: broker?.brokerEpoch });
    this.brokers.set(brokerId, { ...broker, logDirs });
  }

  private addTopic({ name, topicId }: RecordOf<"topic">): void {
    const known = this.topicIds.has(name) ? this.topicIds.get(name) : this.base.topicByName(name)?.topicId;
    invariant(known === undefined && !this.removed.has(topicId) && this.draftOf(topicId) === undefined, "a topic is created once", { name, topicId });
    this.topicIds.set(name, topicId);
    this.topics.set(topicId, { name, topicId, partitions: [], changed: new Set() });
  }

  /** Its configs go with it: a topic created again under its name begins without. */
  private removeTopic({ topicId }: RecordOf<"remove-topic">): void {
    const draft = this.draftOf(topicId);
    invariant(draft !== undefined, "a topic exists before it is removed", { topicId });
    this.topics.delete(topicId);
    this.removed.set(topicId, this.base.topicById(topicId) ?? topicOf(draft));
    this.topicIds.set(draft.name, undefined);
    const configs = configResourceKey("topic", draft.name);
    if (this.configs.has(configs) || this.base.tables.configs.get(configs) !== undefined) this.configs.set(configs, new Map());
  }

  private addPartition(record: RecordOf<"partition">): void {
    const draft = this.draftOf(record.topicId);
    invariant(draft?.partitions.length === record.partition, "partitions are created densely from 0", { record });
    const { type: _, topicId: __, ...partition } = record;
    assertPartitionState(partition);
    draft.partitions.push(partition);
    draft.changed.add(record.partition);
  }

  private changePartition(record: RecordOf<"partition-change">): void {
    const draft = this.draftOf(record.topicId);
    const before = draft?.partitions[record.partition];
    invariant(draft !== undefined && before !== undefined, "a partition exists before it changes", { record });
    const { type: _, topicId: __, assignment, ...state } = record;
    const after: PartitionImage = { ...before, ...assignment, ...state, ...directoriesOf(before, assignment?.replicas ?? before.replicas) };
    assertPartitionState(after);
    assertPartitionChange(before, after);
    draft.partitions[record.partition] = after;
    draft.changed.add(record.partition);
  }

  /** No change of leader or ISR, and so none of the partition's epoch: only the controller and the broker itself act by it. */
  private placeReplica({ topicId, partition, brokerId, directoryId }: RecordOf<"replica-directory">): void {
    const draft = this.draftOf(topicId);
    const before = draft?.partitions[partition];
    invariant(before?.replicas.includes(brokerId) === true, "a replica is placed on a broker that has one", { topicId, partition, brokerId });
    const others = before.directories?.filter((one) => one.brokerId !== brokerId) ?? [];
    draft?.partitions.splice(partition, 1, { ...before, directories: [...others, { brokerId, directoryId }] });
    draft?.changed.add(partition);
  }

  private takeProducerIds(record: RecordOf<"producer-ids">): void {
    invariant(record.nextProducerId > this.nextProducerId, "producer ids are given out once", { record, next: this.nextProducerId });
    this.nextProducerId = record.nextProducerId;
  }

  private setConfig(record: RecordOf<"config">): void {
    const key = configResourceKey(record.resourceType, record.resourceName);
    const values = this.configs.get(key) ?? new Map(this.base.tables.configs.get(key));
    this.configs.set(key, values);
    if (record.value === null) values.delete(record.key);
    else values.set(record.key, record.value);
  }

  private broker(brokerId: NodeId): BrokerRegistration | undefined {
    return this.brokers.get(brokerId) ?? this.base.brokers.get(brokerId);
  }

  /** The topic's only copy in this delta, made at the first change. */
  private draftOf(topicId: Uuid): TopicDraft | undefined {
    const known = this.topics.get(topicId);
    if (known !== undefined || this.removed.has(topicId)) return known;
    const topic = this.base.topicById(topicId);
    if (topic === undefined) return undefined;
    const draft = { name: topic.name, topicId, partitions: [...topic.partitions], changed: new Set<number>() };
    this.topics.set(topicId, draft);
    return draft;
  }
}

/** Of a broker that holds the partition no more nothing is remembered. */
function directoriesOf({ directories }: PartitionImage, replicas: readonly NodeId[]): Pick<PartitionImage, "directories"> {
  return directories === undefined ? {} : { directories: directories.filter(({ brokerId }) => replicas.includes(brokerId)) };
}

const topicOf = ({ name, topicId, partitions }: TopicDraft): TopicImage => ({ name, topicId, partitions: [...partitions] });

/** Replays one whole entry of the log. */
export function replayBatch(
  base: MetadataImage,
  records: readonly MetadataRecord[],
  index: number,
): { readonly image: MetadataImage; readonly delta: MetadataDelta } {
  const delta = new MetadataDelta(base);
  for (const record of records) delta.replay(record);
  return { image: delta.apply(index), delta };
}
