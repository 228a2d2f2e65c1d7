import { EMPTY_IMAGE, type Endpoint, type MetadataChanges, type MetadataImage } from "@samsa/metadata";
import type { ApiName } from "@samsa/protocol";
import { type BrokerEpoch, brokerEpoch, type Micros, type NodeId, type Now, type Prng, type Uuid } from "@samsa/stdx";
import { type Completable, type Completion, type ConnectionId, type ConnectionInput, type EffectId, listenFailure, type Outbox } from "@samsa/world";
import { allHandlers } from "./api/all.ts";
import type { BrokerServices } from "./broker-services.ts";
import type { BrokerConfig } from "./config.ts";
import { KafkaConnection, type KafkaConnectionOptions } from "./connection/kafka-connection.ts";
import { ClientConnections } from "./connection/client-connections.ts";
import { connectionLimitsOf } from "./connection/connection-limits.ts";
import { PeerServer, type SecretProof } from "./connection/peer-proof.ts";
import { DEFAULT_REQUEST_MEMORY_BYTES, RequestMemory } from "./connection/request-memory.ts";
import { GroupCoordinators } from "./coordinators/group-coordinators.ts";
import type { ControllerChannel } from "./controller-channel.ts";
import { FetchSessionCache } from "./fetch-session/fetch-session-cache.ts";
import { ReplicaFetchers } from "./fetcher/replica-fetchers.ts";
import { ForwardedRequests } from "./forwarding/forwarded-requests.ts";
import { IsrChanges } from "./isr-changes.ts";
import { ProducerIds } from "./producer-ids.ts";
import { DeleteRecordsPurgatory } from "./purgatory/delete-records-purgatory.ts";
import { FetchPurgatory } from "./purgatory/fetch-purgatory.ts";
import { ProducePurgatory } from "./purgatory/produce-purgatory.ts";
import { DirectoryAssignments } from "./replicas/directory-assignments.ts";
import { DirectoryCheckpoints } from "./replicas/directory-checkpoints.ts";
import type { HostedReplica } from "./replicas/hosted-replica.ts";
import { HostedReplicas } from "./replicas/hosted-replicas.ts";
import { LogUpkeep } from "./replicas/log-upkeep.ts";
import { LogDirectories } from "./replicas/log-directories.ts";
import type { ApiHandler } from "./request-context.ts";
import { TopicCreation } from "./topic-creation.ts";

export interface BrokerOptions {
  readonly config: BrokerConfig;
  readonly outbox: Outbox;
  readonly prng: Prng;
  readonly channel: ControllerChannel;
  readonly proof: SecretProof;
  readonly activeController: () => NodeId;
  /** Fetches and produces, each, that may wait; absent: as many as the purgatories' own bounds. */
  readonly maxParked?: number;
  /** One of several log directories has failed: the controller is to be told. */
  readonly directoryFailed?: (now: Now) => void;
}

interface Owner {
  input(input: ConnectionInput, now: Now): void;
}

/**
 * The data plane of one node: it serves clients, leads and follows partitions as the committed metadata says, and asks
 * the controller for what it must not decide itself. It does no I/O: what it wants goes to the outbox.
 *
 *     listening ──registered, own registration applied──▶ recovering ──logs read──▶ open
 *
 * Requests that come before it is open wait, as at a Kafka broker that starts: what it knew then would be the answer of an empty cluster.
 * Before its registration is applied the metadata still speaks of an earlier incarnation: leading by it would reuse
 * that one's epoch (compare KAFKA-10527), so no replica starts before.
 */
