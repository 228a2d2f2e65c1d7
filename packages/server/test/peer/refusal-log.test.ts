import { describe, expect, it } from "vitest";
import { RefusalLog } from "../../src/peer/refusal-log.ts";
import { at, EffectRunner } from "../support/effects.ts";

function log() {
  const runner = new EffectRunner();
  const refusals = new RefusalLog(runner.outbox);
  return {
    refuse: (remote: string, ms: number) => refusals.refused(remote, "no", at(ms)),
    lines: () => runner.traces.map((event) => (event.kind === "peer-refused" ? `${event.remote} ${event.because}` : event.kind)),
  };
}

describe("The log of refusals", () => {
  it("tells of five at once from one address, whatever its ports, and then of one in ten seconds, with the number of those untold", () => {
    const { refuse, lines } = log();
    for (let i = 0; i < 1_000; i++) refuse(`10.0.0.1:${i}`, 0);
    expect(lines()).toEqual([0, 1, 2, 3, 4].map((port) => `10.0.0.1:${port} no`));
    refuse("10.0.0.1:7", 9_999);
    expect(lines()).toHaveLength(5);
    for (let i = 0; i < 3; i++) refuse("10.0.0.1:8", 10_000);
    expect(lines().slice(5)).toEqual(["10.0.0.1:8 no (996 more refusals were not told)"]);
  });

  it("tells of another address meanwhile", () => {
    const { refuse, lines } = log();
    for (let i = 0; i < 100; i++) refuse("10.0.0.1:1", 0);
    refuse("[fe80::1]:1", 0);
    expect(lines().at(-1)).toBe("[fe80::1]:1 no");
  });

  it("tells of everything anew after a minute of peace", () => {
    const { refuse, lines } = log();
    for (let i = 0; i < 100; i++) refuse("10.0.0.1:1", 0);
    for (let i = 0; i < 100; i++) refuse("10.0.0.1:1", 60_000);
    expect(lines()).toHaveLength(10);
  });

  it("has at most 257 budgets, however many addresses come", () => {
    const { refuse, lines } = log();
    for (let round = 0; round < 10; round++) for (let i = 0; i < 5_000; i++) refuse(`10.0.${i >> 8}.${i & 255}:1`, 0);
    expect(lines().length).toBeLessThanOrEqual(257 * 5);
    refuse("10.1.0.1:1", 60_000);
    expect(lines().at(-1)).toBe("10.1.0.1:1 no");
  });
});
