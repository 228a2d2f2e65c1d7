import { type BrokerEpoch, invariant, type Micros, type Now, NO_NODE, type Uuid } from "@samsa/stdx";
import { PartitionLog, sharedResources } from "@samsa/log";
import { configResourceKey, type MetadataChanges, type MetadataImage, type PartitionImage, type TopicImage } from "@samsa/metadata";
import { Replica } from "@samsa/replication";
import { type Outbox, placedPath } from "@samsa/world";
import type { BrokerConfig } from "../config.ts";
import { beyond } from "./beyond.ts";
import { ConfigsWithoutEffect } from "./configs-without-effect.ts";
import type { DirectoryCheckpoints } from "./directory-checkpoints.ts";
import { DirectorySurvey } from "./directory-survey.ts";
import { directoryName, type HostedReplica, partitionKey } from "./hosted-replica.ts";
import { FullLogs } from "./full-logs.ts";
import type { HostedEvents, HostedReplicasOptions } from "./hosted-events.ts";
import { LogDeletions } from "./log-deletions.ts";
import type { LogDirectories } from "./log-directories.ts";
import { LogRecoveries } from "./log-recoveries.ts";
import { StrayDirectories } from "./stray-directories.ts";
import { takeRole } from "./take-role.ts";
import { logListenerOf, type LogListenerOptions } from "./log-listener.ts";
import { listenerOf, type ReplicaListenerOptions } from "./replica-listener.ts";
import { ReplicaPlaces } from "./replica-places.ts";
import { ReplicaDeadlines } from "./replica-deadlines.ts";
import { ReplicasByTopic } from "./replicas-by-topic.ts";
import { logConfigOf, minInsyncReplicasOf } from "./topic-config.ts";

/** As EX_IOERR of sysexits.h. */
export const LOG_DIRECTORY_FAILED = 74;

/** The partitions that this broker hosts, kept as the committed metadata says. */
export class HostedReplicas {
  private readonly config: BrokerConfig;
  private readonly outbox: Outbox;
  private readonly events: HostedEvents;
  private readonly listening: Omit<ReplicaListenerOptions, "key">;
  private readonly logEvents: Pick<LogListenerOptions, "fullLogs" | "damaged" | "failed" | "foreign" | "recovered">;
  private readonly hosted = new Map<string, HostedReplica>();
  /** The same by topic and index, for requests: a key made for each of their partitions would be most of a look-up. */
  private readonly byTopic = new ReplicasByTopic();
  /** Being read, waiting to be read, or waiting for their directory's last files to be deleted. */
  private readonly recovering = new Set<string>();
  private readonly recoveries = new LogRecoveries();
  private readonly deletions: LogDeletions;
  private readonly strays: StrayDirectories;
  /** By name of a partition's directory: what is to be opened once no log of that name is left. */
  private readonly waitingForDirectory = new Map<string, { readonly topicId: Uuid; readonly partition: number }>();
  private readonly shared = sharedResources();
  private readonly touched = new Set<HostedReplica>();
  private readonly deadlines = new ReplicaDeadlines();
  private readonly withoutEffect: ConfigsWithoutEffect;
  private image: MetadataImage;
  private ownBrokerEpoch: BrokerEpoch;
  private hasLostPageCache = false;
  private readonly directories: LogDirectories;
  private readonly checkpoints: DirectoryCheckpoints;
  private readonly places: ReplicaPlaces;
  /** Which log directory holds what is not known yet: nothing is opened before. */
  private isSurveying = false;

