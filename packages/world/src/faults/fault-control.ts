import type { Prng } from "@samsa/stdx";
import type { DiskOperation, StashMatch } from "../fault-plan.ts";
import type { Transport } from "../effect.ts";
import { FaultyClockState } from "./faulty-clock-state.ts";
import type { NodeFault, NodePartition } from "./node-fault.ts";
import type { FaultTimer } from "./fault-timer.ts";
import { placedPath } from "../log-directory.ts";
import { StashControl } from "./stash-control.ts";

export interface ClassifierContext {
  /** Counts the connections of the decorated network. */
  readonly connection: number;
  readonly transport: Transport;
  readonly direction: "outgoing" | "incoming";
  readonly isDialled: boolean;
}

/** Names the first message in the bytes; asked for all bytes of a direction, in order, while faults are possible. */
export type StashClassifier = (bytes: Uint8Array, context: ClassifierContext) => StashMatch | undefined;

/** A fault did something. */
export interface FaultFiring {
  readonly fault: NodeFault["type"];
  readonly detail: string;
}

export interface FaultControlOptions {
  readonly timer: FaultTimer;
  readonly prng: Prng;
  readonly fired: (firing: FaultFiring) => void;
  readonly classify?: StashClassifier;
  /** A dial into a cut gets no answer: it fails with `ETIMEDOUT` after this, never with `ECONNREFUSED`. */
  readonly cutDialTimeoutMs?: number;
}

/** As long as the real world waits for an answer. */
export const CUT_DIAL_TIMEOUT_MS = 5_000;

/** A delay between one node and listeners that it dials; one way. */
export interface SlowLink {
  /** `host:port`. */
  readonly endpoints: readonly string[];
  readonly byMs: number;
}

type DiskError = Extract<NodeFault, { type: "disk-error" }>;

/** What the decorated network does at once. */
export interface NetworkFaultTarget {
  breakAll(losesBytes: boolean): void;
  /** A partition or a delay began or ended. */
  conditionsChanged(): void;
}

/** The faults of one node that are active now. The decorators of its ports ask it; a test or the control plane drives it. */
export class FaultControl {
  readonly timer: FaultTimer;
  readonly prng: Prng;
  readonly classify: StashClassifier | undefined;
  readonly cutDialTimeoutMs: number;
  readonly stash: StashControl;
  readonly clock = new FaultyClockState();
  private readonly report: (firing: FaultFiring) => void;
  private diskErrors: { readonly fault: DiskError; remaining: number }[] = [];
  private readonly partitions = new Set<NodePartition>();
  private readonly slowLinks = new Set<SlowLink>();
  private readonly undoes = new Set<() => void>();
  private readonly networks = new Set<NetworkFaultTarget>();
  /** How many of the active faults say so. */
  fullDisks = 0;
  readonly failedLogDirs = new Map<number, number>();
  /** Sums of the active faults. */
  slowDiskMs = 0;
  slowNetworkMs = 0;

  constructor(options: FaultControlOptions) {
    this.timer = options.timer;
    this.prng = options.prng;
    this.classify = options.classify;
    this.cutDialTimeoutMs = options.cutDialTimeoutMs ?? CUT_DIAL_TIMEOUT_MS;
    this.report = options.fired;
    this.stash = new StashControl(options.timer);
  }

  inject(fault: NodeFault): void {
    switch (fault.type) {
      case "disk-error":
        this.diskErrors.push({ fault, remaining: fault.count });
        return;
      case "disk-full":
        this.fullDisks++;
        this.fired(fault.type, `no room for ${fault.forMs} ms`);
        return this.undoAfter(fault.forMs, () => this.fullDisks--);
      case "log-dir-failure":
        this.countFailure(fault.logDir, 1);
        this.fired(fault.type, `log directory ${fault.logDir} fails for ${fault.forMs} ms`);
        return this.undoAfter(fault.forMs, () => this.countFailure(fault.logDir, -1));
      case "slow-disk":
        this.slowDiskMs += fault.byMs;
        return this.undoAfter(fault.forMs, () => (this.slowDiskMs -= fault.byMs));
      case "slow-network":
        this.slowNetworkMs += fault.byMs;
        this.fired(fault.type, `${this.slowNetworkMs} ms later from now on`);
        return this.undoAfter(fault.forMs, () => (this.slowNetworkMs -= fault.byMs));
      case "partition":
        this.partitions.add(fault);
        this.fired(fault.type, fault.endpoints.join(" "));
        this.conditionsChanged();
        return this.undoAfter(fault.forMs, () => this.partitions.delete(fault));
      case "reset":
        for (const network of this.networks) network.breakAll(fault.losesBytes);
        return;
      case "stash":
        return this.stash.hold(fault);
      case "clock":
        this.fired(fault.type, `wall clock ${fault.wallMs} ms, drift ${fault.driftPpm} ppm`);
        return this.clock.change(fault.wallMs, fault.driftPpm);
    }
  }

