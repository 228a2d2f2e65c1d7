import type { Uuid } from "@samsa/stdx";
import type { Assigned, Assignor, AssignorInput } from "./assignor.ts";
import { byMember } from "./assignor.ts";
import { LeastLoaded } from "./least-loaded.ts";
import { Share } from "./share.ts";
import { type Subscribed, subscribedOf } from "./subscribed.ts";

/**
 * As even as what members want allows, and as little moved as that needs: members keep what they have of what they want, what nobody has goes to the
 * least loaded, and then partitions move from the most to the least loaded of those who want a topic, as long as that makes the two more even.
 *
 * Each such move lowers the sum of the squares of the loads, so that it ends; in the end nobody has two partitions more than somebody who could take one.
 */
export const uniformAssignor: Assignor = {
  name: "uniform",
  assign({ members, partitionCounts }: AssignorInput): Assigned {
    const shares = [...members].sort(byMember).map((member) => new Share(member));
    const all = subscribedOf(shares);
    const free = new Map<Uuid, readonly number[]>();
    for (const { topicIds, subscribers } of all)
      for (const topicId of topicIds) free.set(topicId, keep(topicId, subscribers, partitionCounts.get(topicId) ?? 0));
    for (const { topicIds, subscribers } of all) {
      const least = new LeastLoaded(subscribers);
      for (const topicId of topicIds) for (const partition of free.get(topicId) ?? []) least.get()?.add(topicId, partition);
    }
    for (let hasMoved = true; hasMoved;) {
      hasMoved = false;
      for (const subscribed of all) if (evenOut(subscribed)) hasMoved = true;
    }
    return new Map(shares.filter(({ load }) => load > 0).map((share) => [share.member.memberId, share.partitions()]));
  },
};

/** Whoever had a partition that there is and wants it has it again; the partitions that nobody has. What others wrote into the log may be any number. */
function keep(topicId: Uuid, subscribers: readonly Share[], count: number): readonly number[] {
  const isTaken = new Set<number>();
  for (const share of subscribers) {
    for (const partition of share.member.target.get(topicId) ?? []) {
      if (partition < 0 || partition >= count || isTaken.has(partition)) continue;
      isTaken.add(partition);
      share.add(topicId, partition);
    }
  }
  return Array.from({ length: count }, (_, partition) => partition).filter((partition) => !isTaken.has(partition));
}

/** Whether a partition has moved. If none has, none can. */
function evenOut({ topicIds, subscribers }: Subscribed<Share>): boolean {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, 0];
  for (const { load } of subscribers) [lowest, highest] = [Math.min(lowest, load), Math.max(highest, load)];
  if (highest <= lowest + 1) return false;
  // Who gives has more than the least loaded afterwards, too: where it should come first nevertheless, the next round finds it.
  const least = new LeastLoaded(subscribers);
  let hasMoved = false;
  for (const [topicId, owners] of ownersOf(topicIds, subscribers)) {
    for (let to = least.get(); to !== undefined; to = least.get()) {
      const from = mostLoaded(owners, topicId);
      if (from === undefined || from.load <= to.load + 1) break;
      to.add(topicId, from.takeLast(topicId));
      owners.add(to);
      hasMoved = true;
    }
  }
  return hasMoved;
}

function ownersOf(topicIds: readonly Uuid[], subscribers: readonly Share[]): ReadonlyMap<Uuid, Set<Share>> {
  const owners = new Map(topicIds.map((topicId) => [topicId, new Set<Share>()]));
  for (const share of subscribers) for (const topicId of share.topicIds()) owners.get(topicId)?.add(share);
  return owners;
}

function mostLoaded(owners: Iterable<Share>, topicId: Uuid): Share | undefined {
  let most: Share | undefined;
  for (const share of owners) if (share.has(topicId) && share.load > (most?.load ?? 0)) most = share;
  return most;
}
