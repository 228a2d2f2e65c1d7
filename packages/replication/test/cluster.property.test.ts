import fc from "fast-check";
import { expect, it } from "vitest";
import { Cluster } from "./cluster.ts";
import { ClusterChecker } from "./cluster-checker.ts";

/** Fixed, so that a run is repeatable; `npm test -- --full` draws others. */
const SEED = Number(process.env["SAMSA_FIRST_SEED"] ?? 20_261_121);
const RUNS = Number(process.env["SAMSA_SEEDS"] ?? 300);

/** With how often each is drawn: a cluster that is mostly healthy gets deeper into trouble than one that never works at all. */
const STEPS = {
  "produce-all": 6,
  "produce-one": 2,
  write: 6,
  fetch: 10,
  "deliver-oldest": 16,
  deliver: 6,
  lose: 1,
  delay: 2,
  learn: 8,
  round: 3,
  time: 3,
  sync: 3,
  fence: 1,
  unfence: 3,
  elect: 2,
  crash: 1,
  "power-loss": 1,
  restart: 3,
} as const;

type Kind = keyof typeof STEPS;
type Step = readonly [step: Kind, n: number];

/** A node that loses records must not be the last that an election can fall back to: then they are gone, and rightly so. */
function mayLosePower(cluster: Cluster, id: number): boolean {
  return cluster.controller.image.isr.filter((member) => member !== cluster.node(id).id).length > 0;
}

function run(cluster: Cluster, [step, n]: Step): void {
  const id = n % cluster.nodes.length;
  const which = Math.floor(n / cluster.nodes.length);
  switch (step) {
    // Mostly to the leader, at times to one that only thinks so.
    case "produce-all":
      return void cluster.produce(which % 4 === 0 ? id : Math.max(0, cluster.controller.image.leader), -1);
    case "produce-one":
      return void cluster.produce(id, 1);
    case "round":
      return cluster.round();
    case "deliver-oldest":
      return cluster.deliver(0);
    case "write":
      return cluster.finishWrites(id);
    case "sync":
      return cluster.sync(id);
    case "fetch":
      return cluster.sendFetch(id);
    case "deliver":
      return cluster.deliver(which);
    case "lose":
      return cluster.lose(which);
    case "delay":
      return cluster.delayBeyondHope(which);
    case "learn":
      return cluster.learn(id);
    case "time":
      return cluster.passTime(which % 700);
    case "fence":
      return cluster.controller.fence(cluster.node(id).id);
    case "unfence":
      return cluster.unfence(id);
    case "elect":
      return cluster.controller.elect(cluster.node(id).id);
    case "crash":
      return cluster.crash(id, true);
    case "power-loss":
      return mayLosePower(cluster, id) ? cluster.crash(id, false) : undefined;
    case "restart":
      return cluster.restart(id);
  }
}

const kinds = Object.entries(STEPS).map(([kind, weight]) => ({ arbitrary: fc.constant(kind as Kind), weight }));
const steps = fc.array(fc.tuple(fc.oneof(...kinds), fc.nat(10_000)), { minLength: 40, maxLength: 400, size: "max" });
const options = fc.record({ size: fc.integer({ min: 2, max: 4 }), minIsr: fc.integer({ min: 1, max: 3 }) });

it("keeps every replication invariant under loss, delay, crashes and elections, and heals", () => {
  fc.assert(
    fc.property(options, steps, (shape, plan) => {
      const cluster = new Cluster(shape);
      const checker = new ClusterChecker(cluster);
      for (const step of plan) {
        run(cluster, step);
        checker.check();
      }
      cluster.heal();
      checker.check();
      checker.checkHealed();
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: process.env["SAMSA_SHRINK"] === undefined },
  );
});

it("does reach commits, elections, truncations and changes of the ISR with such plans", () => {
  const reached = new Set<string>();
  for (const [shape, plan] of fc.sample(fc.tuple(options, steps), { seed: 7, numRuns: 100 })) {
    const cluster = new Cluster(shape);
    plan.forEach((step) => run(cluster, step));
    for (const { traces, log } of cluster.nodes) {
      for (const { kind } of traces) reached.add(kind);
      if (log.truncations.length > 0) reached.add("truncated");
    }
    if (cluster.controller.image.isr.length !== shape.size) reached.add("shrunk");
  }
  expect([...reached].sort()).toEqual(["became-follower", "became-leader", "high-watermark", "shrunk", "truncated"]);
});
