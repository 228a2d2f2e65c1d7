import fc from "fast-check";
import { expect, it } from "vitest";
import type { DeadlineHandle } from "../src/index.ts";
import { DeadlineHeap, micros } from "../src/index.ts";

type Command =
  { readonly type: "add"; readonly at: number } | { readonly type: "cancel"; readonly index: number } | { readonly type: "pop"; readonly now: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant("add" as const), at: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("cancel" as const), index: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("pop" as const), now: fc.nat(40) }) },
);

interface Model {
  readonly at: number;
  readonly value: number;
  readonly handle: DeadlineHandle;
}

const earliest = (set: readonly Model[]): Model | undefined =>
  set.reduce<Model | undefined>((best, one) => (best === undefined || one.at < best.at ? one : best), undefined);

it("behaves as a list sorted by time and then by order of insertion, whatever is taken back", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 400 }), (commands) => {
      const heap = new DeadlineHeap<number>();
      const all: Model[] = [];
      let set: Model[] = [];
      for (const one of commands) {
        if (one.type === "add") {
          const model = { at: one.at, value: all.length, handle: heap.add(micros(one.at), all.length) };
          all.push(model);
          set.push(model);
        } else if (one.type === "cancel") {
          const model = all[one.index % Math.max(1, all.length)];
          if (model !== undefined) heap.cancel(model.handle);
          set = set.filter((other) => other !== model);
        } else {
          const first = earliest(set);
          const isDue = first !== undefined && first.at <= one.now;
          expect(heap.popDue(micros(one.now))).toBe(isDue ? first.value : undefined);
          if (isDue) set = set.filter((other) => other !== first);
        }
        expect(heap.size).toBe(set.length);
        expect(heap.nextAt()).toBe(earliest(set)?.at);
        expect(heap.footprint).toBeLessThanOrEqual(2 * set.length + 64);
        for (const model of all) expect(model.handle.isSet).toBe(set.includes(model));
      }
    }),
    { numRuns: 60, seed: 20_261_121 },
  );
});

it("fires deadlines of one time in the order they were set", () => {
  const heap = new DeadlineHeap<string>();
  for (const value of ["a", "b", "c", "d", "e"]) heap.add(micros(5), value);
  heap.add(micros(4), "first");
  const fired: string[] = [];
  for (let value = heap.popDue(micros(5)); value !== undefined; value = heap.popDue(micros(5))) fired.push(value);
  expect(fired).toEqual(["first", "a", "b", "c", "d", "e"]);
});

it("does not grow by far deadlines that are set and taken back", () => {
  const heap = new DeadlineHeap<number>();
  for (let i = 0; i < 10_000; i++) heap.cancel(heap.add(micros(1_000_000 + i), i));
  expect(heap.footprint).toBeLessThanOrEqual(64);
  expect(heap.nextAt()).toBeUndefined();
});
