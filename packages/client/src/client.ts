import type { Micros, Now } from "@samsa/stdx";
import { Prng } from "@samsa/stdx";
import type { ConnectionId, ConnectionInput, EffectId, Outbox } from "@samsa/world";
import { Admin } from "./admin/admin.ts";
import { Backoff } from "./backoff.ts";
import type { ClientConfig, ClientOptions } from "./client-config.ts";
import { clientConfig } from "./client-config.ts";
import { ClusterConnection } from "./cluster/cluster-connection.ts";
import type { ClusterMetadata } from "./cluster/cluster-metadata.ts";
import type { ConsumerConfig } from "./consumer/consumer-config.ts";
import { CONSUMER_DEFAULTS } from "./consumer/consumer-config.ts";
import { PartitionConsumer } from "./consumer/partition-consumer.ts";
import { earlier } from "./deadline.ts";
import { GroupConsumer } from "./group/group-consumer.ts";
import { groupConsumerConfig, type GroupConsumerOptions } from "./group/group-consumer-config.ts";
import { Partitioner } from "./producer/partitioner.ts";
import { Producer } from "./producer/producer.ts";
import type { ProducerConfig } from "./producer/producer-config.ts";
import { PRODUCER_DEFAULTS, producerConfig } from "./producer/producer-config.ts";
import { Requests } from "./request/requests.ts";

/** What a client hosts: it acts in `pump`, when inputs were handled or time has passed. */
interface Part {
  pump(now: Now): void;
  nextDeadline(now: Now): Micros | undefined;
  /** It will never act again. */
  readonly isOver?: boolean;
}

/** Producers, consumers, an admin and requests that share connections and metadata. */
export class Client {
  private readonly config: ClientConfig;
  private readonly cluster: ClusterConnection;
  private parts: readonly Part[] = [];
  private partsMade = 0;
  private readonly prng: Prng;

  constructor(options: ClientOptions, outbox: Outbox) {
    this.config = clientConfig(options);
    this.cluster = new ClusterConnection(this.config, outbox);
    this.prng = new Prng(this.config.seed);
  }

  get metadata(): ClusterMetadata {
    return this.cluster.metadata;
  }

  /** Keeps the topic's metadata up to date before anything is sent to it. */
  want(topic: string): void {
    this.cluster.want(topic);
  }

  producer(options: Partial<ProducerConfig> = {}): Producer {
    const { cluster } = this;
    return this.add(
      new Producer({ cluster, config: producerConfig(options), backoff: this.backoff("producer"), requestTimeoutMs: this.config.requestTimeoutMs }),
    );
  }

  consumer(options: Partial<ConsumerConfig> = {}): PartitionConsumer {
    return this.add(new PartitionConsumer({ cluster: this.cluster, config: { ...CONSUMER_DEFAULTS, ...options }, backoff: this.backoff("consumer") }));
  }

  groupConsumer(options: GroupConsumerOptions): GroupConsumer {
    const backoffFor = (part: string): Backoff => this.backoff(part);
    return this.add(new GroupConsumer({ cluster: this.cluster, config: groupConsumerConfig(options), backoffFor }));
  }

  /** Chooses partitions for records that are then sent to them; `want` their topics before. */
  partitioner(options: { readonly batchSizeBytes?: number } = {}): Partitioner {
    const { batchSizeBytes = PRODUCER_DEFAULTS.batchSizeBytes } = options;
    return new Partitioner({ metadata: this.metadata, prng: this.prng.fork("partitioner"), batchSizeBytes });
  }

  admin(): Admin {
    return this.add(new Admin({ cluster: this.cluster, backoff: this.backoff("admin"), requestTimeoutMs: this.config.requestTimeoutMs }));
  }

  /** Requests of any kind, for whoever needs more than the parts above. */
  requests(): Requests {
    return this.add(new Requests({ cluster: this.cluster, backoffFor: (part) => this.backoff(part) }));
  }

  /** All connections break. */
  end(now: Now): void {
    this.cluster.end(now);
  }

  /** True if the connection is this client's. */
  owns(connection: ConnectionId): boolean {
    return this.cluster.owns(connection);
  }

  /** True if the client has asked for this effect, and has not been told what came of it. */
  awaits(effect: EffectId): boolean {
    return this.cluster.awaits(effect);
  }

  /** Something has come by one of its connections, or one has closed. */
  step(input: ConnectionInput, now: Now): void {
    this.cluster.step(input, now);
  }

  pump(now: Now): void {
    this.cluster.pump(now);
    for (const part of this.parts) part.pump(now);
    if (this.parts.some(({ isOver }) => isOver === true)) this.parts = this.parts.filter(({ isOver }) => isOver !== true);
    // What the parts found missing is asked for in the same turn.
    this.cluster.refreshMetadata(now);
  }

  nextDeadline(now: Now): Micros | undefined {
    let at = this.cluster.nextDeadline(now);
    for (const part of this.parts) at = earlier(at, part.nextDeadline(now));
    return at;
  }

  /** Each part has its own stream of jitter, by its kind and its number. */
  private backoff(kind: string): Backoff {
    return new Backoff(this.prng.fork(`${kind} ${this.partsMade}`), this.config.retryBackoffMs, this.config.retryBackoffMaxMs);
  }

  private add<P extends Part>(part: P): P {
    this.parts = [...this.parts, part];
    this.partsMade++;
    return part;
  }
}
