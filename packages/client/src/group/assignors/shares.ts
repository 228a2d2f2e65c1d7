import { invariant } from "@samsa/stdx";
import type { TopicPartition } from "../topic-partition.ts";
import type { SubscribedMember } from "./assignor.ts";
import { Share } from "./share.ts";
import { TakerCounts } from "./taker-counts.ts";

/** Of topics that the same members want: these, in order, and how many partitions they have. */
interface Takers {
  readonly shares: Share[];
  readonly counts: TakerCounts;
}

/**
 * Who has what, so far. Of equals the first member in order is the poorest.
 *
 * What members want, and how many they are, strangers say: no step looks at partitions that it does not move, and none sorts anything.
 */
export class Shares {
  private readonly shares: readonly Share[];
  private readonly byMember: ReadonlyMap<string, Share>;
  /** By topic; mostly all topics have the same takers. */
  private readonly takers: ReadonlyMap<string, Takers>;
  private readonly takersOf: ReadonlyMap<Share, ReadonlySet<Takers>>;
  private nextSequence = 0;
  /** How often the least count of some topic has become smaller: only then can something be moved that could not before. */
  private shrinkings = 0;

  constructor(members: readonly SubscribedMember[]) {
    this.shares = members.map((member) => new Share(member));
    this.byMember = new Map(this.shares.map((share) => [share.memberId, share]));
    this.takers = takersByTopic(this.shares);
    this.takersOf = new Map(this.shares.map((share) => [share, new Set([...share.topics].flatMap((topic) => this.takers.get(topic) ?? []))]));
    for (const [share, kinds] of this.takersOf) {
      for (const { shares, counts } of kinds) {
        shares.push(share);
        counts.came();
      }
    }
  }

  wants(memberId: string, { topic }: TopicPartition): boolean {
    return this.byMember.get(memberId)?.topics.has(topic) === true;
  }

  give(memberId: string, partition: TopicPartition): void {
    const share = this.byMember.get(memberId);
    if (share !== undefined) this.add(share, partition);
  }

  giveToPoorest(partition: TopicPartition): void {
    const poorest = this.poorestFor(partition.topic);
    if (poorest !== undefined) this.add(poorest, partition);
  }

  /** From whoever has most; its last ones go first, which it has not had for longest where it was given some just now. */
  balance(): void {
    let level = this.mostBelow(Number.POSITIVE_INFINITY);
    while (level > 1) {
      const { shrinkings } = this;
      const hasMoved = this.shares.some((share) => share.count === level && this.moveOne(share));
      if (!hasMoved) level = this.mostBelow(level);
      // Who has one more than the one that gave, and had to keep it, may be able to give to that one now.
      else if (this.shrinkings > shrinkings) level++;
    }
  }

  filtered(mayHave: (partition: TopicPartition, memberId: string) => boolean): ReadonlyMap<string, readonly TopicPartition[]> {
    return new Map(this.shares.map((share) => [share.memberId, share.partitions().filter((partition) => mayHave(partition, share.memberId))]));
  }

  /** Each move makes the sum of the squares of the counts smaller: so they end. */
  private moveOne(share: Share): boolean {
    const { immovable } = share;
    if (immovable !== undefined && immovable.at === this.shrinkings && share.count <= immovable.count) return false;
    const before = share.count;
    const partition = share.takeLast((topic) => this.leastOf(topic) + 1 < before);
    if (partition === undefined) {
      share.immovable = { count: before, at: this.shrinkings };
      return false;
    }
    // Found before the giver counts as poorer.
    const poorest = this.poorestFor(partition.topic);
    invariant(poorest !== undefined && poorest !== share, "who gives is not the poorest", { topic: partition.topic });
    for (const { counts } of this.takersOf.get(share) ?? []) if (counts.shrank(before)) this.shrinkings++;
    this.add(poorest, partition);
    return true;
  }

  private add(share: Share, partition: TopicPartition): void {
    for (const { counts } of this.takersOf.get(share) ?? []) counts.grew(share.count);
    share.give(partition, this.nextSequence++);
  }

  /** The highest count that anybody has, of those below this one. */
  private mostBelow(level: number): number {
    return this.shares.reduce((most, { count }) => (count < level && count > most ? count : most), 0);
  }

  private leastOf(topic: string): number {
    return this.takers.get(topic)?.counts.least ?? Number.POSITIVE_INFINITY;
  }

  private poorestFor(topic: string): Share | undefined {
    const least = this.leastOf(topic);
    return this.takers.get(topic)?.shares.find(({ count }) => count === least);
  }
}

/** One object, with nobody in it yet, for all topics that the same members want: each member parts those of its topics from the others. */
function takersByTopic(shares: readonly Share[]): ReadonlyMap<string, Takers> {
  const known = new Map<string, Takers>();
  for (const { topics } of shares) {
    const parted = new Map<Takers | undefined, Takers>();
    for (const topic of topics) {
      const before = known.get(topic);
      const takers = parted.get(before) ?? { shares: [], counts: new TakerCounts() };
      parted.set(before, takers);
      known.set(topic, takers);
    }
  }
  return known;
}
