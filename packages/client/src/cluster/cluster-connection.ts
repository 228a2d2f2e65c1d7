import type { ApiName } from "@samsa/protocol";
import { apis } from "@samsa/protocol";
import type { Micros, Now } from "@samsa/stdx";
import { invariant, Prng, ZERO_UUID } from "@samsa/stdx";
import type { ConnectionId, ConnectionInput, EffectId, Outbox } from "@samsa/world";
import { Backoff } from "../backoff.ts";
import type { ClientConfig, Endpoint } from "../client-config.ts";
import { earlier } from "../deadline.ts";
import type { ConnectionContext } from "./broker-connection.ts";
import { BrokerConnection } from "./broker-connection.ts";
import type { Call } from "./call.ts";
import type { LeaderHint } from "./cluster-metadata.ts";
import { ClusterMetadata, isSameEndpoint } from "./cluster-metadata.ts";
import { MetadataRefresh } from "./metadata-refresh.ts";

/** Above every broker's id: connections that one part has for itself. */
const DEDICATED_IDS = 0x8000_0000;

/**
 * What producer, consumer and admin of one client share: one connection a broker, the metadata, and requests to a
 * broker by id. Bootstrap addresses are brokers with negative ids until metadata names the real ones; they are tried
 * again when no known broker can be reached.
 */
export class ClusterConnection {
  readonly metadata = new ClusterMetadata();
  private readonly config: ClientConfig;
  private readonly context: ConnectionContext;
  private readonly prng: Prng;
  private readonly refresh: MetadataRefresh;
  private readonly connections = new Map<number, BrokerConnection>();
  private readonly links = new Map<ConnectionId, BrokerConnection>();
  private readonly dials = new Set<EffectId>();
  private readonly topics = new Set<string>();
  /** Besides: how many want each of them for a time. */
  private readonly passingTopics = new Map<string, number>();
  private readonly dedicated = new Map<number, Endpoint>();
  private nextDedicated = DEDICATED_IDS;
  private pumpedUs: Micros | undefined;

  constructor(config: ClientConfig, outbox: Outbox) {
    invariant(config.bootstrap.length > 0, "a client has a bootstrap address");
    const prng = new Prng(config.seed);
    this.config = config;
    this.prng = prng.fork("choice of brokers");
    this.refresh = new MetadataRefresh(new Backoff(prng.fork("metadata"), config.retryBackoffMs, config.retryBackoffMaxMs), config.metadataMaxAgeMs);
    const backoff = new Backoff(prng.fork("reconnect"), config.reconnectBackoffMs, config.reconnectBackoffMaxMs);
    this.context = { config, outbox, backoff, links: this.links, dials: this.dials, lost: () => this.refresh.want() };
  }

  /** The topic's metadata are kept up to date from now on. */
  want(topic: string): void {
    if (this.topics.has(topic)) return;
    this.topics.add(topic);
    this.refresh.want();
  }

  /** The topics' metadata are kept up to date until the result is called, once. */
  wantAwhile(topics: Iterable<string>): () => void {
    const wanted = new Set(topics);
    for (const topic of wanted) {
      if (!this.isWanted(topic)) this.refresh.want();
      this.passingTopics.set(topic, (this.passingTopics.get(topic) ?? 0) + 1);
    }
    return () => {
      for (const topic of wanted) this.wantLess(topic);
    };
  }

  /** Something did not go as the metadata say. */
  requestMetadata(): void {
    this.refresh.want();
  }

  /** True if it was news. */
  applyHint(hint: LeaderHint, now: Now): boolean {
    const isNews = this.metadata.applyHint(hint);
    if (isNews) this.abandonMoved(now);
    return isNews;
  }

  /**
   * A connection that nobody else uses, under a number that stands for a broker's id. Responses come in the order of the requests: one that a broker
   * holds back for long would hold up what others have asked it for.
   */
  dedicate(endpoint: Endpoint): number {
    const id = this.nextDedicated++;
    this.dedicated.set(id, endpoint);
    return id;
  }

  /** It is not needed any more; what is under way there fails. */
  release(id: number, now: Now): void {
    const connection = this.connections.get(id);
    this.dedicated.delete(id);
    this.connections.delete(id);
    connection?.abandon(now);
  }

  /** True if a request may go to the broker now; otherwise connecting has begun. */
  isReady(broker: number, now: Now): boolean {
    const connection = this.connectionOf(broker);
    if (connection === undefined) return false;
    connection.connect(now);
    return connection.isReady;
  }

  /** It is not known, or could not be reached and rests. */
  isUnreachable(broker: number): boolean {
    return this.connectionOf(broker)?.isUnreachable ?? true;
  }

  /** A broker that may be asked something now, the one with the least to do; undefined while there is none. */
  anyReady(now: Now): number | undefined {
    const known = this.candidates();
    const ready = known.filter((broker) => this.connectionOf(broker)?.isReady === true);
    const load = (broker: number): number => this.connectionOf(broker)?.inFlight ?? 0;
    if (ready.length > 0) return ready.reduce((best, broker) => (load(broker) < load(best) ? broker : best));
    if (!known.some((broker) => this.connectionOf(broker)?.isConnecting === true)) this.connectOne(known, now);
    return undefined;
  }

