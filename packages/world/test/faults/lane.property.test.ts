import fc from "fast-check";
import { expect, it } from "vitest";
import { Lane } from "../../src/faults/lane.ts";
import { ManualTimer } from "./manual-timer.ts";

const step = fc.oneof(
  fc.record({ type: fc.constant("push" as const) }),
  fc.record({ type: fc.constant("delay" as const), ms: fc.constantFrom(0, 0, 1, 5, 20) }),
  fc.record({ type: fc.constant("hold" as const), isHeld: fc.boolean() }),
  fc.record({ type: fc.constant("advance" as const), ms: fc.nat(10) }),
);

it("passes all that is pushed, once and in order, whatever is held, delayed and let go", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const timer = new ManualTimer();
      const passed: number[] = [];
      let isHeld = false;
      let delayMs = 0;
      let pushed = 0;
      let emptied = 0;
      const lane = new Lane({ timer, isHeld: () => isHeld, delayMs: () => delayMs, emptied: () => emptied++ });
      for (const one of steps) {
        const before = passed.length;
        if (one.type === "push") {
          const value = pushed++;
          lane.push(3, () => passed.push(value));
        } else if (one.type === "delay") delayMs = one.ms;
        else if (one.type === "advance") timer.advance(one.ms);
        else {
          isHeld = one.isHeld;
          lane.pump();
        }
        if (isHeld) expect(passed.length).toBe(before);
        expect(passed).toEqual(Array.from({ length: passed.length }, (_, index) => index));
        expect(lane.bytes).toBe(3 * (pushed - passed.length));
        expect(lane.isEmpty).toBe(pushed === passed.length);
      }
      isHeld = false;
      timer.advance(1_000);
      lane.pump();
      expect(passed.length).toBe(pushed);
      expect(emptied).toBeLessThanOrEqual(pushed);
    }),
    { numRuns: 300, seed: 20_261_121 },
  );
});
