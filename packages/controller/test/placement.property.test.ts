import { nodeId, Prng } from "@samsa/stdx";
import fc from "fast-check";
import { expect, test } from "vitest";
import { placeReplicas } from "../src/placement.ts";

const SEED = 0xb10c;
const cases = fc
  .record({
    racks: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 9 }),
    partitionCount: fc.integer({ min: 1, max: 40 }),
    factor: fc.nat(8),
    seed: fc.nat(),
    hasRacks: fc.boolean(),
  })
  .map(({ racks, partitionCount, factor, seed, hasRacks }) => ({
    brokers: racks.map((rack, index) => ({ brokerId: nodeId(10 + index), rack: hasRacks ? `rack-${rack}` : null })),
    partitionCount,
    replicationFactor: 1 + (factor % racks.length),
    seed,
  }));

const spread = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts);

test("replicas are distinct, leaders differ by at most one, and racks are used as far as they go", () => {
  fc.assert(
    fc.property(cases, ({ brokers, seed, ...request }) => {
      const placed = placeReplicas({ brokers, ...request }, new Prng(seed));
      expect(placed).toHaveLength(request.partitionCount);
      const rackOf = new Map(brokers.map((broker) => [broker.brokerId, broker.rack]));
      const racks = new Set(rackOf.values()).size;
      for (const replicas of placed) {
        expect(replicas).toHaveLength(request.replicationFactor);
        expect(new Set(replicas).size).toBe(replicas.length);
        if (brokers[0]?.rack !== null) expect(new Set(replicas.map((id) => rackOf.get(id))).size).toBe(Math.min(racks, replicas.length));
      }
      const leaders = brokers.map(({ brokerId }) => placed.filter((replicas) => replicas[0] === brokerId).length);
      expect(spread(leaders)).toBeLessThanOrEqual(1);
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test("without racks the replicas are spread evenly, too", () => {
  const brokers = [1, 2, 3, 4, 5].map((id) => ({ brokerId: nodeId(id), rack: null }));
  const placed = placeReplicas({ brokers, partitionCount: 60, replicationFactor: 3 }, new Prng(7));
  const held = brokers.map(({ brokerId }) => placed.filter((replicas) => replicas.includes(brokerId)).length);
  expect(spread(held)).toBe(0);
});

test("one broker's partitions do not all follow to the same neighbour", () => {
  const brokers = [1, 2, 3, 4].map((id) => ({ brokerId: nodeId(id), rack: null }));
  const placed = placeReplicas({ brokers, partitionCount: 16, replicationFactor: 2 }, new Prng(7));
  const followers = new Set(placed.filter((replicas) => replicas[0] === 1).map((replicas) => replicas[1]));
  expect(followers.size).toBe(3);
});
