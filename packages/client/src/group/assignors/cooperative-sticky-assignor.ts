import type { TopicPartition } from "../topic-partition.ts";
import { type Assignor, inOrder, partitionsOf, topicsOf } from "./assignor.ts";
import { Claims } from "./claims.ts";
import { Shares } from "./shares.ts";

/**
 * Everybody keeps what it owns as far as that is balanced: nobody has two partitions more than another who could take one of them. What goes from one
 * to another is given to nobody in this generation: its owner sees that it has to let it go, does so, and joins again (KIP-429). Racks count for nothing.
 *
 * Invariant: a partition is given to a member only if nobody else who joined may still be reading it.
 */
export const cooperativeStickyAssignor: Assignor = {
  name: "cooperative-sticky",
  isCooperative: true,
  assign(members, partitionCounts) {
    const claims = new Claims(members);
    const shares = new Shares(inOrder(members));
    const unowned: TopicPartition[] = [];
    for (const partition of topicsOf(members, partitionCounts).flatMap((topic) => partitionsOf(topic, partitionCounts))) {
      const owner = claims.ownerOf(partition);
      if (owner === undefined || !shares.wants(owner, partition)) unowned.push(partition);
      else shares.give(owner, partition);
    }
    for (const partition of unowned) shares.giveToPoorest(partition);
    shares.balance();
    return shares.filtered((partition, memberId) => !claims.isHeldByOther(partition, memberId));
  },
};
