import { watchedCluster } from "@samsa/simulator";
import { expect, it } from "vitest";

const SHAPES = [
  { brokers: 3, controllers: 0 },
  { brokers: 5, controllers: 0 },
  { brokers: 3, controllers: 3 },
];
const SEEDS = [1, 2, 3, 4];

/** Far less than it takes to find out that a process is gone. */
const HAND_OVER_MS = 12;

it.each(SHAPES.flatMap((shape) => SEEDS.map((seed) => ({ shape, seed }))))(
  "An active controller that is stopped names its successor, who asks nobody whether it may stand ($shape.brokers + $shape.controllers, seed $seed)",
  ({ shape, seed }) => {
    const { cluster, world, events, violations } = watchedCluster({ seed, shape });
    world.runFor(2_000_000);
    const leader = () => cluster.views.find(({ node }) => node.quorum.node?.role === "leader")?.id;
    const victim = leader() ?? 0;
    const from = events.length;
    cluster.inject({ type: "stop", victim });
    world.runWhile(() => [undefined, victim].includes(leader()) || world.isUp(victim), world.nowUs + 10_000_000);
    const roles = events.slice(from).flatMap(({ node, event, t }) => (event.kind === "raft-role" ? [{ node, t, role: event.role }] : []));
    const resigned = roles.find(({ role }) => role === "resigned");
    const elected = roles.find(({ role }) => role === "leader");
    expect([resigned?.node, elected === undefined]).toEqual([victim, false]);
    // Only who finds out by itself stands for a pre-vote first.
    expect(roles.filter(({ role }) => role === "prospective" || role === "candidate").map(({ role }) => role)).toEqual(["candidate"]);
    expect(((elected?.t ?? 0) - (resigned?.t ?? 0)) / 1000).toBeLessThan(HAND_OVER_MS);
    expect([world.isUp(victim), violations]).toEqual([false, []]);
  },
);
