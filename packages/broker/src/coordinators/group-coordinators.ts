import type { GroupConfig, GroupCoordinator, IsTopicThere } from "@samsa/coordinators";
import type { MetadataChanges, MetadataImage, TopicImage } from "@samsa/metadata";
import type { ErrorName } from "@samsa/protocol";
import type { Replica } from "@samsa/replication";
import { earlier, type LeaderEpoch, type Micros, type Now, type Prng, type Uuid, ZERO_UUID } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";
import type { HostedReplica } from "../replicas/hosted-replica.ts";
import type { HostedReplicas } from "../replicas/hosted-replicas.ts";
import { GroupPartition } from "./group-partition.ts";
import { coordinatorPartition } from "./java-hash.ts";

/** Where groups and their offsets are kept. */
export const OFFSETS_TOPIC = "__consumer_offsets";

export interface GroupCoordinatorsOptions {
  readonly config: GroupConfig;
  readonly outbox: Outbox;
  readonly prng: Prng;
  readonly replicas: () => HostedReplicas;
  readonly image: () => MetadataImage;
}

/** The coordinators of the groups on this broker: one for each partition of `__consumer_offsets` that it leads. */
export class GroupCoordinators {
  private readonly options: GroupCoordinatorsOptions;
  /** By key of the hosted replica. */
  private readonly partitions = new Map<string, GroupPartition>();
  private readonly touched = new Set<string>();
  /** Whose topics the coordinators have been told of. */
  private toldOf: MetadataImage | undefined;

  constructor(options: GroupCoordinatorsOptions) {
    this.options = options;
  }

  private readonly isThere: IsTopicThere = (name, topicId) => {
    const topic = this.options.image().topicByName(name);
    return topic !== undefined && (topicId === ZERO_UUID || topic.topicId === topicId);
  };

  get nextDeadlineUs(): Micros | undefined {
    let next: Micros | undefined;
    for (const partition of this.partitions.values()) next = earlier(next, partition.nextDeadlineUs);
    return next;
  }

  /** Undefined as long as nobody has asked for a group's coordinator. */
  get topic(): TopicImage | undefined {
    return this.options.image().topicByName(OFFSETS_TOPIC);
  }

  /** The partition that a group is on; undefined while the topic is not there. */
  partitionOf(groupId: string): number | undefined {
    const { topic } = this;
    return topic === undefined ? undefined : coordinatorPartition(groupId, topic.partitions.length);
  }

  /** Who coordinates the group here, or why nobody does. */
  of(groupId: string): GroupCoordinator | ErrorName {
    const { topic } = this;
    if (topic === undefined) return "NOT_COORDINATOR";
    const hosted = this.options.replicas().get(topic.topicId, coordinatorPartition(groupId, topic.partitions.length));
    const partition = hosted === undefined ? undefined : this.partitions.get(hosted.key);
    if (partition?.coordinator !== undefined) return partition.coordinator;
    return hosted?.replica.role === "leader" ? "COORDINATOR_LOAD_IN_PROGRESS" : "NOT_COORDINATOR";
  }

  /** The one of this replica (by its key), if it may be asked. */
  active(key: string): GroupCoordinator | undefined {
    return this.partitions.get(key)?.coordinator;
  }

  /** The leader epoch in which the groups of this replica are coordinated here, whether or not that is still right; undefined: they are not. */
  activeEpoch(key: string): LeaderEpoch | undefined {
    return this.partitions.get(key)?.activeEpoch;
  }

  /** All that are active here; undefined while one of them is still being loaded. */
  all(): readonly GroupCoordinator[] | undefined {
    const active: GroupCoordinator[] = [];
    for (const partition of this.partitions.values()) {
      if (!partition.isLeading) continue;
      if (partition.coordinator === undefined) return undefined;
      active.push(partition.coordinator);
    }
    return active;
  }

  /** Something of this replica has changed that its coordinator may wait for. */
  touch(key: string, { topic }: Pick<Replica, "topic">): void {
    if (topic === OFFSETS_TOPIC) this.touched.add(key);
  }

  applyMetadata(changes: MetadataChanges, now: Now): void {
    this.forgetGone(now);
    if (changes.removedTopics.size > 0) for (const { coordinator } of this.partitions.values()) coordinator?.forgetTopics(this.isThere, now);
    if (this.haveTopicsChanged(changes)) for (const { coordinator } of this.partitions.values()) coordinator?.topicsChanged(now);
    this.toldOf = this.options.image();
  }

  deadline(now: Now): void {
    for (const partition of this.partitions.values()) partition.deadline(now);
  }

  /** What is answered may lead to more to be answered in the same turn. */
  endTurn(now: Now): void {
    for (let keys = [...this.touched]; keys.length > 0; keys = [...this.touched]) {
      this.touched.clear();
      for (const key of keys) this.update(key, now);
    }
  }

  /** Leaders and replicas of partitions are nothing that a group goes by. */
  private haveTopicsChanged({ changedTopics, removedTopics }: MetadataChanges): boolean {
    if (removedTopics.size > 0) return true;
    const image = this.options.image();
    const countOf = (of: MetadataImage | undefined, topicId: Uuid): number | undefined => of?.topicById(topicId)?.partitions.length;
    return [...changedTopics.keys()].some((topicId) => countOf(this.toldOf, topicId) !== countOf(image, topicId));
  }

  private update(key: string, now: Now): void {
    const hosted = this.options.replicas().byKey(key);
    const known = this.partitions.get(key);
    if (known !== undefined && known.hosted !== hosted) {
      known.end(now);
      this.partitions.delete(key);
    }
    if (hosted === undefined) return;
    const partition = this.partitions.get(key) ?? this.add(hosted);
    partition.update(now);
  }

  private add(hosted: HostedReplica): GroupPartition {
    const { config, outbox, prng, image } = this.options;
    const partition = new GroupPartition({ hosted, config, outbox, prng, image, isThere: this.isThere, touch: () => this.touched.add(hosted.key) });
    this.partitions.set(hosted.key, partition);
    return partition;
  }

  /** The topic was deleted, or the partition's replica moved elsewhere. */
  private forgetGone(now: Now): void {
    for (const [key, partition] of this.partitions) {
      if (this.options.replicas().byKey(key) === partition.hosted) continue;
      partition.end(now);
      this.partitions.delete(key);
    }
  }
}
