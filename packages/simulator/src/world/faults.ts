import { invariant } from "@samsa/stdx";
import type { ResolvedFault, ResolvedFaultOf } from "./fault.ts";
import type { Link } from "./link.ts";
import type { SimulatedWorld } from "./world.ts";

/** How often a node that is stopping is looked at. */
const STOP_POLL_US = 100_000;

/** What the world asks of whoever assembles nodes: it has hosts, not nodes. */
export interface NodeControl {
  /** Begins a process of the node, which has none, with `world.ports(node)`. */
  start(node: number): void;
  /** SIGTERM. */
  requestStop(node: number): void;
  /** A host is about to lose power. */
  lostPower?(node: number): void;
  plant?(fault: ResolvedFaultOf<"plant">): void;
}

/** Does faults to a world, and undoes them. */
export class Faults {
  private readonly world: SimulatedWorld;
  private readonly control: NodeControl;
  /** Nodes that a fault took down, with the number of that outage: its restart is not for a later one. */
  private readonly down = new Map<number, number>();
  private outages = 0;
  /** What heals what was done; each once. */
  private readonly undoes = new Set<() => void>();
  private readonly paused = new Set<number>();

  constructor(world: SimulatedWorld, control: NodeControl) {
    this.world = world;
    this.control = control;
  }

  inject(fault: ResolvedFault): void {
    this.world.tell({ kind: "fault", fault: fault.type, detail: JSON.stringify(fault) });
    switch (fault.type) {
      case "crash":
        this.world.crash(fault.victim, fault.diesOverMs);
        return this.wentDown(fault.victim, fault.restartAfterMs);
      case "power-loss":
        return this.losePower(fault);
      case "stop":
        if (this.world.isUp(fault.victim)) this.control.requestStop(fault.victim);
        return this.wentDown(fault.victim, fault.restartAfterMs);
      case "pause":
        this.paused.add(fault.victim);
        return this.world.pause(fault.victim, fault.forMs);
      case "plant":
        invariant(this.control.plant !== undefined, "this cluster can tell lies", {});
        return this.control.plant(fault);
      default:
        return this.injectElsewhere(fault);
    }
  }

  /** Everything works again from here on: nodes that are down, whatever took them, start; links carry, disks and clocks behave. */
  healAll(): void {
    this.heal();
    for (const { node, isClient, incarnations } of this.world.hosts) {
      if (!isClient && incarnations > 0 && (this.down.has(node) || !this.world.isUp(node))) this.wentDown(node, 0);
    }
  }

  /** A node that a fault took down starts, as soon as its last process is gone. */
  startAgain(node: number): void {
    if (this.down.has(node)) this.wentDown(node, 0);
  }

  /** Links carry, disks and clocks behave, nobody is paused; nodes that are down stay down. */
  heal(): void {
    this.world.tell({ kind: "healed" });
    for (const undo of this.undoes) undo();
    this.undoes.clear();
    this.world.network.stash.releaseAll();
    this.world.network.corruption.clear();
    for (const node of this.paused) this.world.host(node).process?.endPause();
    this.paused.clear();
    for (const host of this.world.hosts) {
      host.disk.clearErrors();
      this.setDrift(host.node, 0);
    }
  }

  private injectElsewhere(fault: Exclude<ResolvedFault, { type: "crash" | "power-loss" | "stop" | "pause" | "plant" }>): void {
    const { world } = this;
    switch (fault.type) {
      case "partition":
        return this.partition(fault);
      case "reset":
        return world.network.breakConnections(fault.victim === undefined ? undefined : world.host(fault.victim).network, fault.losesBytes);
      case "stash":
        return world.network.stash.hold(fault);
      case "corrupt":
        return world.network.corruption.order(fault);
      case "slow-network":
      case "slow-disk":
        return this.slow(fault);
      case "disk-error":
        return world.host(fault.victim).disk.injectErrors(fault);
      case "disk-full":
        return this.fillDisk(fault);
      case "log-dir-failure":
        return this.failLogDir(fault);
      case "clock":
        world.host(fault.victim).clock.jumpWall(fault.wallMs);
        return this.setDrift(fault.victim, fault.driftPpm);
    }
  }

