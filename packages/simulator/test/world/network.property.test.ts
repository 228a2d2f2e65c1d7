import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Faults } from "../../src/world/index.ts";
import { connected, LONG_US } from "./fixture.ts";

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("write" as const), size: fc.integer({ min: 1, max: 300 }), fromDialler: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("wait" as const), us: fc.nat({ max: 3000 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("cut" as const), isOneWay: fc.boolean(), forMs: fc.integer({ min: 1, max: 10 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("read" as const), isReading: fc.boolean(), atDialler: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("pause" as const), node: fc.constantFrom(1, 2), forMs: fc.integer({ min: 1, max: 10 }) }) },
);

describe("bytes on a connection", () => {
  it("arrive complete and in order, however they are cut, held up, paused or not read", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.constantFrom("none" as const, "tiny" as const, "random" as const),
        fc.array(step, { maxLength: 60 }),
        (seed, fragmentation, steps) => {
          const { world, here, there } = connected({ seed, options: { network: { fragmentation, windowBytes: 500, verifiesSentBuffers: true } } });
          const faults = new Faults(world, { start: () => undefined, requestStop: () => undefined });
          const sent = { there: [] as number[], here: [] as number[] };
          for (const one of steps) {
            if (one.type === "write") {
              const into = one.fromDialler ? sent.there : sent.here;
              const bytes = Array.from({ length: one.size }, (_, index) => (into.length + index) % 251);
              into.push(...bytes);
              (one.fromDialler ? here : there).send(...bytes);
            } else if (one.type === "wait") world.runFor(one.us);
            else if (one.type === "cut") faults.inject({ type: "partition", from: [1], isOneWay: one.isOneWay, forMs: one.forMs });
            else if (one.type === "read") (one.atDialler ? here : there).connection.setReading(one.isReading);
            else world.pause(one.node, one.forMs);
            expect(there.bytes).toEqual(sent.there.slice(0, there.bytes.length));
          }
          here.connection.setReading(true);
          there.connection.setReading(true);
          world.runFor(LONG_US);
          expect([there.bytes, here.bytes, world.violations]).toEqual([sent.there, sent.here, []]);
        },
      ),
      { seed: 14, numRuns: 150 },
    );
  });

  it("that are cut into pieces come in pieces of 1 to 7 bytes, in more than one turn", () => {
    const sizes = new Set<number>();
    let times = 0;
    for (let seed = 0; seed < 20; seed++) {
      const { world, here, there } = connected({ seed, options: { network: { fragmentation: "tiny" } } });
      here.connection.write([new Uint8Array(30)]);
      world.runFor(LONG_US);
      if (there.chunks.length === 1) continue;
      for (const chunk of there.chunks) sizes.add(chunk.length);
      times += new Set(there.times).size;
    }
    expect([...sizes].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(times).toBeGreaterThan(20);
  });
});
