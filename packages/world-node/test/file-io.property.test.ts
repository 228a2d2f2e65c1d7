import fc from "fast-check";
import { expect, it } from "vitest";
import { remaining } from "../src/file-io.ts";
import { SyncGate } from "../src/sync-gate.ts";

it("goes on after a short write where it stopped, in the middle of a buffer too", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 6 }), fc.nat(40), (buffers, share) => {
      const all = buffers.flatMap((buffer) => [...buffer]);
      const written = Math.min(share, all.length);
      const rest = remaining(buffers, written);
      expect(rest.flatMap((buffer) => [...buffer])).toEqual(all.slice(written));
      expect(rest.every((buffer) => buffer.length > 0)).toBe(true);
    }),
    { numRuns: 500, seed: 20_261_121 },
  );
});

it("lets two syncs run at a time and the rest wait in order", () => {
  const gate = new SyncGate(2);
  const running: (() => void)[] = [];
  const begun: number[] = [];
  for (let job = 0; job < 5; job++) {
    gate.run((done) => {
      begun.push(job);
      running.push(done);
    });
  }
  expect(begun).toEqual([0, 1]);
  running[1]?.();
  expect(begun).toEqual([0, 1, 2]);
  running[0]?.();
  running[2]?.();
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});
