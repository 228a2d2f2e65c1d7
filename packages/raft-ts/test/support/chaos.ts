import { demandOperations, demandProgress } from "./healing.ts";
import { Operator } from "./operator.ts";
import { Random } from "./random.ts";
import { SimCluster } from "./sim-cluster.ts";
import { drawSwarm, type Focus, type Swarm } from "./swarm.ts";

/** What one step may do, and how often of a hundred. */
type Action = readonly [percent: number, act: () => void];

/** Random faults and operations from one seed, then heals everything and demands progress. Throws at the first violation. */
export function runChaos(seed: number, focus?: Focus): SimCluster {
  const random = new Random(seed ^ 0x5eed);
  const swarm = drawSwarm(seed, random, focus);
  const cluster = new SimCluster({ ...swarm, damageChance: swarm.families.has("damage") ? 0.02 : 0 });
  const nemesis = new Nemesis(cluster, swarm, random);
  for (let step = 0; step < swarm.steps; step++) {
    cluster.run(random.between(0, swarm.stepMaxUs));
    nemesis.step(step);
  }
  nemesis.rest();
  demandProgress(cluster);
  demandOperations(cluster, new Operator(cluster, random), random);
  return cluster;
}

class Nemesis {
  private readonly cluster: SimCluster;
  private readonly swarm: Swarm;
  private readonly random: Random;
  private readonly operator: Operator;
  private readonly actions: readonly Action[];
  private isResting = false;

  constructor(cluster: SimCluster, swarm: Swarm, random: Random) {
    this.cluster = cluster;
    this.swarm = swarm;
    this.random = random;
    this.operator = new Operator(cluster, random);
    this.actions = [...this.faults(), ...this.operations()];
    if (!swarm.families.has("killsLeaders")) return;
    cluster.onLeader = (id) => {
      if (random.chance(0.5)) cluster.queue.after(random.between(0, 30_000), () => this.count(this.kill(id)));
    };
  }

  step(step: number): void {
    const { cluster, random } = this;
    for (const id of cluster.ids) if (cluster.node(id)?.role === "leader") for (let i = random.between(0, 3); i > 0; i--) cluster.propose(id, `${step}.${i}`);
    for (const [percent, act] of this.actions) if (random.chance(percent / 100)) act();
  }

  rest(): void {
    this.isResting = true;
    this.cluster.damageChance = 0;
  }

  private faults(): readonly Action[] {
    const { cluster, random, swarm } = this;
    const { families } = swarm;
    const when = (isOn: boolean, percent: number, act: () => boolean): readonly Action[] => (isOn ? [[percent, () => this.count(act())]] : []);
    const anyId = (): number => random.pick(cluster.ids);
    return [
      ...when(families.has("crashes") || families.has("powerLoss"), 8, () => this.kill(anyId())),
      ...when(families.has("powerLoss"), 2, () => cluster.ids.filter((id) => random.chance(0.6) && this.kill(id)).length > 0),
      [25, () => cluster.start(anyId())],
      ...when(families.has("cuts"), 6, () => this.cut(cluster.ids.filter(() => random.chance(0.4)))),
      ...when(families.has("cuts"), 3, () => this.cutBetween(anyId(), anyId())),
      [10, () => cluster.heal()],
      ...when(families.has("resets"), 20, () => this.reset(anyId(), anyId())),
      ...when(families.has("pauses"), 5, () => this.pause(anyId())),
      ...when(families.has("stoppedDisks"), 4, () => cluster.host(anyId()).stopDisk()),
      [15, () => cluster.host(anyId()).resumeDisk()],
      ...when(families.has("wipes"), 3, () => this.operator.wipe(anyId())),
    ];
  }

  private operations(): readonly Action[] {
    const { cluster, random, swarm, operator } = this;
    const { families } = swarm;
    const change = (): void => {
      const drawn = operator.drawChange();
      if (drawn !== undefined) operator.change(drawn);
    };
    return [
      ...(families.has("membership") ? [[15, change] as const] : []),
      ...(families.has("transfers") ? [[6, () => operator.transfer()] as const, [2, () => operator.resign()] as const] : []),
      // Of anybody, for a deposed leader may take itself for one.
      ...(families.has("reads") ? [[30, () => cluster.read(random.pick(cluster.ids))] as const] : []),
    ];
  }

  /** What did nothing was no fault. */
  private count(didHappen: boolean): void {
    if (didHappen) this.cluster.checker.marks.faults++;
  }

  private kill(id: number): boolean {
    if (this.isResting || this.cluster.node(id) === undefined) return false;
    this.cluster.stop(id, this.swarm.families.has("powerLoss") && this.random.chance(0.6) ? "power-loss" : "crash");
    return true;
  }

  private cut(side: readonly number[]): boolean {
    this.cluster.cut(side);
    return side.length > 0 && side.length < this.cluster.ids.length;
  }

  private cutBetween(a: number, b: number): boolean {
    if (a !== b) this.cluster.network.cut(a, b);
    return a !== b;
  }

  private reset(a: number, b: number): boolean {
    if (a !== b) this.cluster.reset(a, b);
    return a !== b;
  }

  private pause(id: number): boolean {
    const host = this.cluster.host(id);
    if (!host.isAwake) return false;
    host.pause(this.random.between(10_000, 2.5 * this.cluster.electionTimeoutUs));
    return true;
  }
}
