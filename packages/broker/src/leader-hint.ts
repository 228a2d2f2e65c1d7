import type { MetadataImage } from "@samsa/metadata";
import { NO_EPOCH, NO_NODE, type Uuid } from "@samsa/stdx";

interface LeaderIdAndEpoch {
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

interface NodeEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** What the version of the response has room for; the fields of a newer one must stay empty. */
export interface HintVersions {
  readonly hasLeader: boolean;
  readonly hasEndpoints: boolean;
}

/** Tells clients that asked the wrong broker where the leader is, so that they need not ask for metadata (KIP-951). */
export class LeaderHints {
  private readonly image: MetadataImage;
  private readonly versions: HintVersions;
  private readonly named = new Map<number, NodeEndpoint>();

  constructor(image: MetadataImage, versions: HintVersions) {
    this.image = image;
    this.versions = versions;
  }

  /** The leader as this broker knows it; its endpoint goes into `endpoints`. */
  leaderOf(topicId: Uuid, partition: number): LeaderIdAndEpoch {
    if (!this.versions.hasLeader) return NO_LEADER;
    const state = this.image.topicById(topicId)?.partitions[partition];
    if (state === undefined) return { leaderId: NO_NODE, leaderEpoch: NO_EPOCH };
    const broker = this.image.brokers.get(state.leader);
    const endpoint = broker?.endpoints[0];
    if (broker !== undefined && endpoint !== undefined) this.named.set(state.leader, { nodeId: state.leader, host: endpoint.host, port: endpoint.port, rack: broker.rack });
    return { leaderId: state.leader, leaderEpoch: state.leaderEpoch };
  }

  endpoints(): NodeEndpoint[] {
    return this.versions.hasEndpoints ? [...this.named.values()] : [];
  }
}

export const NO_LEADER: LeaderIdAndEpoch = { leaderId: NO_NODE, leaderEpoch: NO_EPOCH };