export class Broker implements BrokerServices, Completable {
  readonly config: BrokerConfig;
  readonly channel: ControllerChannel;
  readonly replicas: HostedReplicas;
  readonly producePurgatory: ProducePurgatory;
  readonly fetchPurgatory: FetchPurgatory;
  readonly deleteRecordsPurgatory: DeleteRecordsPurgatory;
  readonly fetchSessions: FetchSessionCache;
  readonly forwarded: ForwardedRequests;
  readonly producerIds: ProducerIds;
  readonly topicCreation: TopicCreation;
  readonly groups: GroupCoordinators;
  readonly directories: LogDirectories;
  private readonly options: BrokerOptions;
  private readonly isrChanges: IsrChanges;
  private readonly assignments: DirectoryAssignments;
  private readonly checkpoints: DirectoryCheckpoints;
  private readonly fetchers: ReplicaFetchers;
  private readonly upkeep: LogUpkeep;
  private readonly handlers: ReadonlyMap<number, ApiHandler<ApiName>>;
  private readonly connectionOptions: KafkaConnectionOptions;
  private readonly owners = new Map<ConnectionId, Owner>();
  private readonly clients: ClientConnections;
  private readonly requestMemory: RequestMemory;
  /** Connections that may go on with requests that waited. */
  private readonly withRoom = new Set<KafkaConnection>();
  /** What waits for some time, beside the replicas. Asked after every turn. */
  private readonly timed: readonly { readonly nextDeadlineUs: Micros | undefined }[];
  private current: MetadataImage = EMPTY_IMAGE;
  private registration: { readonly incarnationId: Uuid; readonly epoch: BrokerEpoch; readonly hasLostPageCache: boolean } | undefined;
  private isServing = false;
  /** Once true it stays so: clients are answered, also while this broker is fenced for a while. */
  private isOpen = false;
  private readonly boundPorts = new Map<string, number>();
  private readonly listening = new Map<EffectId, string>();
  private onListening: ((now: Now) => void) | undefined;

  constructor(options: BrokerOptions) {
    const { config, outbox, prng, channel, proof } = options;
    this.options = options;
    this.config = config;
    this.channel = channel;
    this.producePurgatory = new ProducePurgatory(options.maxParked);
    this.fetchPurgatory = new FetchPurgatory(options.maxParked);
    this.deleteRecordsPurgatory = new DeleteRecordsPurgatory(options.maxParked);
    this.fetchSessions = new FetchSessionCache({
      slots: config.maxIncrementalFetchSessionCacheSlots,
      prng: prng.fork("fetch-sessions"),
      purgatory: this.fetchPurgatory,
    });
    this.forwarded = new ForwardedRequests(channel);
    this.producerIds = new ProducerIds({ self: config.nodeId, channel });
    this.topicCreation = this.createTopicCreation();
    this.isrChanges = new IsrChanges({ self: config.nodeId, channel });
    this.directories = new LogDirectories(config.logDirs);
    this.assignments = new DirectoryAssignments({ self: config.nodeId, channel });
    this.fetchers = new ReplicaFetchers({
      config,
      outbox,
      prng: prng.fork("fetchers"),
      proof,
      brokerEpoch: () => this.brokerEpoch,
      owns: (id, owner) => this.owners.set(id, owner),
    });
    this.checkpoints = new DirectoryCheckpoints({
      config,
      outbox,
      directories: this.directories,
      replicas: () => this.replicas.all(),
      failed: (logDir, detail, now) => this.replicas.directoryFailed(logDir, detail, now),
      corrected: (hosted, now) => this.replicas.corrected(hosted, now),
    });
    this.replicas = this.createReplicas();
    this.upkeep = this.createUpkeep();
    this.groups = this.createGroups();
    this.clients = new ClientConnections(config);
    this.requestMemory = new RequestMemory(config.queuedMaxRequestBytes < 0 ? DEFAULT_REQUEST_MEMORY_BYTES : config.queuedMaxRequestBytes);
    this.timed = [
      this.fetchers,
      this.producePurgatory,
      this.fetchPurgatory,
      this.deleteRecordsPurgatory,
      this.groups,
      this.upkeep,
      this.clients,
      this.requestMemory,
      this.forwarded,
      this.assignments,
      this.checkpoints,
    ];
    this.handlers = allHandlers(this);
    this.connectionOptions = this.createConnectionOptions();
  }

  get image(): MetadataImage {
    return this.current;
  }

  get brokerEpoch(): BrokerEpoch {
    return this.registration?.epoch ?? brokerEpoch(-1);
  }

  get activeController(): NodeId {
    return this.options.activeController();
  }

  /** What clients and followers are told to connect to, by listener. */
  get endpoints(): readonly Endpoint[] {
    return this.config.listeners.map(({ name, advertised }) => ({
      listener: name,
      host: advertised.host,
      port: advertised.port === 0 ? (this.boundPorts.get(name) ?? 0) : advertised.port,
    }));
  }

