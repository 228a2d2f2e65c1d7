import {
  type BrokerEpoch,
  brokerEpoch,
  type LeaderEpoch,
  type Micros,
  micros,
  type NodeId,
  type Now,
  offset,
  type Offset,
  type PartitionEpoch,
} from "@samsa/stdx";
import { FollowerProgress, type ProvedFetch } from "./follower-progress.ts";
import { IsrState } from "./isr-state.ts";
import type { BrokerView, IsrMember } from "./replica-listener.ts";

/** What the metadata say of a partition whose leader is this broker. */
export interface LeaderState {
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  readonly replicas: readonly NodeId[];
  readonly isr: readonly NodeId[];
  /** As configured. More than there are replicas could never be met: the effective one is at most their number. */
  readonly minInsyncReplicas: number;
}

/** A follower that a consumer may read from. */
export interface ReadReplica {
  readonly id: NodeId;
  readonly endOffset: Offset;
  /** When it last had all there was. */
  readonly caughtUpUs: Micros;
}

/** Between them lies what is committed and not deleted. */
export interface CommittedBounds {
  readonly logStartOffset: Offset;
  readonly highWatermark: Offset;
}

export interface LeaderOptions {
  readonly self: NodeId;
  readonly state: LeaderState;
  /** Where this leadership began to append. */
  readonly epochStartOffset: Offset;
  readonly replicaLagTimeMaxMs: number;
  readonly now: Now;
}

/** The leader's role for the time of one leader epoch: who has proved what, and the ISR that follows from it. */
export class Leader {
  readonly type = "leader";
  readonly leader: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly epochStartOffset: Offset;
  readonly isrState: IsrState;
  replicas: readonly NodeId[];
  minInsyncReplicas: number;
  private readonly followers = new Map<NodeId, FollowerProgress>();
  private readonly replicaLagTimeMaxMs: number;

  constructor({ self, state, epochStartOffset, replicaLagTimeMaxMs, now }: LeaderOptions) {
    this.leader = self;
    this.leaderEpoch = state.leaderEpoch;
    this.epochStartOffset = epochStartOffset;
    this.isrState = new IsrState(state.isr, state.partitionEpoch);
    this.replicas = state.replicas;
    this.minInsyncReplicas = state.minInsyncReplicas;
    this.replicaLagTimeMaxMs = replicaLagTimeMaxMs;
    this.resetMembership(now);
  }

  get isr(): readonly NodeId[] {
    return this.isrState.isr;
  }

  get partitionEpoch(): PartitionEpoch {
    return this.isrState.partitionEpoch;
  }

  get effectiveMinIsr(): number {
    return Math.max(1, Math.min(this.minInsyncReplicas, this.replicas.length));
  }

  get isUnderMinIsr(): boolean {
    return this.isr.length < this.effectiveMinIsr;
  }

  /** Metadata of this very leader epoch, with a higher partition epoch. */
  update(state: LeaderState, now: Now): void {
    this.replicas = state.replicas;
    this.minInsyncReplicas = state.minInsyncReplicas;
    this.isrState.commit(state.isr, state.partitionEpoch);
    this.resetMembership(now);
  }

  /** Whoever is in the ISR has the whole lag time to be heard of; whoever is no replica any more is forgotten with all it proved (P11). */
  resetMembership(now: Now): void {
    for (const id of this.followers.keys()) if (!this.replicas.includes(id)) this.followers.delete(id);
    for (const id of this.replicas) {
      if (id === this.leader) continue;
      const known = this.followers.get(id);
      if (known === undefined) this.followers.set(id, new FollowerProgress(this.isr.includes(id) ? now.monotonicUs : undefined));
      else if (known.proved === undefined && this.isr.includes(id)) known.joined(now);
    }
  }

  provedOf(id: NodeId): ProvedFetch | undefined {
    return this.followers.get(id)?.proved;
  }

  /**
   * Who can give a consumer the records from `fetchOffset` on, besides this leader: members of the ISR that have proved to hold the
   * offset in this epoch. Others may be fenced, or far behind (P26).
   */
  readReplicas(fetchOffset: Offset, leaderEnd: Offset): readonly ReadReplica[] {
    const found: ReadReplica[] = [];
    for (const [id, progress] of this.followers) {
      const { proved } = progress;
      if (proved === undefined || !this.isr.includes(id) || proved.fetchOffset < fetchOffset || proved.logStartOffset > fetchOffset) continue;
      found.push({ id, endOffset: proved.fetchOffset, caughtUpUs: progress.caughtUpUs(leaderEnd) ?? micros(0) });
    }
    return found;
  }