  constructor(options: HostedReplicasOptions) {
    this.config = options.config;
    this.outbox = options.outbox;
    this.events = options.events;
    this.image = options.image;
    this.ownBrokerEpoch = options.brokerEpoch;
    this.directories = options.directories;
    this.checkpoints = options.checkpoints;
    this.places = new ReplicaPlaces({ self: options.config.nodeId, directories: options.directories, assignments: options.assignments });
    this.listening = {
      outbox: this.outbox,
      events: this.events,
      isrChanges: options.isrChanges,
      checkpoints: this.checkpoints,
      hosted: (key) => this.hosted.get(key),
      stir: (hosted) => this.deadlines.stir(hosted),
      fell: (hosted, now) => this.fell(hosted, now),
      image: () => this.image,
      brokerEpoch: () => this.ownBrokerEpoch,
    };
    this.logEvents = {
      fullLogs: new FullLogs({ outbox: this.outbox, pathOf: (logDir) => this.directories.pathOf(logDir) }),
      damaged: (key, detail, now) => this.damaged(key, detail, now),
      failed: (key, detail, now) => this.failed(key, detail, now),
      foreign: (key, topicId, now) => this.foreign(key, topicId, now),
      recovered: (key, now) => this.recovered(key, now),
    };
    this.withoutEffect = new ConfigsWithoutEffect(this.outbox);
    this.deletions = new LogDeletions({
      free: (directory, now) => this.directoryFree(directory, now),
      failed: (directory, detail, now) => this.directoryFailed(placedPath(directory).logDir, detail, now),
    });
    this.strays = new StrayDirectories({
      self: this.config.nodeId,
      outbox: this.outbox,
      generations: this.shared.generations,
      deletions: this.deletions,
      image: () => this.image,
      hosted: (topicId, partition) => this.get(topicId, partition),
      failed: (index, detail, now) => this.directoryFailed(index, detail, now),
    });
  }

  get(topicId: Uuid, partition: number): HostedReplica | undefined {
    return this.byTopic.get(topicId, partition);
  }

  byKey(key: string): HostedReplica | undefined {
    return this.hosted.get(key);
  }

  all(): Iterable<HostedReplica> {
    return this.hosted.values();
  }

  /** While a log is read at start-up its partition must not be counted on. */
  get isRecovering(): boolean {
    return this.isSurveying || this.recovering.size > 0;
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.deadlines.nextDeadlineUs;
  }

  /** The whole image, when this broker's registration has been applied: what came before it was another incarnation's. */
  start(image: MetadataImage, { epoch, hasLostPageCache }: { readonly epoch: BrokerEpoch; readonly hasLostPageCache: boolean }, now: Now): void {
    this.image = image;
    this.ownBrokerEpoch = epoch;
    this.hasLostPageCache = hasLostPageCache;
    this.isSurveying = true;
    const { directories, outbox } = this;
    const failed = (index: number, detail: string, at: Now): void => this.directoryFailed(index, detail, at);
    new DirectorySurvey({ outbox, directories, failed, done: (at) => this.surveyed(at) }).start(now);
  }

  private surveyed(now: Now): void {
    this.isSurveying = false;
    if (this.directories.online.length === 0) return;
    for (const topic of this.image.topics()) for (const partition of topic.partitions) this.applyPartition(topic, partition, now);
    const inUse = new Set([...this.hosted.values()].map(({ log }) => log.directory));
    for (const { index } of this.directories.online) this.strays.look(index, inUse);
  }

