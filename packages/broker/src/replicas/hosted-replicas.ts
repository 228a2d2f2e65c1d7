import { type BrokerEpoch, earlier, invariant, type Micros, type NodeId, type Now, NO_NODE, type Uuid } from "@samsa/stdx";
import { topicConfigsWithoutEffect } from "@samsa/controller";
import { FileGenerations, PartitionLog } from "@samsa/log";
import type { MetadataChanges, MetadataImage, PartitionImage, TopicImage } from "@samsa/metadata";
import { type IsrChange, Replica, type ReplicaListener } from "@samsa/replication";
import type { Outbox } from "@samsa/world";
import type { BrokerConfig } from "../config.ts";
import type { IsrChanges } from "../isr-changes.ts";
import { logConfigOf, minInsyncReplicasOf } from "./topic-config.ts";

/** Told when something that others wait for has changed in a partition this broker hosts. */
export interface HostedEvents {
  appended(key: string, replica: Replica): void;
  written(replica: Replica): void;
  highWatermarkMoved(key: string, replica: Replica): void;
  stateChanged(key: string, replica: Replica): void;
  /** The replica follows this leader from here on; −1: nobody. */
  follows(hosted: HostedReplica, leader: NodeId): void;
}

export interface HostedReplica {
  readonly key: string;
  readonly topic: string;
  readonly topicId: Uuid;
  readonly partition: number;
  readonly replica: Replica;
  readonly log: PartitionLog;
  /** The log was appended to: write it out at the end of the turn. */
  touch(): void;
}

/** As EX_IOERR of sysexits.h. */
export const LOG_DIRECTORY_FAILED = 74;

/** Partitions are keyed inside by (topic id, index): a topic created again under an old name is another one. */
export const partitionKey = (topicId: Uuid, partition: number): string => `${topicId}:${partition}`;

/** The partitions that this broker hosts, kept as the committed metadata says. */
export class HostedReplicas {
  private readonly config: BrokerConfig;
  private readonly outbox: Outbox;
  private readonly events: HostedEvents;
  private readonly isrChanges: IsrChanges;
  private readonly hosted = new Map<string, HostedReplica>();
  /** The same by topic and index, for requests: a key made for each of their partitions would be most of a look-up. */
  private readonly byTopic = new Map<Uuid, Map<number, HostedReplica>>();
  private readonly recovering = new Set<string>();
  /** Counts the truncations of the node's log files, as the shell does. */
  private readonly generations = new FileGenerations();
  private readonly touchedLogs = new Set<PartitionLog>();
  /** Topic configs without effect that the operator was told of: once each, not for every topic that sets them. */
  private readonly toldConfigs = new Set<string>();
  private image: MetadataImage;
  private ownBrokerEpoch: BrokerEpoch;
  private hasLostPageCache = false;

  constructor(options: { config: BrokerConfig; outbox: Outbox; events: HostedEvents; isrChanges: IsrChanges; image: MetadataImage; brokerEpoch: BrokerEpoch }) {
    this.config = options.config;
    this.outbox = options.outbox;
    this.events = options.events;
    this.isrChanges = options.isrChanges;
    this.image = options.image;
    this.ownBrokerEpoch = options.brokerEpoch;
  }

  get(topicId: Uuid, partition: number): HostedReplica | undefined {
    return this.byTopic.get(topicId)?.get(partition);
  }

  all(): Iterable<HostedReplica> {
    return this.hosted.values();
  }

  /** While a log is read at start-up its partition must not be counted on. */
  get isRecovering(): boolean {
    return this.recovering.size > 0;
  }

  get nextDeadlineUs(): Micros | undefined {
    let earliest: Micros | undefined;
    for (const { replica, log } of this.hosted.values()) earliest = earlier(earlier(earliest, replica.nextDeadlineUs), log.nextDeadlineUs);
    return earliest;
  }

  /** The whole image, when this broker's registration has been applied: what came before it was another incarnation's. */
  start(image: MetadataImage, { epoch, hasLostPageCache }: { readonly epoch: BrokerEpoch; readonly hasLostPageCache: boolean }, now: Now): void {
    this.image = image;
    this.ownBrokerEpoch = epoch;
    this.hasLostPageCache = hasLostPageCache;
    for (const topic of image.topics()) for (const partition of topic.partitions) this.applyPartition(topic, partition, now);
  }

  apply(image: MetadataImage, changes: MetadataChanges, now: Now): void {
    this.image = image;
    for (const [topicId, partitions] of changes.changedTopics) {
      const topic = image.topicById(topicId);
      for (const index of partitions) {
        const partition = topic?.partitions[index];
        if (topic !== undefined && partition !== undefined) this.applyPartition(topic, partition, now);
      }
    }
  }

  deadline(now: Now): void {
    for (const { replica, log } of this.hosted.values()) {
      const at = replica.nextDeadlineUs;
      if (at !== undefined && at <= now.monotonicUs) replica.tick(now);
      log.deadline(now);
    }
  }

  /** One vectored write for each log that was appended to in this turn. */
  endTurn(): void {
    if (this.touchedLogs.size === 0) return;
    for (const log of this.touchedLogs) log.flushTurn();
    this.touchedLogs.clear();
  }

