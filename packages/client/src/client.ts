import type { Micros, Now } from "@samsa/stdx";
import { Prng } from "@samsa/stdx";
import type { ConnectionInput, Outbox } from "@samsa/world";
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
import { Producer } from "./producer/producer.ts";
import type { ProducerConfig } from "./producer/producer-config.ts";
import { producerConfig } from "./producer/producer-config.ts";

/** What a client hosts: it acts in `pump`, when inputs were handled or time has passed. */
interface Part {
  pump(now: Now): void;
  nextDeadline(now: Now): Micros | undefined;
}

/** Producers, consumers and an admin that share connections and metadata. */
export class Client {
  private readonly config: ClientConfig;
  private readonly cluster: ClusterConnection;
  private readonly parts: Part[] = [];
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

  admin(): Admin {
    return this.add(new Admin({ cluster: this.cluster, backoff: this.backoff("admin"), requestTimeoutMs: this.config.requestTimeoutMs }));
  }

  /** True if the connection is this client's. */
  step(input: ConnectionInput, now: Now): boolean {
    return this.cluster.step(input, now);
  }

  pump(now: Now): void {
    this.cluster.pump(now);
    for (const part of this.parts) part.pump(now);
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
    return new Backoff(this.prng.fork(`${kind} ${this.parts.length}`), this.config.retryBackoffMs, this.config.retryBackoffMaxMs);
  }

  private add<P extends Part>(part: P): P {
    this.parts.push(part);
    return part;
  }
}
