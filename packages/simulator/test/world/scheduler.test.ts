import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Call, Process } from "../../src/world/process.ts";
import { Scheduler } from "../../src/world/scheduler.ts";
import { TraceHash } from "../../src/world/trace-hash.ts";

const scheduler = (): Scheduler => new Scheduler(new TraceHash());
const call = (run: () => void): Call => new Call(undefined, run);

describe("the scheduler", () => {
  it("fires in order of time, and in order of scheduling where times are equal", () => {
    const times = fc.array(fc.nat({ max: 20 }), { maxLength: 200 });
    fc.assert(
      fc.property(times, (all) => {
        const one = scheduler();
        const fired: [number, number][] = [];
        for (const [index, time] of all.entries())
          one.schedule(
            time,
            call(() => fired.push([time, index])),
          );
        one.runUntil(20);
        const expected = all.map((time, index): [number, number] => [time, index]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        expect(fired).toEqual(expected);
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  it("keeps that order where tasks schedule tasks for the present and the future", () => {
    const one = scheduler();
    const fired: string[] = [];
    one.schedule(
      5,
      call(() => {
        fired.push("a");
        one.schedule(
          5,
          call(() => fired.push("a, then")),
        );
        one.schedule(
          3,
          call(() => fired.push("too late is now")),
        );
        one.schedule(
          6,
          call(() => fired.push("c")),
        );
      }),
    );
    one.schedule(
      5,
      call(() => fired.push("b")),
    );
    one.runUntil(10);
    expect(fired).toEqual(["a", "b", "a, then", "too late is now", "c"]);
  });

  it("is at the time it was to run until, and fires what is due at that very time", () => {
    const one = scheduler();
    let fired = 0;
    one.schedule(
      7,
      call(() => fired++),
    );
    one.schedule(
      8,
      call(() => fired++),
    );
    one.runUntil(7);
    expect([one.nowUs, fired, one.pending, one.events]).toEqual([7, 1, 1, 1]);
  });

  it("says whether the limit or the end of the condition came first", () => {
    const one = scheduler();
    let fired = 0;
    for (let at = 1; at <= 10; at++)
      one.schedule(
        at,
        call(() => fired++),
      );
    expect(one.runWhile(() => fired < 4, 100)).toBe(true);
    expect(one.nowUs).toBe(4);
    expect(one.runWhile(() => fired < 99, 6)).toBe(false);
    expect([one.nowUs, fired]).toEqual([6, 6]);
  });

  it("stops a world whose time does not advance", () => {
    const one = scheduler();
    const again = call(() => one.schedule(0, again));
    one.schedule(0, again);
    expect(() => one.runUntil(1)).toThrow("the world's time advances");
  });

  it("delivers nothing to a dead process, and what came during a pause later, in order", () => {
    const one = scheduler();
    const process = new Process(1, 1);
    const fired: string[] = [];
    process.pause(10);
    one.schedule(1, new Call(process, () => fired.push(`a at ${one.nowUs}`)));
    one.schedule(2, new Call(process, () => fired.push(`b at ${one.nowUs}`)));
    one.schedule(
      10,
      call(() => process.resume(one.nowUs)),
    );
    one.schedule(10, new Call(process, () => fired.push(`c at ${one.nowUs}`)));
    one.schedule(
      11,
      call(() => process.die()),
    );
    one.schedule(12, new Call(process, () => fired.push("d")));
    one.runUntil(20);
    expect(fired).toEqual(["a at 10", "b at 10", "c at 10"]);
  });
});
