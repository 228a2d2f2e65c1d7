import type { NodeId } from "@samsa/stdx";

interface Surroundings {
  readonly existing: readonly (readonly NodeId[])[];
  readonly mayLead: (id: NodeId) => boolean;
}

/**
 * The same replicas, with preferred leaders chosen so that brokers differ by at most one where their replicas allow it. Choosing each
 * partition's leader as it comes is not enough: at the end two brokers may differ by two, and share no partition. So while somebody leads
 * two more than somebody else, leadership is handed on along a chain of partitions that connects them, which evens them out and
 * leaves everybody between as it was. It ends: every chain makes the sum of the squares smaller.
 */
export function evenLeaders(placed: readonly (readonly NodeId[])[], { existing, mayLead }: Surroundings): readonly (readonly NodeId[])[] {
  const partitions = placed.map((replicas) => [...replicas]);
  const counts = new Map<NodeId, number>();
  const count = (id: NodeId, by: number): unknown => counts.set(id, (counts.get(id) ?? 0) + by);
  for (const replicas of partitions) for (const id of replicas) if (mayLead(id)) count(id, 0);
  for (const [first] of [...existing, ...partitions]) if (first !== undefined && counts.has(first)) count(first, 1);
  for (;;) {
    const chain = findChain(partitions, counts, mayLead);
    if (chain === undefined) return partitions;
    for (const { partition, to } of chain) {
      const from = partition[0] as NodeId;
      partition[partition.indexOf(to)] = from;
      partition[0] = to;
      count(from, -1);
      count(to, 1);
    }
  }
}

interface Step {
  /** Whose leadership is handed on. */
  readonly partition: NodeId[];
  readonly to: NodeId;
}

/** From one of the busiest brokers to one that leads at least two less: the shortest chain, each step a partition that `to` holds and its predecessor leads. */
function findChain(partitions: readonly NodeId[][], counts: ReadonlyMap<NodeId, number>, mayLead: (id: NodeId) => boolean): readonly Step[] | undefined {
  const led = new Map<NodeId, NodeId[][]>();
  for (const partition of partitions) {
    const leader = partition[0] as NodeId;
    const others = led.get(leader);
    if (others === undefined) led.set(leader, [partition]);
    else others.push(partition);
  }
  const least = Math.min(...counts.values());
  for (const [start, most] of [...counts].sort(([, a], [, b]) => b - a)) {
    if (most - least < 2) return undefined;
    const chain = chainFrom(start, { led, mayLead, isEnd: (id) => (counts.get(id) ?? 0) <= most - 2 });
    if (chain !== undefined) return chain;
  }
  return undefined;
}

function chainFrom(
  start: NodeId,
  at: { readonly led: ReadonlyMap<NodeId, readonly NodeId[][]>; readonly mayLead: (id: NodeId) => boolean; readonly isEnd: (id: NodeId) => boolean },
): readonly Step[] | undefined {
  const reached = new Map<NodeId, readonly Step[]>([[start, []]]);
  for (const [from, chain] of reached) {
    for (const partition of at.led.get(from) ?? []) {
      for (const to of partition) {
        if (reached.has(to) || !at.mayLead(to)) continue;
        const longer = [...chain, { partition, to }];
        if (at.isEnd(to)) return longer;
        reached.set(to, longer);
      }
    }
  }
  return undefined;
}