  /** The broker must be ready. */
  send<N extends ApiName>(broker: number, call: Call<N>, now: Now): void {
    const connection = this.connectionOf(broker);
    invariant(connection !== undefined, "a request goes to a broker that is known", { broker });
    connection.send(call, now);
  }

  /** Nobody uses it any more. */
  end(now: Now): void {
    for (const connection of this.connections.values()) connection.abandon(now);
  }

  /** True if the connection is one of this client's. */
  owns(connection: ConnectionId): boolean {
    return this.links.has(connection);
  }

  /** True if this client has dialled so, and it has not come to anything yet. */
  awaits(effect: EffectId): boolean {
    return this.dials.has(effect);
  }

  /** One that broke meanwhile gets nothing more. */
  step(input: ConnectionInput, now: Now): void {
    const connection = this.links.get(input.connection);
    if (input.type === "received") connection?.received(input.bytes, now);
    else if (input.type === "closed") connection?.closed(input.connection, now);
  }

  pump(now: Now): void {
    // A turn pumps several times; what its connections wait for is time alone, and none of them waits for no time at all.
    if (this.pumpedUs !== now.monotonicUs) for (const connection of this.connections.values()) connection.pump(now);
    this.pumpedUs = now.monotonicUs;
    this.refreshMetadata(now);
  }

  /** Asks for the metadata if that is due. */
  refreshMetadata(now: Now): void {
    if (!this.refresh.isDue(now)) return;
    const broker = this.anyReady(now);
    if (broker === undefined) return;
    this.refresh.asked();
    this.send(broker, this.metadataCall(), now);
  }

  nextDeadline(now: Now): Micros | undefined {
    let at = this.refresh.nextDeadline(now);
    for (const connection of this.connections.values()) at = earlier(at, connection.nextDeadline());
    return at;
  }

  private metadataCall(): Call<"Metadata"> {
    const asked = [...new Set([...this.topics, ...this.passingTopics.keys()])];
    const topics = asked.map((name) => ({ topicId: ZERO_UUID, name }));
    return {
      api: apis.Metadata,
      // Older versions create every topic they are asked for.
      minVersion: 4,
      request: () => ({
        topics,
        allowAutoTopicCreation: this.config.allowAutoCreateTopics,
        includeClusterAuthorizedOperations: false,
        includeTopicAuthorizedOperations: false,
      }),
      answered: (response, now) => {
        this.refresh.succeeded(this.metadata.apply(response), now);
        this.abandonMoved(now);
        for (const topic of asked) if (!this.isWanted(topic)) this.metadata.forget(topic);
        // Not there yet, or without a leader, as far as is known: who answers may know less, and name the leader of before. Somebody waits for it.
        if (asked.some((topic) => this.isWanted(topic) && !this.metadata.isWhole(topic))) this.refresh.want();
      },
      failed: (_failure, now) => this.refresh.failed(now),
    };
  }

  private isWanted(topic: string): boolean {
    return this.topics.has(topic) || this.passingTopics.has(topic);
  }

  private wantLess(topic: string): void {
    const others = (this.passingTopics.get(topic) ?? 0) - 1;
    invariant(others >= 0, "a topic is wanted no more by somebody who wanted it", { topic });
    if (others > 0) this.passingTopics.set(topic, others);
    else this.passingTopics.delete(topic);
    if (!this.isWanted(topic)) this.metadata.forget(topic);
  }

  private connectOne(brokers: readonly number[], now: Now): void {
    const start = this.prng.below(brokers.length);
    for (let i = 0; i < brokers.length; i++) {
      const connection = this.connectionOf(brokers[(start + i) % brokers.length] ?? 0);
      connection?.connect(now);
      if (connection?.isConnecting === true) return;
    }
  }

  private candidates(): readonly number[] {
    const known = [...this.metadata.brokers.keys()];
    const isUsable = (broker: number): boolean => this.connectionOf(broker)?.isUnreachable !== true;
    return known.some(isUsable) ? known : [...known, ...this.config.bootstrap.map((_endpoint, index) => -1 - index)];
  }

  private endpointOf(broker: number): Endpoint | undefined {
    if (broker >= DEDICATED_IDS) return this.dedicated.get(broker);
    return broker < 0 ? this.config.bootstrap[-1 - broker] : this.metadata.brokers.get(broker);
  }

  private connectionOf(broker: number): BrokerConnection | undefined {
    const known = this.connections.get(broker);
    const endpoint = this.endpointOf(broker);
    if (known !== undefined || endpoint === undefined) return known;
    const created = new BrokerConnection(this.context, endpoint);
    this.connections.set(broker, created);
    return created;
  }

  private abandonMoved(now: Now): void {
    for (const [broker, connection] of this.connections) {
      if (broker < 0) continue;
      const endpoint = this.endpointOf(broker);
      if (endpoint === undefined || isSameEndpoint(connection.endpoint, endpoint)) continue;
      this.connections.delete(broker);
      connection.abandon(now);
    }
  }
}
