import type { Outcome, TraceBody, TraceEvent } from "@samsa/world";
import type { ConformanceHost, ConformanceWorld } from "@samsa/world/conformance";
import { CONFORMANCE_CASES, runCase } from "@samsa/world/conformance";
import { describe, it } from "vitest";
import { SimulatedWorld } from "../src/world/index.ts";

const SEEDS = [1, 2, 3];
const LIMIT_US = 600_000_000;
const DIES_OVER_MS = 100;

describe.each(SEEDS)("the simulated world from seed %i", (seed) => {
  it.each(CONFORMANCE_CASES.map((one) => [one.name, one] as const))("%s", (_, one) => {
    const exits = [1, 2].map(() => [] as { code: number; reason: string }[]);
    const exited = (node: number, code: number, reason: string): unknown => exits[node - 1]?.push({ code, reason });
    const world = new SimulatedWorld({ seed, options: { network: { verifiesSentBuffers: true } }, trace: () => undefined, exited });
    const host = (node: number): ConformanceHost => {
      world.addHost(node, { host: `node-${node}` });
      const ports = world.ports(node);
      const traced: TraceBody[] = [];
      // Both nodes of a case say that they are node 1; so each is heard at its own port.
      const trace = { isListening: ports.trace.isListening, emit: ({ event }: TraceEvent): unknown => traced.push(event) };
      return { ports: { ...ports, trace }, host: `node-${node}`, exits: exits[node - 1] ?? [], traced };
    };
    const nodes = [host(1), host(2)] as const;
    const after = (delayMs: number, run: () => void): void => world.after(delayMs * 1000, run);
    const dying: ConformanceWorld["dying"] = (transport, done) => {
      world.addHost(3, { host: "node-3" });
      const listening = (outcome: Outcome<number>): void => {
        if (!outcome.ok) throw new Error(outcome.error.detail);
        world.crash(3, DIES_OVER_MS);
        done({ host: "node-3", port: outcome.value, end: () => undefined });
      };
      world.ports(3).network.listen({ transport, host: "node-3", port: 0 }, () => undefined, listening);
    };
    runCase(one, { nodes, after, dying }, (holds) => world.runWhile(() => !holds(), world.nowUs + LIMIT_US));
  });
});
