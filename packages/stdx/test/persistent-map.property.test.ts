import fc from "fast-check";
import { expect, test } from "vitest";
import { PersistentMap } from "../src/index.ts";

const SEED = 0x5a;
const changes = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 60 }).map((n) => `k${n}`),
    fc.option(fc.integer(), { nil: undefined }),
  ),
  { maxLength: 20 },
);

test("a persistent map holds what a Map holds, and older versions keep what they held", () => {
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 8 }), (batches) => {
      let map = PersistentMap.empty<number>();
      const model = new Map<string, number>();
      const versions: [PersistentMap<number>, Map<string, number>][] = [];
      for (const batch of batches) {
        map = map.with(new Map(batch));
        for (const [key, value] of new Map(batch)) {
          if (value === undefined) model.delete(key);
          else model.set(key, value);
        }
        versions.push([map, new Map(model)]);
      }
      for (const [version, expected] of versions) {
        expect(version.size).toBe(expected.size);
        expect(new Map(version.entries())).toEqual(expected);
        for (const key of expected.keys()) expect(version.get(key)).toBe(expected.get(key));
      }
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test("iteration does not depend on the order of insertion", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 40 }), (keys) => {
      const oneByOne = [...keys].reverse().reduce((map, key) => map.with(new Map([[key, 1]])), PersistentMap.empty<number>());
      expect([...oneByOne.entries()]).toEqual([
        ...PersistentMap.empty<number>()
          .with(new Map(keys.map((key) => [key, 1])))
          .entries(),
      ]);
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test("one change among 10 000 entries copies one branch and one bucket, and shares all others", () => {
  const before = PersistentMap.empty<number>().with(new Map(Array.from({ length: 10_000 }, (_, n) => [`topic-${n}`, n])));
  const after = before.with(new Map([["topic-77", -1]]));
  const slots = (map: object): readonly unknown[] => Object.values(map).find(Array.isArray) ?? [];
  const differing = slots(after).flatMap((branch, at) => (branch === slots(before)[at] ? [] : [[branch, slots(before)[at]] as [unknown[], unknown[]]]));
  expect(differing).toHaveLength(1);
  const [branch, old] = differing[0] ?? [[], []];
  expect(branch.filter((bucket, at) => bucket !== old[at])).toHaveLength(1);
});
