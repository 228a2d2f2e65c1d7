import { describe, it } from "vitest";
import { CONFORMANCE_CASES, runCase } from "@samsa/world/conformance";
import { SimulatedWorld } from "../../simulator/src/world/index.ts";
describe("sim", () => {
  for (const one of CONFORMANCE_CASES) it(one.name, () => {
    const exits = [[], []] as {code:number;reason:string}[][]; const traced: any[][] = [[], []];
    const world = new SimulatedWorld({ seed: 5, options: {network: {fragmentation: "random", verifiesSentBuffers: true}}, trace: (e) => { for (const t of traced) t.push(e.event); }, exited: (n, code, reason) => void exits[n]!.push({code, reason}) });
    world.addHost(0, {host: "n0"}); world.addHost(1, {host: "n1"});
    const nodes = [0,1].map((n) => ({ ports: world.ports(n), host: "n"+n, exits: exits[n]!, traced: traced[n]! }));
    runCase(one, { nodes: nodes as any, after: (ms, run) => world.after(ms*1000, run) }, (holds) => world.runWhile(() => !holds(), 60_000_000));
    if (world.violations.length) throw new Error(world.violations.join());
  });
});
