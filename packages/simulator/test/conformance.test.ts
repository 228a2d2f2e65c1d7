import type { TraceBody, TraceEvent } from "@samsa/world";
import type { ConformanceHost } from "@samsa/world/conformance";
import { CONFORMANCE_CASES, runCase } from "@samsa/world/conformance";
import { describe, it } from "vitest";
import { SimulatedWorld } from "../src/world/index.ts";

const SEEDS = [1, 2, 3];
const LIMIT_US = 600_000_000;

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
    runCase(one, { nodes, after: (delayMs, run) => world.after(delayMs * 1000, run) }, (holds) => world.runWhile(() => !holds(), world.nowUs + LIMIT_US));
  });
});
