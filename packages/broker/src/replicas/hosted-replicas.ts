import { type BrokerEpoch, invariant, leaderEpoch, type Micros, type NodeId, type Now, NO_NODE, partitionEpoch, type Uuid } from "@samsa/stdx";
import { topicConfigsWithoutEffect } from "@samsa/controller";
import { LogSetAside, PartitionLog, sharedResources, StrayLogs, strayDirectory } from "@samsa/log";
import { configResourceKey, type MetadataChanges, type MetadataImage, type PartitionImage, type TopicImage } from "@samsa/metadata";
import { type IsrChange, Replica, type ReplicaListener } from "@samsa/replication";
import type { Outbox } from "@samsa/world";
import type { BrokerConfig } from "../config.ts";
import type { IsrChanges } from "../isr-changes.ts";
import { LogDeletions } from "./log-deletions.ts";
import { LogRecoveries } from "./log-recoveries.ts";
import { ReplicaDeadlines } from "./replica-deadlines.ts";
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
  /** Place of its log directory among `log.dirs`. */
  readonly logDir: number;
  /** The log was appended to: write it out at the end of the turn. */
  touch(): void;
}

/** As EX_IOERR of sysexits.h. */
export const LOG_DIRECTORY_FAILED = 74;

/** Partitions are keyed inside by (topic id, index): a topic created again under an old name is another one. */
export const partitionKey = (topicId: Uuid, partition: number): string => `${topicId}:${partition}`;

const directoryOf = (topic: string, partition: number): string => `${topic}-${partition}`;

const beyond = ({ leaderEpoch: epoch, partitionEpoch: changes }: Replica) => ({
  leaderEpoch: leaderEpoch(epoch + 1),
  partitionEpoch: partitionEpoch(changes + 1),
  leader: NO_NODE,
  replicas: [],
  isr: [],
});

