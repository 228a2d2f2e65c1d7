import { keyOf, type TopicPartition } from "../topic-partition.ts";
import type { SubscribedMember } from "./assignor.ts";

/** Who says that it owns a partition. */
interface Claim {
  /** Of the latest generation in which somebody was given it; undefined where two say so of the same one. */
  owner: string | undefined;
  generationId: number;
  readonly claimants: Set<string>;
}

/** What the members of a group say that they own when they join (KIP-429, KIP-792). */
export class Claims {
  private readonly byPartition = new Map<string, Claim>();

  constructor(members: readonly SubscribedMember[]) {
    for (const member of members) for (const partition of member.ownedPartitions) this.add(member, partition);
  }

  ownerOf(partition: TopicPartition): string | undefined {
    return this.byPartition.get(keyOf(partition))?.owner;
  }

  /** Somebody else may still be reading it. */
  isHeldByOther(partition: TopicPartition, memberId: string): boolean {
    const claim = this.byPartition.get(keyOf(partition));
    if (claim === undefined || claim.owner === memberId) return false;
    return [...claim.claimants].some((claimant) => claimant !== memberId) || claim.owner === undefined;
  }

  private add({ memberId, generationId }: SubscribedMember, partition: TopicPartition): void {
    const key = keyOf(partition);
    const known = this.byPartition.get(key);
    if (known === undefined) return void this.byPartition.set(key, { owner: memberId, generationId, claimants: new Set([memberId]) });
    known.claimants.add(memberId);
    if (generationId > known.generationId) Object.assign(known, { owner: memberId, generationId });
    else if (generationId === known.generationId && known.owner !== memberId) known.owner = undefined;
  }
}
