import type { MetadataImage } from "@samsa/metadata";
import { DEFAULT_LEADER_ID_AND_EPOCH } from "@samsa/protocol";
import { endpointOf } from "./endpoints.ts";
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

/** What the version of the response has room for, for the fields of a newer one must stay empty; and by which listener it leaves. */
export interface HintScope {
  readonly hasLeader: boolean;
  readonly hasEndpoints: boolean;
  readonly listener: string;
}

/** Tells clients that asked the wrong broker where the leader is, so that they need not ask for metadata (KIP-951). */
export class LeaderHints {
  private readonly image: MetadataImage;
  private readonly scope: HintScope;
  private readonly named = new Map<number, NodeEndpoint>();

  constructor(image: MetadataImage, scope: HintScope) {
    this.image = image;
    this.scope = scope;
  }

  /** The leader as this broker knows it; its endpoint goes into `endpoints`. */
  leaderOf(topicId: Uuid, partition: number): LeaderIdAndEpoch {
    if (!this.scope.hasLeader) return NO_LEADER;
    const state = this.image.topicById(topicId)?.partitions[partition];
    if (state === undefined) return { leaderId: NO_NODE, leaderEpoch: NO_EPOCH };
    const broker = this.image.brokers.get(state.leader);
    const endpoint = endpointOf(broker, this.scope.listener);
    if (broker !== undefined && endpoint !== undefined)
      this.named.set(state.leader, { nodeId: state.leader, host: endpoint.host, port: endpoint.port, rack: broker.rack });
    return { leaderId: state.leader, leaderEpoch: state.leaderEpoch };
  }

  endpoints(): NodeEndpoint[] {
    return this.scope.hasEndpoints ? [...this.named.values()] : [];
  }
}

/** The codec's own default: it leaves it out without looking into it. */
export const NO_LEADER: LeaderIdAndEpoch = DEFAULT_LEADER_ID_AND_EPOCH;
