import type { NodeId, Prng } from "@samsa/stdx";
import { invariant } from "@samsa/stdx";

/** A broker that may get replicas. */
export interface PlacementBroker {
  readonly brokerId: NodeId;
  readonly rack: string | null;
}

export interface PlacementRequest {
  readonly brokers: readonly PlacementBroker[];
  readonly partitionCount: number;
  readonly replicationFactor: number;
}

/**
 * Replicas by partition; the first is the preferred leader. Leaders go round the brokers from a drawn one, so that they
 * differ by at most one; followers keep a distance from their leader that grows with every round, so that one broker's partitions do
 * not all fall to the same neighbour. Where every broker has a rack, a partition's replicas lie in as many racks as there are.
 */
export function placeReplicas({ brokers, partitionCount, replicationFactor }: PlacementRequest, prng: Prng): readonly (readonly NodeId[])[] {
  invariant(replicationFactor > 0 && replicationFactor <= brokers.length, "there are brokers for every replica", {
    replicationFactor,
    brokers: brokers.length,
  });
  const ring = alternateRacks(brokers);
  const start = prng.below(ring.length);
  const firstShift = prng.below(ring.length);
  return Array.from({ length: partitionCount }, (_, partition) => {
    const leader = (start + partition) % ring.length;
    const shift = firstShift + Math.floor(partition / ring.length);
    return chooseReplicas(ring, { leader, shift, replicationFactor });
  });
}

function chooseReplicas(
  ring: readonly PlacementBroker[],
  { leader, shift, replicationFactor }: { readonly leader: number; readonly shift: number; readonly replicationFactor: number },
): readonly NodeId[] {
  const others = ring.length - 1;
  const order = Array.from({ length: others }, (_, step) => ring[(leader + 1 + ((shift + step) % others)) % ring.length] as PlacementBroker);
  const chosen = [ring[leader] as PlacementBroker];
  const usedRacks = new Set(chosen.map((broker) => broker.rack));
  // First one replica for each rack, then the rest in the ring's order.
  for (const isNewRackNeeded of [true, false]) {
    for (const broker of order) {
      if (chosen.length === replicationFactor) break;
      if (chosen.includes(broker) || (isNewRackNeeded && usedRacks.has(broker.rack))) continue;
      chosen.push(broker);
      usedRacks.add(broker.rack);
    }
  }
  return chosen.map((broker) => broker.brokerId);
}

/** Brokers by id; where all have racks, one of each rack in turn. */
function alternateRacks(brokers: readonly PlacementBroker[]): readonly PlacementBroker[] {
  const sorted = [...brokers].sort((a, b) => a.brokerId - b.brokerId);
  if (sorted.some((broker) => broker.rack === null)) return sorted.map(({ brokerId }) => ({ brokerId, rack: null }));
  const racks = groupByRack(sorted);
  const ring: PlacementBroker[] = [];
  for (let round = 0; ring.length < sorted.length; round++) {
    for (const rack of racks) {
      const broker = rack[round];
      if (broker !== undefined) ring.push(broker);
    }
  }
  return ring;
}

function groupByRack(brokers: readonly PlacementBroker[]): readonly (readonly PlacementBroker[])[] {
  const racks = new Map<string, PlacementBroker[]>();
  for (const broker of brokers) {
    const rack = broker.rack ?? "";
    const members = racks.get(rack);
    if (members === undefined) racks.set(rack, [broker]);
    else members.push(broker);
  }
  return [...racks].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, members]) => members);
}
