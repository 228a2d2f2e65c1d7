import type { MetadataImage } from "@samsa/metadata";
import { type BrokerEpoch, earlier, type Micros, type NodeId, type Now, type Prng } from "@samsa/stdx";
import type { ConnectionId, ConnectionInput, Outbox } from "@samsa/world";
import type { BrokerConfig } from "../config.ts";
import { endpointOf } from "../endpoints.ts";
import type { SecretProof } from "../connection/peer-proof.ts";
import type { HostedReplica } from "../replicas/hosted-replicas.ts";
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
  readonly connection: LeaderConnection;
  readonly fetcher: ReplicaFetcher;
}

/** Beyond the longest wait that a fetch asks for. */
const RESPONSE_GRACE_MS = 10_000;

/** One fetcher and one connection for each leader that this broker follows. */
export class ReplicaFetchers {
  private readonly options: ReplicaFetchersOptions;
  private readonly byLeader = new Map<NodeId, Pair>();
  private readonly leaderOf = new Map<string, NodeId>();
  private image: MetadataImage | undefined;

  constructor(options: ReplicaFetchersOptions) {
    this.options = options;
  }

  get nextDeadlineUs(): Micros | undefined {
    let earliest: Micros | undefined;
    for (const { connection, fetcher } of this.byLeader.values()) {
      earliest = earlier(earlier(earliest, connection.nextDeadlineUs), fetcher.nextDeadlineUs);
    }
    return earliest;
  }

  applyMetadata(image: MetadataImage): void {
    this.image = image;
    for (const [leader, { connection }] of this.byLeader) {
      const endpoint = endpointOf(image.brokers.get(leader), this.options.config.interBrokerListener);
      if (endpoint !== undefined) connection.moveTo(endpoint);
    }
  }

  /** −1: it follows nobody. The same leader in a new epoch counts as new: the replica must ask again. */
  follow(hosted: HostedReplica, leader: NodeId): void {
    const before = this.leaderOf.get(hosted.key);
    const endpoint = endpointOf(this.image?.brokers.get(leader), this.options.config.interBrokerListener);
    const isReachable = leader >= 0 && endpoint !== undefined;
    if (before !== undefined && (before !== leader || !isReachable)) this.byLeader.get(before)?.fetcher.remove(hosted.key);
    if (!isReachable) {
      this.leaderOf.delete(hosted.key);
      return;
    }
    this.leaderOf.set(hosted.key, leader);
    const pair = this.byLeader.get(leader) ?? this.connect(leader, endpoint);
    pair.fetcher.add(hosted);
  }

  deadline(now: Now): void {
    for (const { connection, fetcher } of this.byLeader.values()) {
      connection.deadline(now);
      fetcher.deadline(now);
    }
  }

  endTurn(now: Now): void {
    for (const [leader, { connection, fetcher }] of this.byLeader) {
      if (fetcher.isEmpty) {
        connection.close();
        this.byLeader.delete(leader);
      } else fetcher.endTurn(now);
    }
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
    const pair = { connection, fetcher };
    this.byLeader.set(leader, pair);
    return pair;
  }
}
