import { type ClusterOptions, SimulatedCluster } from "./cluster.ts";
import { type ClusterShape, combined } from "./cluster-shape.ts";
import { type Violation, Watcher } from "../invariants/watcher.ts";
import { SimulatedWorld, type WorldOptionsInput } from "../world/index.ts";
import type { TraceEvent } from "@samsa/world";

export interface WatchedCluster {
  readonly world: SimulatedWorld;
  readonly cluster: SimulatedCluster;
  readonly watcher: Watcher;
  readonly violations: readonly Violation[];
  readonly events: readonly TraceEvent[];
}

/** Enough virtual time for a cluster without faults to elect a controller and unfence everyone. */
const START_LIMIT_US = 30_000_000;

export interface WatchedClusterOptions extends Partial<ClusterOptions> {
  readonly seed: number;
  readonly world?: WorldOptionsInput;
}

/** A simulated cluster under all invariants, started and ready, for a test that does one thing to it. */
export function watchedCluster(options: WatchedClusterOptions): WatchedCluster {
  const { shape = combined(3), properties = new Map(), metadataLimits } = options;
  const events: TraceEvent[] = [];
  const watcher = new Watcher(shape, () => undefined);
  const world = new SimulatedWorld({
    seed: options.seed,
    ...(options.world === undefined ? {} : { options: options.world }),
    trace: (event) => {
      events.push(event);
      if (event.event.kind === "violation") watcher.report({ invariant: event.event.invariant, detail: event.event.detail });
    },
  });
  const cluster = new SimulatedCluster(world, { shape, properties, ...(metadataLimits === undefined ? {} : { metadataLimits }) }, watcher);
  cluster.startAll();
  world.runWhile(() => !isReady(watcher, shape), START_LIMIT_US);
  return { world, cluster, watcher, violations: watcher.violations, events };
}

function isReady({ ghost }: Watcher, shape: ClusterShape): boolean {
  const brokers = [...ghost.image.brokers.values()];
  return brokers.length === shape.brokers && brokers.every((broker) => !broker.isFenced);
}