  apply(image: MetadataImage, changes: MetadataChanges, now: Now): void {
    this.image = image;
    if (this.isSurveying) return;
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

  /** Every log deletes what is past retention, or before its start. */
  retain(now: Now): void {
    for (const { log, replica } of this.hosted.values()) log.retain(replica.highWatermark, now);
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
    const name = directoryName(topic.name, partition.partition);
    if (!this.hosted.has(key) && this.deletions.has(name)) {
      this.waitingForDirectory.set(name, { topicId: topic.topicId, partition: partition.partition });
      this.recovering.add(key);
      return;
    }
    const hosted = this.hosted.get(key) ?? this.open(topic, partition, now);
    if (this.mayTakePart(hosted)) this.applyRole(hosted, topic, partition, now);
  }

  /** Its log is known, and so is what is written down of it. */
  private mayTakePart(hosted: HostedReplica): boolean {
    return !this.recovering.has(hosted.key) && !this.checkpoints.overstates(hosted);
  }

  /**
   * The metadata names the partition no more, or not for this broker: it is stopped, whoever waits for it is told, and its files go. It
   * is forgotten first, so that whoever is told looks for it in vain.
   */
  private remove({ topicId, name: topic }: TopicImage, partition: number, now: Now): void {
    const key = partitionKey(topicId, partition);
    const name = directoryName(topic, partition);
    if (this.waitingForDirectory.get(name)?.topicId === topicId) this.waitingForDirectory.delete(name);
    this.places.forget(key);
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
    this.logEvents.fullLogs.forget(hosted);
    this.deadlines.forget(hosted);
    this.byTopic.delete(topicId, partition);
  }

  private discard({ log }: HostedReplica, now: Now): void {
    log.close();
    this.recoveries.end(log, now);
    // What lies in a directory that has failed can't be deleted; if it ever comes back, it is stray.
    if (!this.directories.isOnline(log.directory)) return this.directories.vacated(log.directory);
    this.deletions.add({ directory: log.directory, start: (done, failed) => log.delete(done, failed) });
  }

  private directoryFree(directory: string, now: Now): void {
    this.directories.vacated(directory);
    const { path: name } = placedPath(directory);
    if (this.deletions.has(name)) return;
    const next = this.waitingForDirectory.get(name);
    this.waitingForDirectory.delete(name);
    const topic = next === undefined ? undefined : this.image.topicById(next.topicId);
    const partition = next === undefined ? undefined : topic?.partitions[next.partition];
    if (topic === undefined || partition === undefined) return;
    this.recovering.delete(partitionKey(topic.topicId, partition.partition));
    this.applyPartition(topic, partition, now);
  }

  /** The new configs of topics, or of this broker, for the logs and leaders they concern. */
  private reconfigure(changed: ReadonlySet<string>, now: Now): void {
    const ofBroker = changed.has(configResourceKey("broker", "")) || changed.has(configResourceKey("broker", String(this.config.nodeId)));
    for (const hosted of this.hosted.values()) {
      if (!ofBroker && !changed.has(configResourceKey("topic", hosted.topic))) continue;
      const topic = this.image.topicById(hosted.topicId);
      const partition = topic?.partitions[hosted.partition];
      if (topic === undefined || partition === undefined) continue;
      this.withoutEffect.tell(topic.name, this.image.topicConfig(topic.name));
      hosted.log.reconfigure(logConfigOf(this.config, this.image, topic.name));
      if (this.mayTakePart(hosted)) this.applyRole(hosted, topic, partition, now);
    }
  }

  private open(topic: TopicImage, partition: PartitionImage, now: Now): HostedReplica {
    const key = partitionKey(topic.topicId, partition.partition);
    this.withoutEffect.tell(topic.name, this.image.topicConfig(topic.name));
    const place = this.directories.place(directoryName(topic.name, partition.partition), this.places.assignedTo(partition));
    const identity = { topic: topic.name, topicId: topic.topicId, partition: partition.partition };
    const { logDir } = placedPath(place.directory);
    const log = new PartitionLog({
      ...identity,
      directory: place.directory,
      outbox: this.outbox,
      ...this.shared,
      hasLostPageCache: this.hasLostPageCache || this.directories.hasLostPageCache(place.directory),
      ...this.checkpoints.of(logDir, topic.name, partition.partition),
      config: logConfigOf(this.config, this.image, topic.name),
      listener: logListenerOf({ ...this.listening, ...this.logEvents, key }),
    });
    const replica = new Replica({
      ...identity,
      self: this.config.nodeId,
      log,
      listener: listenerOf({ ...this.listening, key }),
      replicaLagTimeMaxMs: this.config.replicaLagTimeMaxMs,
    });
    const hosted: HostedReplica = { ...identity, key, replica, log, logDir, touch: () => this.touch(hosted) };
    this.hosted.set(key, hosted);
    this.byTopic.add(hosted);
    if (place.type === "offline") this.takeOffline(hosted, "its log directory has failed", now);
    else {
      this.recovering.add(key);
      this.recoveries.add(log, now);
    }
    return hosted;
  }

  /** The metadata may have moved on while the log was read: its role comes from the newest image. */
  private recovered(key: string, now: Now): void {
    const hosted = this.hosted.get(key);
    invariant(hosted !== undefined, "a log that recovered is hosted", { key });
    this.recoveries.end(hosted.log, now);
    hosted.replica.restoreHighWatermark(this.checkpoints.of(hosted.logDir, hosted.topic, hosted.partition).highWatermark, now);
    // The log may have lost its end, or be another one of this name.
    this.checkpoints.fell(hosted, now);
    if (!this.checkpoints.overstates(hosted)) this.corrected(hosted, now);
  }

  /** It fetches nothing, and takes no other role, until what is written down of it is true. */
  private fell(hosted: HostedReplica, now: Now): void {
    this.checkpoints.fell(hosted, now);
    if (this.checkpoints.overstates(hosted)) this.events.follows(hosted, NO_NODE);
  }

  /** What is written down of it is true. */
  corrected(hosted: HostedReplica, now: Now): void {
    if (this.hosted.get(hosted.key) !== hosted) return;
    this.recovering.delete(hosted.key);
    const topic = this.image.topicById(hosted.topicId);
    const partition = topic?.partitions[hosted.partition];
    if (topic === undefined || partition === undefined) return;
    this.applyRole(hosted, topic, partition, now);
    this.places.tell(hosted, partition);
  }

  /** A log that can't be written, or not be read, takes its log directory with it. */
  private failed(key: string, detail: string, now: Now): void {
    const hosted = this.hosted.get(key);
    if (hosted === undefined) return;
    this.recovering.delete(key);
    hosted.replica.logFailed(detail, now);
    this.directoryFailed(hosted.logDir, detail, now);
  }

  /**
   * All that lies there is offline until the next start, and the controller moves its leaderships. A broker with no log directory left, or
   * without that of the metadata log, ends as Kafka's does: a restart reads what the disk holds.
   */
  directoryFailed(index: number, detail: string, now: Now): void {
    const { directories, outbox } = this;
    if (!directories.failed(index)) return;
    if (index === 0 || directories.online.length === 0)
      return outbox.emit({ type: "exit", code: LOG_DIRECTORY_FAILED, reason: `the log directory has failed: ${detail}` });
    outbox.trace({ kind: "log-directory-offline", path: directories.pathOf(index), because: detail });
    for (const hosted of this.hosted.values()) if (hosted.logDir === index) this.takeOffline(hosted, detail, now);
    this.events.directoryFailed(now);
  }

  /** Only this partition's records: its replica serves nothing and fetches nothing, and the directory is in order. */
  private damaged(key: string, detail: string, now: Now): void {
    const hosted = this.hosted.get(key);
    if (hosted === undefined) return;
    this.recovering.delete(key);
    this.recoveries.end(hosted.log, now);
    hosted.replica.logFailed(detail, now);
    this.events.follows(hosted, NO_NODE);
    const partition = this.image.topicById(hosted.topicId)?.partitions[hosted.partition];
    if (partition !== undefined) this.places.lost(hosted, partition);
  }

  private takeOffline(hosted: HostedReplica, because: string, now: Now): void {
    const { key, log, replica } = hosted;
    log.close();
    this.recovering.delete(key);
    this.recoveries.end(log, now);
    this.touched.delete(hosted);
    this.deadlines.forget(hosted);
    this.logEvents.fullLogs.forget(hosted);
    replica.logFailed(because, now);
    this.events.follows(hosted, NO_NODE);
  }

  /** The directory has the files of a topic that was deleted and created again meanwhile (P24): they are set aside, and the log begins anew. */
  private foreign(key: string, topicId: Uuid, now: Now): void {
    const hosted = this.hosted.get(key);
    invariant(hosted !== undefined, "a log that is read is hosted", { key });
    const { directory } = hosted.log;
    if (this.image.topicById(topicId) !== undefined)
      return this.failed(key, `${directory} belongs to topic id ${topicId}, not to ${hosted.topicId}, and both are there`, now);
    this.forget(hosted);
    this.waitingForDirectory.set(placedPath(directory).path, { topicId: hosted.topicId, partition: hosted.partition });
    hosted.log.close();
    this.recoveries.end(hosted.log, now);
    this.strays.setAside(directory, topicId);
  }

  private applyRole(hosted: HostedReplica, topic: TopicImage, partition: PartitionImage, now: Now): void {
    const { config, image } = this;
    const minInsyncReplicas = (): number => minInsyncReplicasOf(config, image, topic.name);
    const leader = takeRole(hosted, partition, { self: config.nodeId, minInsyncReplicas }, now);
    if (leader === undefined) return;
    this.events.follows(hosted, leader);
    this.touch(hosted);
  }
}
