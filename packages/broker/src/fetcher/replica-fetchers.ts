import type { MetadataImage } from "@samsa/metadata";
import { type BrokerEpoch, earlier, type Micros, type NodeId, type Now, type Prng } from "@samsa/stdx";
import type { ConnectionId, ConnectionInput, Outbox } from "@samsa/world";
import type { BrokerConfig } from "../config.ts";
import { endpointOf } from "../endpoints.ts";
import type { SecretProof } from "../connection/peer-proof.ts";
import type { HostedReplica } from "../replicas/hosted-replica.ts";
import { LeaderConnection } from "./leader-connection.ts";
import { ReplicaFetcher } from "./replica-fetcher.ts";

export interface ReplicaFetchersOptions {
  readonly config: BrokerConfig;
  readonly outbox: Outbox;
  readonly prng: Prng;
  readonly proof: SecretProof;
  readonly brokerEpoch: () => BrokerEpoch;
  readonly owns: (connection: ConnectionId, owner: { input(input: ConnectionInput, now: Now): void }) => void;
}

interface Pair {
  readonly leader: NodeId;
  readonly connection: LeaderConnection;
  readonly fetcher: ReplicaFetcher;
}

/** Beyond the longest wait that a fetch asks for. */
const RESPONSE_GRACE_MS = 10_000;

/**
 * One fetcher and one connection for each leader that this broker follows and log directory that it copies to, so that a slow disk holds up
 * its own partitions only; `num.replica.fetchers` of them where partitions are to be shared out.
 */
export class ReplicaFetchers {
  private readonly options: ReplicaFetchersOptions;
  private readonly pairs = new Map<string, Pair>();
  private readonly pairOf = new Map<string, Pair>();
  private image: MetadataImage | undefined;

  constructor(options: ReplicaFetchersOptions) {
    this.options = options;
  }

  get nextDeadlineUs(): Micros | undefined {
    let earliest: Micros | undefined;
    for (const { connection, fetcher } of this.pairs.values()) {
      earliest = earlier(earlier(earliest, connection.nextDeadlineUs), fetcher.nextDeadlineUs);
    }
    return earliest;
  }

  applyMetadata(image: MetadataImage): void {
    this.image = image;
    for (const { leader, connection } of this.pairs.values()) {
      const endpoint = endpointOf(image.brokers.get(leader), this.options.config.interBrokerListener);
      if (endpoint !== undefined) connection.moveTo(endpoint);
    }
  }

  /** −1: it follows nobody. The same leader in a new epoch counts as new: the replica must ask again. */
  follow(hosted: HostedReplica, leader: NodeId): void {
    const endpoint = endpointOf(this.image?.brokers.get(leader), this.options.config.interBrokerListener);
    const after = leader >= 0 && endpoint !== undefined ? this.pairFor(hosted, leader, endpoint) : undefined;
    const before = this.pairOf.get(hosted.key);
    if (before !== after) before?.fetcher.remove(hosted.key);
    if (after === undefined) {
      this.pairOf.delete(hosted.key);
      return;
    }
    this.pairOf.set(hosted.key, after);
    after.fetcher.add(hosted);
  }

  /** What the leader was told of the replica is not so any more. */
  positionMoved(key: string): void {
    this.pairOf.get(key)?.fetcher.positionMoved(key);
  }

  deadline(now: Now): void {
    for (const { connection, fetcher } of this.pairs.values()) {
      connection.deadline(now);
      fetcher.deadline(now);
    }
  }

  endTurn(now: Now): void {
    for (const [key, { connection, fetcher }] of this.pairs) {
      if (fetcher.isEmpty) {
        connection.close();
        this.pairs.delete(key);
      } else fetcher.endTurn(now);
    }
  }

  private pairFor(hosted: HostedReplica, leader: NodeId, address: { readonly host: string; readonly port: number }): Pair {
    const key = `${leader}/${hosted.logDir}/${fetcherIdOf(hosted, this.options.config.numReplicaFetchers)}`;
    const known = this.pairs.get(key) ?? this.connect(leader, address);
    this.pairs.set(key, known);
    return known;
  }

  private connect(leader: NodeId, address: { readonly host: string; readonly port: number }): Pair {
    const { config, outbox, prng, proof, brokerEpoch, owns } = this.options;
    const connection: LeaderConnection = new LeaderConnection(
      {
        self: config.nodeId,
        leader,
        outbox,
        prng,
        proof,
        maxBackoffMs: config.replicaFetchBackoffMs,
        // A first batch may be larger than the fetch's own bound (KIP-74).
        maxResponseBytes: config.socketRequestMaxBytes + config.replicaFetchResponseMaxBytes,
        responseTimeoutMs: config.replicaFetchWaitMaxMs + RESPONSE_GRACE_MS,
        events: { connected: () => undefined, disconnected: () => fetcher.connectionLost(), owns: (id) => owns(id, connection) },
      },
      address,
    );
    const fetcher = new ReplicaFetcher({
      self: config.nodeId,
      brokerEpoch,
      connection,
      maxWaitMs: config.replicaFetchWaitMaxMs,
      partitionMaxBytes: config.replicaFetchMaxBytes,
      responseMaxBytes: config.replicaFetchResponseMaxBytes,
      backoffMs: config.replicaFetchBackoffMs,
    });
    return { leader, connection, fetcher };
  }
}

/** As Kafka shares partitions out. */
function fetcherIdOf({ topic, partition }: HostedReplica, fetcherCount: number): number {
  if (fetcherCount === 1) return 0;
  let hash = 0;
  for (let at = 0; at < topic.length; at++) hash = (Math.imul(31, hash) + topic.charCodeAt(at)) | 0;
  return ((Math.imul(31, hash) + partition) & 0x7fff_ffff) % fetcherCount;
}
