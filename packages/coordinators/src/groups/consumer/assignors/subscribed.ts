import type { Uuid } from "@samsa/stdx";
import type { AssignorMember } from "./assignor.ts";

/** Topics that the same members want. */
export interface Subscribed<T> {
  /** In the order of the ids. */
  readonly topicIds: readonly Uuid[];
  /** In the order in which they were given. */
  readonly subscribers: readonly T[];
}

/** Topics that the same sets have among them, of those that were gone through. */
interface Alike {
  /** One of them. */
  readonly first: Uuid;
  readonly topicIds: Uuid[];
  readonly wantedBy: number[];
}

/**
 * Who wants which topics. Mostly all members of a group want the same: then it is as much work as there are members and topics. Otherwise it is as much as
 * there are topics in different sets, and as many pairs as are told.
 */
export function subscribedOf<T extends { readonly member: AssignorMember }>(shares: readonly T[]): readonly Subscribed<T>[] {
  const bySet = new Map<ReadonlySet<Uuid>, number[]>();
  for (const [at, { member }] of shares.entries()) {
    const known = bySet.get(member.topicIds);
    if (known === undefined) bySet.set(member.topicIds, [at]);
    else known.push(at);
  }
  const membersOfSets = [...bySet.values()];
  return Array.from(alikeOf([...bySet.keys()]), ({ topicIds, wantedBy }) => {
    const members = wantedBy.flatMap((set) => membersOfSets[set] ?? []).sort((one, other) => one - other);
    return { topicIds, subscribers: members.flatMap((at) => shares[at] ?? []) };
  });
}

/** In the order of their first topics. Each set divides what was alike until then into what it has and what it has not. */
function alikeOf(sets: readonly ReadonlySet<Uuid>[]): Iterable<Alike> {
  const classOf = new Map<Uuid, object>();
  for (const topicIds of sets) {
    const divided = new Map<object | undefined, object>();
    for (const topicId of topicIds) {
      const before = classOf.get(topicId);
      const after = divided.get(before) ?? {};
      divided.set(before, after);
      classOf.set(topicId, after);
    }
  }
  const alike = new Map<object, Alike>();
  for (const topicId of [...classOf.keys()].sort()) {
    const key = classOf.get(topicId) ?? {};
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { first: topicId, topicIds: [topicId], wantedBy: [] });
    else known.topicIds.push(topicId);
  }
  for (const [set, topicIds] of sets.entries())
    for (const topicId of topicIds) {
      const own = alike.get(classOf.get(topicId) ?? {});
      if (own?.first === topicId) own.wantedBy.push(set);
    }
  return alike.values();
}
