import { expect, it } from "vitest";
import { Prng } from "../src/index.ts";

const draws = (prng: Prng, count: number): number[] => Array.from({ length: count }, () => prng.nextU32());

it("gives the same numbers for the same seed, the upper half of 53 bits included", () => {
  expect(draws(new Prng(42), 50)).toEqual(draws(new Prng(42), 50));
  expect(draws(new Prng(42), 50)).not.toEqual(draws(new Prng(43), 50));
  expect(draws(new Prng(42), 50)).not.toEqual(draws(new Prng(42 + 2 ** 40), 50));
});

it("keeps its numbers for good: recorded seeds must replay", () => {
  expect(draws(new Prng(1), 3)).toMatchInlineSnapshot(`
    [
      2308299391,
      1950625580,
      354034397,
    ]
  `);
  expect(draws(new Prng(1).fork("network"), 3)).toMatchInlineSnapshot(`
    [
      1597140796,
      3378960578,
      2887191734,
    ]
  `);
});

it("forks a stream by the seed and the name only, not by what was drawn", () => {
  const parent = new Prng(7);
  const before = draws(parent.fork("disk"), 20);
  draws(parent, 1_000);
  expect(draws(parent.fork("disk"), 20)).toEqual(before);
});

it("forks streams of different names, and of different seeds, that share no beginning", () => {
  const names = Array.from({ length: 2_000 }, (_, index) => `disk ${index}`);
  const beginnings = names.map((name) => draws(new Prng(9).fork(name), 2).join());
  expect(new Set(beginnings).size).toBe(names.length);
  const seeds = Array.from({ length: 2_000 }, (_, seed) => draws(new Prng(seed).fork("disk"), 2).join());
  expect(new Set(seeds).size).toBe(seeds.length);
});

it("forks of forks differ by their whole path", () => {
  const prng = new Prng(3);
  const paths = [prng.fork("a").fork("b"), prng.fork("b").fork("a"), prng.fork("ab"), prng.fork("a"), prng.fork("b"), prng];
  expect(new Set(paths.map((path) => draws(path, 3).join())).size).toBe(paths.length);
});

it("is uniform enough: each bucket of a million draws is within 2 % of its share", () => {
  const prng = new Prng(11);
  const buckets = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 1_000_000; i++) {
    const bucket = prng.below(10);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  for (const count of buckets) expect(Math.abs(count - 100_000)).toBeLessThan(2_000);
});

it("has no correlation between two forks of one seed", () => {
  const [a, b] = [new Prng(5).fork("a"), new Prng(5).fork("b")];
  let agreeing = 0;
  for (let i = 0; i < 100_000; i++) if ((a.nextU32() & 1) === (b.nextU32() & 1)) agreeing++;
  expect(Math.abs(agreeing - 50_000)).toBeLessThan(1_000);
});

it("keeps to its bounds", () => {
  const prng = new Prng(13);
  for (let i = 0; i < 10_000; i++) {
    expect(prng.below(1)).toBe(0);
    const value = prng.between(-3, 3);
    expect(value).toBeGreaterThanOrEqual(-3);
    expect(value).toBeLessThanOrEqual(3);
  }
  expect(new Set(Array.from({ length: 1_000 }, () => prng.between(1, 3)))).toEqual(new Set([1, 2, 3]));
  expect(Array.from({ length: 100 }, () => prng.chancePpm(0))).not.toContain(true);
  expect(Array.from({ length: 100 }, () => prng.chancePpm(1_000_000))).not.toContain(false);
});

it("picks every item, and refuses an empty list", () => {
  const prng = new Prng(17);
  expect(new Set(Array.from({ length: 200 }, () => prng.pick(["a", "b", "c"])))).toEqual(new Set(["a", "b", "c"]));
  expect(() => prng.pick([])).toThrow(RangeError);
});
