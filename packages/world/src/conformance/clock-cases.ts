import { micros } from "@samsa/stdx";
import type { ConformanceCase } from "./case.ts";
import { check, pass, until } from "./case.ts";
import { ScriptedNode } from "./scripted-node.ts";

/** Deadlines, and time. */
export const clockCases: readonly ConformanceCase[] = [
  {
    name: "a deadline comes, once, and never early",
    *run(world) {
      const { ports } = world.nodes[0];
      const node = new ScriptedNode(ports);
      // Odd microseconds: a clock of whole milliseconds must round up.
      for (const delayUs of [1, 999, 1_001, 7_777, 20_250]) {
        const before = node.deadlines.length;
        const at = micros(ports.clock.now().monotonicUs + delayUs);
        node.tell({ type: "deadline", at });
        yield until("the deadline comes", () => node.deadlines.length > before);
        check((node.deadlines[before] ?? 0) >= at, "it is not early", { at, came: node.deadlines[before] });
      }
      yield pass(world, 30);
      check(node.deadlines.length === 5, "each comes once", { came: node.deadlines.length });
    },
  },
  {
    name: "a deadline replaces the one before, be it earlier or later",
    *run(world) {
      const { ports } = world.nodes[0];
      const node = new ScriptedNode(ports);
      const now = ports.clock.now().monotonicUs;
      node.tell({ type: "deadline", at: micros(now + 5_000) });
      node.tell({ type: "deadline", at: micros(now + 60_000) });
      yield until("the later deadline comes", () => node.deadlines.length > 0);
      check((node.deadlines[0] ?? 0) >= now + 60_000, "the earlier one was replaced");
      const then = ports.clock.now().monotonicUs;
      node.tell({ type: "deadline", at: micros(then + 3_600_000_000) });
      node.tell({ type: "deadline", at: micros(then + 10_000) });
      yield until("the earlier deadline comes", () => node.deadlines.length > 1);
    },
  },
  {
    name: "a deadline that has passed comes soon",
    *run({ nodes: [{ ports }] }) {
      const node = new ScriptedNode(ports);
      node.tell({ type: "deadline", at: micros(0) });
      yield until("it comes", () => node.deadlines.length > 0);
    },
  },
  {
    name: "monotonic time is whole microseconds and never goes back",
    *run(world) {
      const { clock } = world.nodes[0].ports;
      let last = clock.now();
      for (let i = 0; i < 20; i++) {
        yield pass(world, 1);
        const now = clock.now();
        check(Number.isInteger(now.monotonicUs) && now.monotonicUs >= last.monotonicUs, "time goes on", { last: last.monotonicUs, now: now.monotonicUs });
        check(Number.isInteger(now.wallMs), "wall time is whole milliseconds", { wallMs: now.wallMs });
        last = now;
      }
      check(last.monotonicUs >= 10_000, "about as much time has passed as was waited for");
    },
  },
];