  /** Index up to which the metadata is applied and can be served by: not before the logs it speaks of are read. */
  get appliedIndex(): number {
    return !this.isServing || this.replicas.isRecovering ? 0 : this.current.index;
  }

  get nextDeadlineUs(): Micros | undefined {
    let earliest = this.replicas.nextDeadlineUs;
    for (const part of this.timed) {
      const at = part.nextDeadlineUs;
      if (at !== undefined && (earliest === undefined || at < earliest)) earliest = at;
    }
    return earliest;
  }

  /** Opens every listener; `done` when all are open. */
  listen(done: (now: Now) => void): void {
    this.checkpoints.load(() => this.open(done));
  }

  /** Writes what is in memory of every log; `stopped` when the process may end. */
  stop(now: Now, stopped: (now: Now) => void): void {
    this.upkeep.stop();
    this.checkpoints.stop(this.brokerEpoch, now, stopped);
  }

  private open(done: (now: Now) => void): void {
    this.onListening = done;
    for (const { name, host, port } of this.config.listeners) {
      this.listening.set(this.options.outbox.request({ type: "listen", listener: name, transport: "stream", host, port }, this), name);
    }
  }

  complete(completion: Completion, now: Now): void {
    const listener = this.config.listeners.find(({ name }) => name === this.listening.get(completion.id));
    this.listening.delete(completion.id);
    if (listener === undefined) return;
    const { name, host, port } = listener;
    if (completion.type === "listening") {
      this.boundPorts.set(name, completion.port);
      this.options.outbox.trace({ kind: "listening", listener: name, host, port: completion.port });
      if (this.listening.size === 0) this.onListening?.(now);
    } else if (completion.type === "failed") {
      this.options.outbox.emit({ type: "exit", code: 69, reason: listenFailure({ listener: name, host, port }, completion.error) });
    }
  }

  /** `hasLostPageCache`: the controller was told, and counts this broker's replicas out until they have caught up. */
  registered(registration: { readonly incarnationId: Uuid; readonly epoch: BrokerEpoch; readonly hasLostPageCache: boolean }, now: Now): void {
    this.registration = registration;
    this.startServing(now);
  }

  /** Committed metadata only, entry by entry, or by a snapshot. */
  applyMetadata(image: MetadataImage, changes: MetadataChanges | undefined, now: Now): void {
    this.current = image;
    if (changes === undefined) return;
    this.fetchers.applyMetadata(image);
    this.deleteRecordsPurgatory.touchAll();
    if (changes.changedConfigs.size > 0) this.clients.relimit(connectionLimitsOf(this.config, image));
    if (this.isServing) this.replicas.apply(image, changes, now);
    else this.startServing(now);
    this.groups.applyMetadata(changes, now);
  }

  logStartMoved(key: string): void {
    this.fetchPurgatory.wake(key, "log-start");
    this.fetchers.positionMoved(key);
  }

  recordsDeleted(told: Parameters<BrokerServices["recordsDeleted"]>[0]): void {
    this.options.outbox.trace({ kind: "records-deleted", ...told });
  }

  input(input: ConnectionInput, now: Now): void {
    if (input.type === "accepted") return this.accept(input, now);
    this.owners.get(input.connection)?.input(input, now);
    if (input.type !== "closed") return this.clients.active(input.connection, now);
    this.owners.delete(input.connection);
    this.clients.leaves(input.connection);
  }

  deadline(now: Now): void {
    this.replicas.deadline(now);
    this.fetchers.deadline(now);
    this.forwarded.deadline(now);
    this.groups.deadline(now);
    this.checkpoints.deadline(now);
    this.upkeep.deadline(now);
  }

  /** Once a turn, after all inputs and all metadata: answers what can be answered, and asks for what is needed. */
  endTurn(now: Now): void {
    // What it writes is written out with the rest of the turn.
    this.groups.endTurn(now);
    this.replicas.endTurn();
    this.producePurgatory.endTurn(now);
    this.fetchPurgatory.endTurn(now);
    this.deleteRecordsPurgatory.endTurn(now);
    this.fetchers.endTurn(now);
    this.isrChanges.endTurn(this.brokerEpoch, now);
    this.requestMemory.endTurn(now);
    this.clients.endTurn(now);
    this.assignments.endTurn(this.brokerEpoch, now);
    this.goOn(now);
    this.groups.endTurn(now);
    this.replicas.endTurn();
  }

