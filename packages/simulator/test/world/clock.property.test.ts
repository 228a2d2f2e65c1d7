import { micros, Prng } from "@samsa/stdx";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HostClock } from "../../src/world/clock.ts";
import { drawExponential } from "../../src/world/latency.ts";
import { worldOf } from "./fixture.ts";

const ppm = fc.integer({ min: -100_000, max: 100_000 });

describe("a host's clocks", () => {
  it("never run backwards, whatever the drift becomes", () => {
    const steps = fc.array(fc.record({ afterUs: fc.nat({ max: 3_000_000 }), ppm }), { maxLength: 30 });
    fc.assert(
      fc.property(steps, (all) => {
        const clock = new HostClock(0);
        let us = 0;
        let last = 0;
        for (const step of all) {
          us += step.afterUs;
          const shown = clock.monotonicAt(us);
          expect(shown).toBeGreaterThanOrEqual(last);
          expect(Number.isSafeInteger(shown)).toBe(true);
          last = shown;
          clock.setDrift(step.ppm, us);
          expect(clock.monotonicAt(us)).toBe(shown);
        }
      }),
      { seed: 12, numRuns: 200 },
    );
  });

  it("tell exactly when they will show a time", () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000_000_000 }), fc.nat({ max: 10_000_000_000 }), ppm, (start, delay, drift) => {
        const clock = new HostClock(0);
        clock.setDrift(drift, start);
        const wanted = clock.monotonicAt(start) + delay;
        const when = clock.whenMonotonicIs(wanted);
        expect(clock.monotonicAt(when)).toBeGreaterThanOrEqual(wanted);
        if (when > start) expect(clock.monotonicAt(when - 1)).toBeLessThan(wanted);
      }),
      { seed: 13, numRuns: 500 },
    );
  });

  it("drift without touching the wall clock, and jump without touching the monotonic clock", () => {
    const { world, ports } = worldOf(2, { options: { startWallMs: 1_000_000 } });
    world.host(1).clock.setDrift(100_000, 0);
    world.host(2).clock.jumpWall(-5_000);
    world.runUntil(10_000_000);
    expect(ports.map((port) => port.clock.now())).toEqual([
      { monotonicUs: 11_000_000, wallMs: 1_010_000 },
      { monotonicUs: 10_000_000, wallMs: 1_005_000 },
    ]);
  });
});

describe("a process' wake-up", () => {
  it("comes once, when its own clock shows the time, also if the drift changes meanwhile", () => {
    const { world, ports } = worldOf(1);
    const woken: number[] = [];
    ports[0]?.clock.wakeAt(micros(1_000_000), () => woken.push(world.nowUs));
    world.runUntil(500_000);
    world.host(1).clock.setDrift(1_000_000, world.nowUs);
    world.host(1).processClock?.rearm();
    world.runUntil(5_000_000);
    expect(woken).toEqual([750_000]);
  });

  it("is replaced by a later call, to an earlier or a later time", () => {
    const { world, ports } = worldOf(2);
    const woken: string[] = [];
    const at = (node: number, us: number): void => ports[node - 1]?.clock.wakeAt(micros(us), () => woken.push(`${node} at ${world.nowUs}`));
    at(1, 100);
    at(1, 50);
    at(2, 60);
    at(2, 120);
    world.runUntil(1000);
    expect(woken).toEqual(["1 at 50", "2 at 120"]);
  });

  it("leaves nothing behind in the scheduler when it is moved a thousand times", () => {
    const { world, ports } = worldOf(1);
    for (let i = 0; i < 1000; i++) {
      ports[0]?.clock.wakeAt(micros(1_000_000 + i), () => undefined);
      world.runFor(10);
    }
    expect(world.scheduler.pending).toBe(1);
    for (let i = 0; i < 100; i++) {
      const now = ports[0]?.clock.now().monotonicUs ?? 0;
      ports[0]?.clock.wakeAt(micros(now + 1_000_000), () => undefined);
      ports[0]?.clock.wakeAt(micros(now + 10), () => undefined);
      world.runFor(20);
    }
    ports[0]?.clock.wakeAt(micros(60_000_000), () => undefined);
    world.runFor(10_000_000);
    expect(world.scheduler.pending).toBe(1);
  });
});

describe("a drawn latency", () => {
  it("has the mean it was asked for, and the spread of an exponential", () => {
    const stream = new Prng(5);
    const draws = Array.from({ length: 100_000 }, () => drawExponential(stream, 1000));
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const tail = draws.filter((draw) => draw > 3000).length / draws.length;
    expect(mean).toBeGreaterThan(970);
    expect(mean).toBeLessThan(1030);
    expect(tail).toBeGreaterThan(0.035);
    expect(tail).toBeLessThan(0.065);
    expect(draws.every((draw) => Number.isInteger(draw) && draw >= 0 && draw <= 22_000)).toBe(true);
  });
});
