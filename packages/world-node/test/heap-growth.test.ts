import { expect, it } from "vitest";
import { GROWTH_BYTES, growthPercent, SMALL_HEAP_BYTES } from "../src/heap-growth.ts";

const MEBIBYTE = 1024 * 1024;
const grownTo = (heldBytes: number): number => heldBytes * (1 + growthPercent(heldBytes) / 100);

it("lets a small heap grow by about as many bytes, whatever it holds", () => {
  for (let held = 16 * MEBIBYTE; held <= SMALL_HEAP_BYTES; held += MEBIBYTE) {
    expect(grownTo(held) - held).toBeLessThanOrEqual(GROWTH_BYTES);
    expect(grownTo(held) - held).toBeGreaterThan(0.6 * GROWTH_BYTES);
  }
});

it("does not multiply what hardly anything is", () => {
  expect(growthPercent(0)).toBe(growthPercent(16 * MEBIBYTE));
});

it("leaves a large heap to the engine", () => {
  expect(growthPercent(SMALL_HEAP_BYTES + 1)).toBe(0);
});