  /** Clients are answered from here on: the metadata is applied and the logs it speaks of are read. */
  private get mayAnswer(): boolean {
    return this.isServing && !this.replicas.isRecovering;
  }

  private goOn(now: Now): void {
    if (!this.isOpen && this.mayAnswer) {
      this.isOpen = true;
      for (const client of this.clients.all) this.withRoom.add(client);
    }
    if (this.withRoom.size === 0) return;
    const clients = [...this.withRoom];
    this.withRoom.clear();
    for (const client of clients) client.endTurn(now);
  }

  private startServing(now: Now): void {
    const { registration, current } = this;
    if (this.isServing || registration === undefined) return;
    if (current.brokers.get(this.config.nodeId)?.incarnationId !== registration.incarnationId) return;
    this.isServing = true;
    this.upkeep.start(now);
    this.replicas.start(current, registration, now);
  }

  private accept({ connection: id, listener, remote }: Extract<ConnectionInput, { type: "accepted" }>, now: Now): void {
    const connection = new KafkaConnection({ id, listener, remote }, this.connectionOptions);
    const refusal = this.clients.admit(id, { connection, listener, remote }, now);
    if (refusal !== undefined) return connection.disconnect(refusal, "reset");
    this.owners.set(id, connection);
  }

  get outbox(): Outbox {
    return this.options.outbox;
  }

  private createConnectionOptions(): KafkaConnectionOptions {
    const { config, outbox, prng, proof } = this.options;
    return {
      outbox,
      memory: this.requestMemory,
      handlers: this.handlers,
      maxRequestBytes: config.socketRequestMaxBytes,
      newPeerServer: () => new PeerServer({ self: config.nodeId, proof, prng }),
      isServing: () => this.isOpen,
      hasRoom: (client) => this.withRoom.add(client),
    };
  }

  private createReplicas(): HostedReplicas {
    const { config, outbox } = this.options;
    return new HostedReplicas({
      config,
      outbox,
      checkpoints: this.checkpoints,
      isrChanges: this.isrChanges,
      directories: this.directories,
      assignments: this.assignments,
      image: EMPTY_IMAGE,
      brokerEpoch: brokerEpoch(-1),
      events: {
        appended: (key) => this.fetchPurgatory.wake(key, "append"),
        written: (replica) => this.producePurgatory.touch(replica),
        highWatermarkMoved: (key, replica) => {
          this.fetchPurgatory.wake(key, "high-watermark");
          this.producePurgatory.touch(replica);
          this.groups.touch(key, replica);
        },
        stateChanged: (key, replica) => {
          this.fetchPurgatory.wake(key, "state");
          this.groups.touch(key, replica);
          this.producePurgatory.touch(replica);
          this.deleteRecordsPurgatory.touch(replica);
        },
        logStartMoved: ({ key, replica }) => {
          this.logStartMoved(key);
          this.deleteRecordsPurgatory.touch(replica);
        },
        followersStartMoved: (replica) => this.deleteRecordsPurgatory.touch(replica),
        follows: (hosted, leader) => this.fetchers.follow(hosted, leader),
        directoryFailed: (now) => this.options.directoryFailed?.(now),
      },
    });
  }

  private createUpkeep(): LogUpkeep {
    const { config, outbox } = this.options;
    const cleaned = (hosted: HostedReplica, now: Now): void => this.checkpoints.cleaned(hosted, now);
    return new LogUpkeep({ config, outbox, image: () => this.current, replicas: () => this.replicas, cleaned });
  }

  private createTopicCreation(): TopicCreation {
    const { config, channel, outbox } = this.options;
    return new TopicCreation({
      channel,
      defaults: { partitionCount: config.numPartitions, replicationFactor: config.defaultReplicationFactor },
      offsetsTopic: config.offsetsTopic,
      refused: (topic, because) => outbox.trace({ kind: "topic-not-created", topic, because }),
    });
  }

  private createGroups(): GroupCoordinators {
    const { config, outbox, prng } = this.options;
    return new GroupCoordinators({
      config: config.groups,
      outbox,
      prng: prng.fork("groups"),
      replicas: () => this.replicas,
      image: () => this.current,
    });
  }
}
