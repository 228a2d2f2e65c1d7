import { readdirSync, rmSync, statSync, truncateSync, appendFileSync } from "node:fs";
import { join } from "node:path";
import type { ResolvedFault } from "@samsa/simulator";
import type { OperatorFault } from "@samsa/world";
import { activeSegment, tornTail } from "../run/torn-tail.ts";
import { cutsOfPartition } from "./partition-faults.ts";
import type { ProcessCluster } from "./process-cluster.ts";

/** A fault for one node, asked for over its control listener. */
export interface FaultRequest {
  readonly host: string;
  readonly port: number;
  readonly node: number;
  /** The cluster's. */
  readonly secret: Uint8Array;
  readonly fault: OperatorFault;
}

/** Asks as the operator's command line does. Null: the node does it; else why not. */
export type Inject = (request: FaultRequest) => Promise<string | null>;

/** What goes wrong with processes: signals from without, lies of disk and network from within, and the files of those that are down. */
export class ProcessFaults {
  private readonly cluster: ProcessCluster;
  private readonly inject: Inject | undefined;
  private readonly down = new Set<number>();
  private readonly paused = new Map<number, NodeJS.Timeout>();
  /** Nodes that do something to themselves until they are told that all is over. */
  private readonly infected = new Set<number>();

  constructor(cluster: ProcessCluster, inject: Inject | undefined) {
    this.cluster = cluster;
    this.inject = inject;
  }

  async strike(fault: ResolvedFault): Promise<void> {
    switch (fault.type) {
      case "crash":
      case "stop":
        this.down.add(fault.victim);
        return this.cluster.node(fault.victim).kill(fault.type === "crash" ? "SIGKILL" : "SIGTERM");
      case "pause":
        return this.pause(fault.victim, fault.forMs);
      case "partition": {
        const endpoints = new Map(this.cluster.nodes.map(({ id }) => [id, this.cluster.endpointsOf(id)]));
        for (const [node, cut] of cutsOfPartition(fault, endpoints)) if (this.cluster.node(node).isRunning) await this.injectInto(node, cut);
        return;
      }
      case "reset":
        for (const node of fault.victim === undefined ? this.cluster.nodes.map(({ id }) => id) : [fault.victim])
          await this.injectInto(node, { type: "reset", losesBytes: fault.losesBytes });
        return;
      case "power-loss":
      case "stash":
      case "corrupt":
      case "clock":
        throw new RangeError(`processes can't do ${fault.type}`);
      default:
        return this.injectInto(fault.victim, { ...fault, victim: { type: "node", id: fault.victim } });
    }
  }

  /** Those that are paused go on before they are told anything. */
  async heal(): Promise<void> {
    for (const node of this.paused.keys()) await this.resume(node);
    for (const node of this.infected) if (this.cluster.node(node).isRunning) await this.injectInto(node, { type: "heal" });
    this.infected.clear();
  }

  /** Throws `RangeError` where a node would start without what its peers do to it: heal first. */
  restart(): readonly number[] {
    const started = [...this.down];
    if (started.length > 0 && this.infected.size > 0) throw new RangeError("faults from within have to be healed before nodes start again");
    for (const id of started) this.cluster.node(id).start();
    this.down.clear();
    return started;
  }

  wipe(node: number): void {
    rmSync(this.cluster.dataDirectory(node), { recursive: true, force: true });
  }

  tear(node: number, { topic, partition }: { readonly topic: string; readonly partition: number }): void {
    const directory = join(this.cluster.dataDirectory(node), `${topic}-${partition}`);
    const file = join(directory, activeSegment(readdirSync(directory)));
    const { position, bytes } = tornTail(statSync(file).size);
    truncateSync(file, position);
    appendFileSync(file, bytes);
  }

  private async pause(node: number, forMs: number): Promise<void> {
    await this.cluster.node(node).kill("SIGSTOP");
    this.paused.set(node, setTimeout(() => void this.resume(node), forMs).unref());
  }

  private async resume(node: number): Promise<void> {
    clearTimeout(this.paused.get(node));
    this.paused.delete(node);
    await this.cluster.node(node).kill("SIGCONT");
  }

  private async injectInto(node: number, fault: OperatorFault): Promise<void> {
    const address = this.cluster.controlAddresses.get(node);
    if (address === undefined) throw new RangeError(`there is no node ${node}`);
    if (this.inject === undefined) throw new TypeError("nobody can ask the nodes for faults");
    this.infected.add(node);
    const error = await this.inject({ ...address, node, secret: this.cluster.secret, fault });
    if (error !== null) throw new Error(`node ${node} did not take the fault: ${error}`);
  }
}