  /**
   * The lowest log start of all replicas whose brokers are alive; −1: one of them has not said. What an earlier process said counts for nothing: where
   * a log starts is written down now and then only, and the next one may have begun with less.
   */
  lowWatermark(ownStart: Offset, view: (id: NodeId) => BrokerView | undefined): Offset {
    let low = ownStart;
    for (const [id, { proved }] of this.followers) {
      const broker = view(id);
      if (broker?.isFenced !== false) continue;
      const isOfBefore = proved !== undefined && proved.brokerEpoch !== UNKNOWN_BROKER_EPOCH && proved.brokerEpoch < broker.brokerEpoch;
      const start = isOfBefore ? NOT_SAID : (proved?.logStartOffset ?? NOT_SAID);
      if (start < low) low = start;
    }
    return low;
  }

  /** Before an append. */
  grows(leaderEnd: Offset): void {
    for (const progress of this.followers.values()) progress.leaderGrows(leaderEnd);
  }

  fetched(id: NodeId, fetch: ProvedFetch, leaderEnd: Offset, now: Now): void {
    this.followers.get(id)?.fetched(fetch, leaderEnd, now);
  }

  /**
   * The end of what every member of the maximal ISR holds; undefined while one of them has not fetched in this epoch, and while the
   * ISR is below its minimum: what would be committed then could be lost with fewer brokers than promised (P18, KAFKA-15583).
   */
  replicatedEnd(ownEnd: Offset): Offset | undefined {
    if (this.isUnderMinIsr) return undefined;
    let end = ownEnd;
    for (const id of this.isrState.maximalIsr) {
      if (id === this.leader) continue;
      const proved = this.provedOf(id);
      if (proved === undefined) return undefined;
      if (proved.fetchOffset < end) end = proved.fetchOffset;
    }
    return end;
  }

  /**
   * May this follower enter the ISR? It holds all that is committed and has found its way into this epoch; it is the incarnation that
   * the controller knows, and not one that lost its tail since (KIP-903, P16); it is not fenced (KIP-841, P15). It has followed the log's start:
   *
   * 1. A follower dies; 2. records before 59 are deleted, and DeleteRecords is answered; 3. the follower comes back with a log that starts at 12, joins,
   * and is elected before it has heard of 59: the records would be back.
   */
  mayJoin(id: NodeId, { highWatermark, logStartOffset }: CommittedBounds, view: BrokerView | undefined): boolean {
    const proved = this.provedOf(id);
    if (proved === undefined || this.isrState.maximalIsr.includes(id)) return false;
    if (proved.fetchOffset < highWatermark || proved.fetchOffset < this.epochStartOffset || proved.logStartOffset < logStartOffset) return false;
    return view !== undefined && !view.isFenced && view.brokerEpoch === proved.brokerEpoch;
  }

  /** Members of the ISR that have not kept up for `replica.lag.time.max.ms`. */
  laggards(leaderEnd: Offset, now: Now): NodeId[] {
    return this.isr.filter((id) => {
      const fromUs = this.lagsFromUs(id, leaderEnd);
      return fromUs !== undefined && now.monotonicUs >= fromUs;
    });
  }

  /** When the next member starts to lag, or the back-off ends after which its removal may be asked for; or when to ask again. */
  nextDeadlineUs(leaderEnd: Offset): Micros | undefined {
    const { proposal, restsUntilUs } = this.isrState;
    if (proposal !== undefined) return proposal.retryAtUs;
    let earliest: Micros | undefined;
    for (const id of this.isr) {
      const fromUs = this.lagsFromUs(id, leaderEnd);
      if (fromUs !== undefined && (earliest === undefined || fromUs < earliest)) earliest = fromUs;
    }
    return earliest !== undefined && restsUntilUs !== undefined && restsUntilUs > earliest ? restsUntilUs : earliest;
  }

  /** With the epoch in which each was seen; a member not heard of yet is vouched for by the controller's own view. */
  membersOf(ids: readonly NodeId[], ownBrokerEpoch: BrokerEpoch, view: (id: NodeId) => BrokerView | undefined): IsrMember[] {
    const epochOf = (id: NodeId): BrokerEpoch | undefined => (id === this.leader ? ownBrokerEpoch : (this.provedOf(id)?.brokerEpoch ?? view(id)?.brokerEpoch));
    return ids.map((id) => ({ brokerId: id, brokerEpoch: epochOf(id) ?? UNKNOWN_BROKER_EPOCH }));
  }

  private lagsFromUs(id: NodeId, leaderEnd: Offset): Micros | undefined {
    return id === this.leader ? undefined : this.followers.get(id)?.lagsFromUs(leaderEnd, this.replicaLagTimeMaxMs);
  }
}

const NOT_SAID = offset(-1);
const UNKNOWN_BROKER_EPOCH = brokerEpoch(-1);
