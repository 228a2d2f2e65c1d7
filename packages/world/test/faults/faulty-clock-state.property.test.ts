import { micros, wallMs } from "@samsa/stdx";
import fc from "fast-check";
import { expect, it } from "vitest";
import { FaultyClockState } from "../../src/faults/faulty-clock-state.ts";

const change = fc.record({
  afterUs: fc.nat(5_000_000),
  driftPpm: fc.integer({ min: -900_000, max: 2_000_000 }),
  jumpMs: fc.integer({ min: -100_000, max: 100_000 }),
});

it("never shows monotonic time going back, and finds the first moment at which a time is shown", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 8 }), fc.integer({ min: 1, max: 10_000_000 }), (changes, aheadUs) => {
      let nowUs = 0;
      const state = new FaultyClockState();
      state.attach(
        () => micros(nowUs),
        () => {},
      );
      const shown = (us: number): number => state.show({ monotonicUs: micros(us), wallMs: wallMs(0) }).monotonicUs;
      let last = 0;
      for (const { afterUs, driftPpm, jumpMs } of changes) {
        nowUs += afterUs;
        const before = shown(nowUs);
        expect(before).toBeGreaterThanOrEqual(last);
        state.change(jumpMs, driftPpm);
        expect(shown(nowUs)).toBe(before);
        last = before;
      }
      const target = micros(shown(nowUs) + aheadUs);
      const at = state.trueTime(target);
      // Rounding may cost one microsecond; the clock looks again then.
      expect(shown(at + 1)).toBeGreaterThanOrEqual(target);
      if (at - 2 >= nowUs) expect(shown(at - 2)).toBeLessThan(target);
    }),
    { numRuns: 300, seed: 20_261_121 },
  );
});

it("sums jumps of the wall clock", () => {
  const state = new FaultyClockState();
  state.change(-500, 0);
  state.change(200, 0);
  expect(state.show({ monotonicUs: micros(1), wallMs: wallMs(1_000) })).toEqual({ monotonicUs: 1, wallMs: 700 });
});
