import { Random } from "./random.ts";
import { SimCluster, type SimOptions } from "./sim-cluster.ts";

/** Which families of faults a run has: swarm testing leaves some out, for faults hide each other's bugs. */
export interface Swarm {
  readonly crashes: boolean;
  readonly powerLoss: boolean;
  readonly cuts: boolean;
  readonly resets: boolean;
  readonly pauses: boolean;
  /** A node that was just elected dies often. */
  readonly killsLeaders: boolean;
  /** One entry an append, one append in flight: entries of different terms part company. */
  readonly tinyAppends: boolean;
}

export interface ChaosOptions extends Pick<SimOptions, "seed" | "size" | "hasRefusals"> {
  readonly swarm: Swarm;
  readonly steps: number;
}

/** Random faults, then heals everything and demands progress. Throws at the first violation. */
export function runChaos(options: ChaosOptions): SimCluster {
  const random = new Random(options.seed ^ 0x5eed);
  const { swarm } = options;
  const limits = swarm.tinyAppends ? { maxEntriesPerAppend: 1, maxInflightAppends: 1 } : { maxInflightAppends: 3 };
  const slow = random.chance(0.3) ? 100_000 : 5000;
  const cluster = new SimCluster({ ...options, limits, syncMaxUs: slow, latencyMaxUs: random.pick([1000, 20_000]), electionTimeoutUs: 200_000 });
  let isHealing = false;
  const kill = (id: number): void => {
    if (!isHealing) cluster.stop(id, swarm.powerLoss && random.chance(0.6) ? "power-loss" : "crash");
  };
  if (swarm.killsLeaders) {
    cluster.onLeader = (id) => {
      if (random.chance(0.5)) cluster.queue.after(random.between(0, 30_000), () => kill(id));
    };
  }
  for (let step = 0; step < options.steps; step++) {
    cluster.run(random.between(0, 60_000));
    for (const id of cluster.ids) if (cluster.node(id)?.role === "leader") for (let i = random.between(0, 3); i > 0; i--) cluster.propose(id, `${step}.${i}`);
    fault(cluster, random, { swarm, kill });
  }
  isHealing = true;
  demandProgress(cluster);
  return cluster;
}

function fault(cluster: SimCluster, random: Random, { swarm, kill }: { swarm: Swarm; kill: (id: number) => void }): void {
  const id = random.pick(cluster.ids);
  if ((swarm.crashes || swarm.powerLoss) && random.chance(0.08)) kill(id);
  if (swarm.powerLoss && random.chance(0.02)) for (const each of cluster.ids) if (random.chance(0.6)) kill(each);
  if (random.chance(0.25)) cluster.start(random.pick(cluster.ids));
  if (swarm.cuts && random.chance(0.06)) cluster.cut(cluster.ids.filter(() => random.chance(0.4)));
  if (swarm.cuts && random.chance(0.1)) cluster.heal();
  if (swarm.resets && cluster.ids.length > 1 && random.chance(0.2)) cluster.reset(id, random.pick(cluster.ids.filter((peer) => peer !== id)));
  if (swarm.pauses && random.chance(0.05)) cluster.pause(id, random.between(10_000, 500_000));
}

/** Healed, a quorum elects a leader and commits a new proposal on every node within ten election timeouts and a pause's rest (I-L1). */
export function demandProgress(cluster: SimCluster): void {
  cluster.heal();
  for (const id of cluster.ids) cluster.start(id);
  const boundUs = 10 * cluster.electionTimeoutUs + 1_000_000;
  const hasLeader = (): boolean => cluster.leader !== undefined && cluster.running.every((node) => node.leader === cluster.leader);
  if (!cluster.run(boundUs, hasLeader)) throw new Error(`no leader after healing: ${describe(cluster)}`);
  cluster.propose(cluster.leader ?? 0, "healed");
  const isEverywhere = (): boolean =>
    cluster.running.every((node) => node.commitIndex === node.lastIndex && node.lastIndex === (cluster.running[0]?.lastIndex ?? 0));
  // One append at a time over a slow disk: a backlog takes its time.
  const backlogUs = 300_000 * Math.max(...cluster.running.map((node) => node.lastIndex));
  if (!cluster.run(boundUs + backlogUs, isEverywhere)) throw new Error(`no common commit after healing: ${describe(cluster)}`);
}

const describe = (cluster: SimCluster): string =>
  cluster.running.map((node) => `${node.role} term ${node.term} leader ${node.leader} commit ${node.commitIndex}/${node.lastIndex}`).join("; ");
