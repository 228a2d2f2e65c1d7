import { type NodeId, nodeId, Prng } from "@samsa/stdx";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type PlacementBroker, placeReplicas } from "../src/placement.ts";

const SEED = 0xb10c;
const NO_RACKS = 0;

const cases = fc
  .record({
    racks: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 9 }),
    partitionCount: fc.integer({ min: 1, max: 40 }),
    factor: fc.nat(8),
    fenced: fc.array(fc.nat(8), { maxLength: 4 }),
    seed: fc.nat(),
    hasRacks: fc.boolean(),
  })
  .map(({ racks, partitionCount, factor, fenced, seed, hasRacks }) => ({
    brokers: brokersIn(hasRacks ? racks : racks.map(() => NO_RACKS), fenced),
    partitionCount,
    replicationFactor: 1 + (factor % racks.length),
    seed,
  }));

/** The first is never fenced. */
const brokersIn = (racks: readonly number[], fenced: readonly number[] = []): readonly PlacementBroker[] =>
  racks.map((rack, index) => ({
    brokerId: nodeId(10 + index),
    rack: rack === NO_RACKS ? null : `rack-${rack}`,
    isFenced: index > 0 && fenced.includes(index),
  }));

type Placed = readonly (readonly NodeId[])[];
const spread = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts);
const held = (brokers: readonly PlacementBroker[], placed: Placed): number[] =>
  brokers.map(({ brokerId }) => placed.filter((replicas) => replicas.includes(brokerId)).length);
const led = (brokers: readonly PlacementBroker[], placed: Placed): number[] =>
  brokers.map(({ brokerId }) => placed.filter((replicas) => replicas[0] === brokerId).length);

test("replicas are distinct, racks are used as far as they go, and fenced brokers only where there are no others, and never to lead", () => {
  fc.assert(
    fc.property(cases, ({ brokers, seed, ...request }) => {
      const placed = placeReplicas({ brokers, ...request }, new Prng(seed));
      expect(placed).toHaveLength(request.partitionCount);
      const byId = new Map(brokers.map((broker) => [broker.brokerId, broker]));
      const isFenced = (id: NodeId | undefined): boolean => id === undefined || byId.get(id)?.isFenced === true;
      const unfenced = brokers.filter((broker) => !broker.isFenced);
      const racks = new Set(unfenced.map((broker) => broker.rack)).size;
      for (const replicas of placed) {
        expect(replicas).toHaveLength(request.replicationFactor);
        expect(new Set(replicas).size).toBe(replicas.length);
        expect(isFenced(replicas[0])).toBe(false);
        const live = replicas.filter((id) => !isFenced(id));
        expect(live).toHaveLength(Math.min(unfenced.length, replicas.length));
        if (brokers[0]?.rack !== null) expect(new Set(live.map((id) => byId.get(id)?.rack)).size).toBe(Math.min(racks, live.length));
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test("without racks, brokers differ by at most one in what they hold and in what they lead", () => {
  fc.assert(
    fc.property(cases, ({ brokers, seed, ...request }) => {
      const all = brokers.map((broker) => ({ ...broker, rack: null, isFenced: false }));
      const placed = placeReplicas({ brokers: all, ...request }, new Prng(seed));
      expect(spread(held(all, placed))).toBeLessThanOrEqual(1);
      expect(spread(led(all, placed))).toBeLessThanOrEqual(1);
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test("in racks of equal size, too", () => {
  const sizes = fc.record({ racks: fc.integer({ min: 1, max: 4 }), size: fc.integer({ min: 1, max: 3 }), factor: fc.nat(11) });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 40 }), fc.nat(), ({ racks, size, factor }, partitionCount, seed) => {
      const brokers = brokersIn(Array.from({ length: racks * size }, (_, index) => 1 + (index % racks)));
      const replicationFactor = 1 + (factor % brokers.length);
      const placed = placeReplicas({ brokers, partitionCount, replicationFactor }, new Prng(seed));
      expect(spread(held(brokers, placed))).toBeLessThanOrEqual(1);
      expect(spread(led(brokers, placed))).toBeLessThanOrEqual(1);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test("partitions that are added later are spread as if they had come with the first ones", () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 20 }), ({ brokers, seed, ...request }, added) => {
      const all = brokers.map((broker) => ({ ...broker, rack: null, isFenced: false }));
      const prng = new Prng(seed);
      const existing = placeReplicas({ brokers: all, ...request }, prng);
      const placed = [...existing, ...placeReplicas({ brokers: all, ...request, partitionCount: added, existing }, prng)];
      expect(spread(held(all, placed))).toBeLessThanOrEqual(1);
      expect(spread(led(all, placed))).toBeLessThanOrEqual(2);
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test("a broker that is new to a topic gets most of what is added", () => {
  const brokers = brokersIn([NO_RACKS, NO_RACKS, NO_RACKS, NO_RACKS]);
  const existing = placeReplicas({ brokers: brokers.slice(0, 3), partitionCount: 6, replicationFactor: 1 }, new Prng(1));
  const added = placeReplicas({ brokers, partitionCount: 2, replicationFactor: 1, existing }, new Prng(2));
  expect(added).toEqual([[13], [13]]);
});

test("one broker's partitions do not all follow to the same neighbour", () => {
  const brokers = brokersIn([NO_RACKS, NO_RACKS, NO_RACKS, NO_RACKS]);
  const placed = placeReplicas({ brokers, partitionCount: 64, replicationFactor: 2 }, new Prng(7));
  const followers = new Set(placed.filter((replicas) => replicas[0] === 10).map((replicas) => replicas[1]));
  expect(followers.size).toBe(3);
});