/** The partitions that this broker hosts, kept as the committed metadata says. */
export class HostedReplicas {
  private readonly config: BrokerConfig;
  private readonly outbox: Outbox;
  private readonly events: HostedEvents;
  private readonly isrChanges: IsrChanges;
  private readonly hosted = new Map<string, HostedReplica>();
  /** The same by topic and index, for requests: a key made for each of their partitions would be most of a look-up. */
  private readonly byTopic = new Map<Uuid, Map<number, HostedReplica>>();
  /** Being read, waiting to be read, or waiting for their directory's last files to be deleted. */
  private readonly recovering = new Set<string>();
  private readonly recoveries = new LogRecoveries();
  private readonly deletions: LogDeletions;
  /** By directory: what is to be opened there once it is free. */
  private readonly waitingForDirectory = new Map<string, { readonly topicId: Uuid; readonly partition: number }>();
  private readonly shared = sharedResources();
  private readonly touched = new Set<HostedReplica>();
  private readonly deadlines = new ReplicaDeadlines();
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
    this.deletions = new LogDeletions({
      free: (directory, now) => this.directoryFree(directory, now),
      failed: (detail) => this.logDirectoryFailed(detail),
    });
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
    return this.deadlines.nextDeadlineUs;
  }

  /** The whole image, when this broker's registration has been applied: what came before it was another incarnation's. */
  start(image: MetadataImage, { epoch, hasLostPageCache }: { readonly epoch: BrokerEpoch; readonly hasLostPageCache: boolean }, now: Now): void {
    this.image = image;
    this.ownBrokerEpoch = epoch;
    this.hasLostPageCache = hasLostPageCache;
    for (const topic of image.topics()) for (const partition of topic.partitions) this.applyPartition(topic, partition, now);
    this.setStraysAside();
  }

  apply(image: MetadataImage, changes: MetadataChanges, now: Now): void {
    this.image = image;
    for (const topic of changes.removedTopics.values()) for (const { partition } of topic.partitions) this.remove(topic, partition, now);
    for (const [topicId, partitions] of changes.changedTopics) {
      const topic = image.topicById(topicId);
      for (const index of partitions) {
        const partition = topic?.partitions[index];
        if (topic !== undefined && partition !== undefined) this.applyPartition(topic, partition, now);
      }
    }
    if (changes.changedConfigs.size > 0) this.reconfigure(changes.changedConfigs, now);
  }

  deadline(now: Now): void {
    this.deadlines.deadline(now);
  }

  /** One vectored write for each log that was appended to in this turn. */
  endTurn(): void {
    if (this.touched.size === 0) return;
    for (const { log } of this.touched) log.flushTurn();
    this.touched.clear();
  }

  private touch(hosted: HostedReplica): void {
    this.touched.add(hosted);
    this.deadlines.stir(hosted);
  }

  private applyPartition(topic: TopicImage, partition: PartitionImage, now: Now): void {
    if (!partition.replicas.includes(this.config.nodeId)) return this.remove(topic, partition.partition, now);
    const key = partitionKey(topic.topicId, partition.partition);
    const directory = directoryOf(topic.name, partition.partition);
    if (!this.hosted.has(key) && this.deletions.has(directory)) {
      this.waitingForDirectory.set(directory, { topicId: topic.topicId, partition: partition.partition });
      this.recovering.add(key);
      return;
    }
    const hosted = this.hosted.get(key) ?? this.open(topic, partition, now);
    if (!this.recovering.has(key)) this.applyRole(hosted, topic, partition, now);
  }

  /**
   * The metadata names the partition no more, or not for this broker: it is stopped, whoever waits for it is told, and its files go. It
   * is forgotten first, so that whoever is told looks for it in vain.
   */
  private remove({ topicId, name }: TopicImage, partition: number, now: Now): void {
    const key = partitionKey(topicId, partition);
    const directory = directoryOf(name, partition);
    if (this.waitingForDirectory.get(directory)?.topicId === topicId) this.waitingForDirectory.delete(directory);
    const hosted = this.hosted.get(key);
    const isReady = !this.recovering.delete(key);
    if (hosted === undefined) return;
    this.forget(hosted);
    // An epoch beyond those it knows: what it waits for as a leader or fetched as a follower counts no more.
    if (isReady) hosted.replica.becomeFollower(beyond(hosted.replica), now);
    this.events.follows(hosted, NO_NODE);
    this.events.stateChanged(key, hosted.replica);
    this.discard(hosted, now);
  }

  private forget(hosted: HostedReplica): void {
    const { key, topicId, partition } = hosted;
    this.hosted.delete(key);
    this.touched.delete(hosted);
    this.deadlines.forget(hosted);
    const siblings = this.byTopic.get(topicId);
    siblings?.delete(partition);
    if (siblings?.size === 0) this.byTopic.delete(topicId);
  }

  private discard({ log }: HostedReplica, now: Now): void {
    log.close();
    this.recoveries.end(log, now);
    this.deletions.add({ directory: log.directory, start: (done, failed) => log.delete(done, failed) });
  }

  private directoryFree(directory: string, now: Now): void {
    const next = this.waitingForDirectory.get(directory);
    this.waitingForDirectory.delete(directory);
    const topic = next === undefined ? undefined : this.image.topicById(next.topicId);
    const partition = next === undefined ? undefined : topic?.partitions[next.partition];
    if (topic === undefined || partition === undefined) return;
    this.recovering.delete(partitionKey(topic.topicId, partition.partition));
    this.applyPartition(topic, partition, now);
  }

  /** What was deleted while this broker was down: its registration is applied, so that the metadata know it no more, or never did. */
  private setStraysAside(): void {
    const { outbox } = this;
    const { generations } = this.shared;
    const inUse = new Set([...this.hosted.values()].map(({ log }) => log.directory));
    new StrayLogs({
      outbox,
      generations,
      isInUse: (directory) => inUse.has(directory) || this.deletions.has(directory) || this.isOpen(directory),
      found: ({ directory, topicId, partition }) => {
        if (this.image.partition(topicId, partition)?.replicas.includes(this.config.nodeId) === true) return;
        this.setAside(directory, topicId);
      },
      failed: (detail) => this.logDirectoryFailed(detail),
    }).start();
  }

  /**
   * Not deleted: 1. all controllers lose their disks and begin anew, 2. every broker registers with metadata that know no topic, 3. each
   * would delete all records there are, though they are the last that is left of the cluster.
   */
  private setAside(directory: string, topicId: Uuid): void {
    const { outbox } = this;
    outbox.trace({ kind: "stray-log", path: directory, topicId, movedTo: strayDirectory(directory, topicId) });
    this.deletions.add({ directory, start: (done, failed) => new LogSetAside({ outbox, directory, topicId, done, failed }).start() });
  }

  private isOpen(directory: string): boolean {
    const at = directory.lastIndexOf("-");
    const topic = this.image.topicByName(directory.slice(0, at));
    return topic !== undefined && this.get(topic.topicId, Number(directory.slice(at + 1))) !== undefined;
  }

  /** The new configs of topics, or of this broker, for the logs and leaders they concern. */
  private reconfigure(changed: ReadonlySet<string>, now: Now): void {
    const ofBroker = changed.has(configResourceKey("broker", "")) || changed.has(configResourceKey("broker", String(this.config.nodeId)));
    for (const hosted of this.hosted.values()) {
      if (!ofBroker && !changed.has(configResourceKey("topic", hosted.topic))) continue;
      const topic = this.image.topicById(hosted.topicId);
      const partition = topic?.partitions[hosted.partition];
      if (topic === undefined || partition === undefined) continue;
      this.tellWithoutEffect(topic.name, this.image.topicConfig(topic.name));
      hosted.log.reconfigure(logConfigOf(this.config, this.image, topic.name));
      if (!this.recovering.has(hosted.key)) this.applyRole(hosted, topic, partition, now);
    }
  }

  private open(topic: TopicImage, partition: PartitionImage, now: Now): HostedReplica {
    const key = partitionKey(topic.topicId, partition.partition);
    this.tellWithoutEffect(topic.name, this.image.topicConfig(topic.name));
    const listener: { replica?: Replica } = {};
    const log = new PartitionLog({
      directory: directoryOf(topic.name, partition.partition),
      topic: topic.name,
      partition: partition.partition,
      topicId: topic.topicId,
      outbox: this.outbox,
      ...this.shared,
      hasLostPageCache: this.hasLostPageCache,
      config: logConfigOf(this.config, this.image, topic.name),
      listener: {
        endsMoved: (at) => listener.replica?.endsMoved(at),
        readable: () => this.readable(key),
        logDamaged: (detail, at) => this.damaged(key, detail, at),
        logFailed: (detail, at) => this.failed(key, detail, at),
        logForeign: (topicId, at) => this.foreign(key, topicId, at),
        logRecovered: (at) => this.recovered(key, at),
      },
    });
    const replica = new Replica({
      topic: topic.name,
      topicId: topic.topicId,
      partition: partition.partition,
      self: this.config.nodeId,
      log,
      listener: this.listenerFor(key),
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
      logDir: 0,
      touch: () => this.touch(hosted),
    };
    this.hosted.set(key, hosted);
    const siblings = this.byTopic.get(topic.topicId) ?? new Map<number, HostedReplica>();
    this.byTopic.set(topic.topicId, siblings.set(partition.partition, hosted));
    this.recovering.add(key);
    this.recoveries.add(log, now);
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
    this.recoveries.end(hosted.log, now);
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
    this.logDirectoryFailed(detail);
  }

  /** Only this partition's records: its replica serves nothing, and the directory is in order. */
  private damaged(key: string, detail: string, now: Now): void {
    const hosted = this.hosted.get(key);
    if (hosted === undefined) return;
    this.recovering.delete(key);
    this.recoveries.end(hosted.log, now);
    hosted.replica.logFailed(detail, now);
  }

  /** Fetches that wait for it are answered, and a follower that wanted to cut its log asks again. */
  private readable(key: string): void {
    const hosted = this.hosted.get(key);
    if (hosted !== undefined) this.events.stateChanged(key, hosted.replica);
  }

  private logDirectoryFailed(detail: string): void {
    this.outbox.emit({ type: "exit", code: LOG_DIRECTORY_FAILED, reason: `the log directory has failed: ${detail}` });
  }

  /** The directory has the files of a topic that was deleted and created again meanwhile (P24): they are set aside, and the log begins anew. */
  private foreign(key: string, topicId: Uuid, now: Now): void {
    const hosted = this.hosted.get(key);
    invariant(hosted !== undefined, "a log that is read is hosted", { key });
    const { directory } = hosted.log;
    if (this.image.topicById(topicId) !== undefined)
      return this.failed(key, `${directory} belongs to topic id ${topicId}, not to ${hosted.topicId}, and both are there`, now);
    this.forget(hosted);
    this.waitingForDirectory.set(directory, { topicId: hosted.topicId, partition: hosted.partition });
    hosted.log.close();
    this.recoveries.end(hosted.log, now);
    this.setAside(directory, topicId);
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
    this.touch(hosted);
  }

  private listenerFor(key: string): ReplicaListener {
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
        this.hosted.get(key)?.touch();
        this.events.appended(key, replica);
      },
      recordsWritten: (replica) => this.events.written(replica),
      alterIsr: (replica, change: IsrChange) => this.isrChanges.add(replica, change),
      deadlineMoved: () => {
        const hosted = this.hosted.get(key);
        if (hosted !== undefined) this.deadlines.stir(hosted);
      },
      brokerView: (brokerId) => this.image.brokers.get(brokerId),
      trace: (event) => outbox.trace(event),
    };
  }
}
