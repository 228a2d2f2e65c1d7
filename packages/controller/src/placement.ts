import type { NodeId, Prng } from "@samsa/stdx";
import { invariant } from "@samsa/stdx";
import { evenLeaders } from "./even-leaders.ts";

/** A broker that may get replicas. */
export interface PlacementBroker {
  readonly brokerId: NodeId;
  readonly rack: string | null;
  /** It gets replicas only where there are not enough others, and is nobody's preferred leader then. */
  readonly isFenced: boolean;
}

export interface PlacementRequest {
  readonly brokers: readonly PlacementBroker[];
  readonly partitionCount: number;
  readonly replicationFactor: number;
  /** Replicas of the partitions that the topic has already: the new ones are spread with regard to them. */
  readonly existing?: readonly (readonly NodeId[])[];
}

/** Of all brokers in it; where not every broker has a rack, all of them are in one. */
interface Rack {
  brokers: number;
  replicas: number;
}

interface Load {
  readonly broker: PlacementBroker;
  readonly rack: Rack;
  replicas: number;
  leaders: number;
  /** Drawn anew for every partition: whom equals are ordered by, so that one broker's partitions do not all follow to the same neighbour. */
  lot: number;
}

/**
 * Replicas by partition; the first is the preferred leader (the aims of Kafka's StripedReplicaPlacer). In this order:
 *
 * 1. A partition's replicas lie on unfenced brokers, as far as there are enough of them.
 * 2. They lie in as many racks as there are, where every broker has one.
 * 3. Brokers differ by at most one in the replicas they hold, where the racks allow it: always the least loaded gets the next one.
 * 4. Brokers differ by at most one in the partitions they are the preferred leader of, where replicas lie so that they can.
 */
export function placeReplicas(request: PlacementRequest, prng: Prng): readonly (readonly NodeId[])[] {
  const { brokers, partitionCount, replicationFactor, existing = [] } = request;
  invariant(replicationFactor > 0 && replicationFactor <= brokers.length && brokers.some((broker) => !broker.isFenced), "there are brokers for every replica", {
    replicationFactor,
    brokers: brokers.length,
  });
  const loads = loadsOf(brokers, existing);
  const placed = Array.from({ length: partitionCount }, () => placeOne(loads, replicationFactor, prng));
  const fenced = new Set(brokers.filter((broker) => broker.isFenced).map((broker) => broker.brokerId));
  return evenLeaders(placed, { existing, mayLead: (id) => !fenced.has(id) });
}

function loadsOf(brokers: readonly PlacementBroker[], existing: readonly (readonly NodeId[])[]): readonly Load[] {
  const racks = new Map<string | null, Rack>();
  const racksCount = brokers.every((broker) => broker.rack !== null);
  const loads = new Map<NodeId, Load>();
  for (const broker of [...brokers].sort((a, b) => a.brokerId - b.brokerId)) {
    const name = racksCount ? broker.rack : null;
    const rack = racks.get(name) ?? { brokers: 0, replicas: 0 };
    racks.set(name, rack);
    rack.brokers++;
    loads.set(broker.brokerId, { broker, rack, replicas: 0, leaders: 0, lot: 0 });
  }
  for (const replicas of existing) {
    for (const [at, id] of replicas.entries()) {
      const load = loads.get(id);
      if (load !== undefined) take(load, at === 0);
    }
  }
  return [...loads.values()];
}

function take(load: Load, leads: boolean): void {
  load.replicas++;
  load.rack.replicas++;
  if (leads) load.leaders++;
}

function placeOne(loads: readonly Load[], replicationFactor: number, prng: Prng): readonly NodeId[] {
  for (const load of loads) load.lot = prng.below(0x1_0000_0000);
  const chosen: Load[] = [];
  while (chosen.length < replicationFactor) {
    const usedInRack = ({ rack }: Load): number => chosen.filter((load) => load.rack === rack).length;
    const others = loads.filter((load) => !chosen.includes(load));
    chosen.push(others.reduce((a, b) => (isBefore(rankOf(a, usedInRack(a)), rankOf(b, usedInRack(b))) ? a : b)));
  }
  const leader = chosen.filter((load) => !load.broker.isFenced).reduce((a, b) => (isBefore([a.leaders, a.lot], [b.leaders, b.lot]) ? a : b));
  for (const load of chosen) take(load, load === leader);
  return [leader, ...chosen.filter((load) => load !== leader)].map((load) => load.broker.brokerId);
}

/** Whoever's is smallest gets the next replica: of the racks that have the fewest replicas of the partition the least loaded, and of its brokers likewise. */
const rankOf = ({ broker, rack, replicas, lot }: Load, usedInRack: number): readonly number[] => [
  broker.isFenced ? 1 : 0,
  usedInRack,
  rack.replicas / rack.brokers,
  replicas,
  lot,
];

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  for (const [at, value] of a.entries()) if (value !== b[at]) return value < (b[at] ?? 0);
  return true;
}