  touch(log: PartitionLog): void {
    this.touchedLogs.add(log);
  }

  private applyPartition(topic: TopicImage, partition: PartitionImage, now: Now): void {
    if (!partition.replicas.includes(this.config.nodeId)) return;
    const key = partitionKey(topic.topicId, partition.partition);
    const hosted = this.hosted.get(key) ?? this.open(topic, partition, now);
    if (!this.recovering.has(key)) this.applyRole(hosted, topic, partition, now);
  }

  private open(topic: TopicImage, partition: PartitionImage, now: Now): HostedReplica {
    const key = partitionKey(topic.topicId, partition.partition);
    const overrides = this.image.topicConfig(topic.name);
    this.tellWithoutEffect(topic.name, overrides);
    const listener: { replica?: Replica } = {};
    const log = new PartitionLog({
      directory: `${topic.name}-${partition.partition}`,
      topic: topic.name,
      partition: partition.partition,
      topicId: topic.topicId,
      outbox: this.outbox,
      generations: this.generations,
      hasLostPageCache: this.hasLostPageCache,
      config: logConfigOf(this.config, overrides),
      listener: {
        endsMoved: (at) => listener.replica?.endsMoved(at),
        logFailed: (detail, at) => this.failed(key, detail, at),
        logRecovered: (at) => this.recovered(key, at),
      },
    });
    const replica = new Replica({
      topic: topic.name,
      topicId: topic.topicId,
      partition: partition.partition,
      self: this.config.nodeId,
      log,
      listener: this.listenerFor(key, log),
      replicaLagTimeMaxMs: this.config.replicaLagTimeMaxMs,
    });
    listener.replica = replica;
    const hosted: HostedReplica = {
      key,
      topic: topic.name,
      topicId: topic.topicId,
      partition: partition.partition,
      replica,
      log,
      touch: () => this.touch(log),
    };
    this.hosted.set(key, hosted);
    const siblings = this.byTopic.get(topic.topicId) ?? new Map<number, HostedReplica>();
    this.byTopic.set(topic.topicId, siblings.set(partition.partition, hosted));
    this.recovering.add(key);
    log.recover(now);
    return hosted;
  }

  private tellWithoutEffect(topic: string, overrides: ReadonlyMap<string, string>): void {
    if (overrides.size === 0) return;
    const configs = topicConfigsWithoutEffect(overrides).filter((name) => !this.toldConfigs.has(name));
    for (const name of configs) this.toldConfigs.add(name);
    if (configs.length > 0) this.outbox.trace({ kind: "configs-without-effect", topic, configs });
  }

  /** The metadata may have moved on while the log was read: its role comes from the newest image. */
  private recovered(key: string, now: Now): void {
    const hosted = this.hosted.get(key);
    invariant(hosted !== undefined, "a log that recovered is hosted", { key });
    this.recovering.delete(key);
    const topic = this.image.topicById(hosted.topicId);
    const partition = topic?.partitions[hosted.partition];
    if (topic !== undefined && partition !== undefined) this.applyRole(hosted, topic, partition, now);
  }

  /**
   * A log that can't be written, or not be read, takes its log directory with it, and a broker with no log directory left ends as
   * Kafka's does: the controller moves its leaderships, and a restart reads what the disk holds.
   */
  private failed(key: string, detail: string, now: Now): void {
    this.recovering.delete(key);
    this.hosted.get(key)?.replica.logFailed(detail, now);
    this.outbox.emit({ type: "exit", code: LOG_DIRECTORY_FAILED, reason: `the log directory has failed: ${detail}` });
  }

  private applyRole(hosted: HostedReplica, topic: TopicImage, partition: PartitionImage, now: Now): void {
    const { leader, leaderEpoch, partitionEpoch, replicas, isr } = partition;
    if (leader === this.config.nodeId) {
      const minInsyncReplicas = minInsyncReplicasOf(this.config, this.image, topic.name);
      hosted.replica.becomeLeader({ leaderEpoch, partitionEpoch, replicas, isr, minInsyncReplicas }, now);
      this.events.follows(hosted, NO_NODE);
    } else {
      hosted.replica.becomeFollower({ leaderEpoch, partitionEpoch, leader, replicas, isr }, now);
      this.events.follows(hosted, leader);
    }
    this.touch(hosted.log);
  }

  private listenerFor(key: string, log: PartitionLog): ReplicaListener {
    const brokerEpoch = (): BrokerEpoch => this.ownBrokerEpoch;
    const { outbox } = this;
    return {
      get ownBrokerEpoch() {
        return brokerEpoch();
      },
      get isDetailed() {
        return outbox.isDetailed;
      },
      highWatermarkMoved: (replica) => this.events.highWatermarkMoved(key, replica),
      stateChanged: (replica) => this.events.stateChanged(key, replica),
      recordsAppended: (replica) => {
        this.touch(log);
        this.events.appended(key, replica);
      },
      recordsWritten: (replica) => this.events.written(replica),
      alterIsr: (replica, change: IsrChange) => this.isrChanges.add(replica, change),
      brokerView: (brokerId) => this.image.brokers.get(brokerId),
      trace: (event) => outbox.trace(event),
    };
  }
}