  /** Cuts the way to these listeners until the function returned is called, or all is healed. */
  cut(sides: Omit<NodePartition, "type" | "forMs">): () => void {
    const partition: NodePartition = { type: "partition", ...sides, forMs: Number.POSITIVE_INFINITY };
    this.partitions.add(partition);
    this.fired("partition", sides.endpoints.join(" "));
    return this.undoOnce(() => this.partitions.delete(partition));
  }

  /** Whatever goes to these listeners, or comes from them, takes so much longer, until the function returned is called, or all is healed. */
  slowDown(link: SlowLink): () => void {
    this.slowLinks.add(link);
    this.fired("slow-network", `${link.byMs} ms later between here and ${link.endpoints.join(" ")}`);
    return this.undoOnce(() => this.slowLinks.delete(link));
  }

  /** Everything works again from here on; the wall clock stays where it was put, as after a real jump. */
  healAll(): void {
    this.diskErrors = [];
    for (const undo of this.undoes) undo();
    this.undoes.clear();
    this.clock.change(0, 0);
    this.conditionsChanged();
    this.stash.releaseAll();
  }

  fired(fault: FaultFiring["fault"], detail: string): void {
    this.report({ fault, detail });
  }

  /** The error that this operation shall end with, if any; used up by that. */
  takeDiskError(operation: DiskOperation, path: string): DiskError["error"] | undefined {
    const found = this.diskErrors.find(({ fault }) => fault.operation === operation && path.includes(fault.path));
    if (found === undefined) return undefined;
    found.remaining--;
    if (found.remaining <= 0) this.diskErrors.splice(this.diskErrors.indexOf(found), 1);
    this.fired("disk-error", `${operation} of ${path}: ${found.fault.error}`);
    return found.fault.error;
  }

  private countFailure(logDir: number, by: number): void {
    this.failedLogDirs.set(logDir, (this.failedLogDirs.get(logDir) ?? 0) + by);
  }

  /** What whatever is done to this path fails with now. `grows`: it needs room on the disk. */
  stateError(path: string, grows: boolean): "EIO" | "ENOSPC" | undefined {
    if ((this.failedLogDirs.get(placedPath(path).logDir) ?? 0) > 0) return "EIO";
    return grows && this.fullDisks > 0 ? "ENOSPC" : undefined;
  }

  isCut(endpoint: string | undefined, direction: "outgoing" | "incoming"): boolean {
    if (endpoint === undefined) return false;
    for (const partition of this.partitions) {
      if ((direction === "outgoing" ? partition.stopsOutgoing : partition.stopsIncoming) && partition.endpoints.includes(endpoint)) return true;
    }
    return false;
  }

  /** How much later messages of a connection come; `endpoint`: what it was dialled as. */
  delayMs(endpoint: string | undefined): number {
    let delayMs = this.slowNetworkMs;
    if (endpoint === undefined) return delayMs;
    for (const { endpoints, byMs } of this.slowLinks) if (endpoints.includes(endpoint)) delayMs += byMs;
    return delayMs;
  }

  attachNetwork(network: NetworkFaultTarget): void {
    this.networks.add(network);
  }

  private conditionsChanged(): void {
    for (const network of this.networks) network.conditionsChanged();
  }

  /** Undone when it is called, or at the heal, whichever is first. */
  private undoOnce(undo: () => void): () => void {
    this.undoes.add(undo);
    this.conditionsChanged();
    return () => {
      if (!this.undoes.delete(undo)) return;
      undo();
      this.conditionsChanged();
    };
  }

  /** Undone when its time is over or at the heal, whichever is first. */
  private undoAfter(forMs: number | undefined, undo: () => void): void {
    this.undoes.add(undo);
    if (forMs === undefined) return;
    this.timer.after(forMs, () => {
      if (!this.undoes.delete(undo)) return;
      undo();
      this.conditionsChanged();
    });
  }
}