  private losePower({ victim, restartAfterMs, whenSyncing }: ResolvedFaultOf<"power-loss">): void {
    const strike = (): void => {
      this.control.lostPower?.(victim);
      this.world.powerLoss(victim);
      this.wentDown(victim, restartAfterMs);
    };
    if (whenSyncing === undefined) return strike();
    const { disk } = this.world.host(victim);
    // Soon after the sync began: what the same turn sent may have left by then.
    disk.onSync = (path) => {
      if (!path.includes(whenSyncing)) return;
      disk.onSync = undefined;
      this.world.after(disk.strikeDelayUs(), strike);
    };
    this.undoes.add(() => {
      disk.onSync = undefined;
    });
  }

  private wentDown(node: number, restartAfterMs: number | undefined): void {
    const outage = ++this.outages;
    this.down.set(node, outage);
    if (restartAfterMs !== undefined) this.world.after(restartAfterMs * 1000, () => this.restart(node, outage));
  }

  /** A node that was asked to stop and has not yet is left to do so, and started then; and none before the last one is wholly dead. */
  private restart(node: number, outage: number): void {
    if (this.down.get(node) !== outage) return;
    const dyingUs = this.world.dyingUs(node);
    if (dyingUs > 0) return this.world.after(dyingUs, () => this.restart(node, outage));
    if (this.world.isUp(node)) return this.world.after(STOP_POLL_US, () => this.restart(node, outage));
    this.down.delete(node);
    this.control.start(node);
  }

  private partition({ from, isOneWay, forMs }: ResolvedFaultOf<"partition">): void {
    const nodes = this.world.hosts.filter((host) => !host.isClient || from.includes(host.node));
    const inside = nodes.filter((host) => from.includes(host.node));
    const links: Link[] = [];
    for (const here of inside) {
      for (const there of nodes) {
        if (inside.includes(there)) continue;
        links.push(this.world.network.link(here.network, there.network));
        if (!isOneWay) links.push(this.world.network.link(there.network, here.network));
      }
    }
    for (const link of links) link.cut();
    this.undoAfter(forMs, () => {
      for (const link of links) link.mend();
    });
  }

  private slow({ type, victim, byMs, forMs }: ResolvedFaultOf<"slow-network"> | ResolvedFaultOf<"slow-disk">): void {
    const host = this.world.host(victim);
    const target = type === "slow-disk" ? host.disk : host.network;
    target.slowByUs += byMs * 1000;
    this.undoAfter(forMs, () => {
      target.slowByUs -= byMs * 1000;
    });
  }

  private fillDisk({ victim, forMs }: ResolvedFaultOf<"disk-full">): void {
    const { disk } = this.world.host(victim);
    disk.fullBy++;
    this.undoAfter(forMs, () => {
      disk.fullBy--;
    });
  }

  private failLogDir({ victim, logDir, forMs }: ResolvedFaultOf<"log-dir-failure">): void {
    const { disk } = this.world.host(victim);
    disk.failLogDir(logDir, 1);
    this.undoAfter(forMs, () => disk.failLogDir(logDir, -1));
  }

  private setDrift(node: number, ppm: number): void {
    const host = this.world.host(node);
    if (host.clock.driftPpm === ppm) return;
    host.clock.setDrift(ppm, this.world.nowUs);
    host.processClock?.rearm();
  }

  /** Undone when its time is over or at the heal, whichever is first. */
  private undoAfter(forMs: number, undo: () => void): void {
    this.undoes.add(undo);
    this.world.after(forMs * 1000, () => {
      if (this.undoes.delete(undo)) undo();
    });
  }
}
