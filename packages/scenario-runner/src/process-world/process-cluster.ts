import { randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePorts } from "./free-ports.ts";
import { bootstrapOf, endpointsOf, LOCAL_HOST, type LocalNode, localNodeProperties, planLocalNodes, votersOf } from "./local-node.ts";
import type { NodeEvent } from "../run/node-event.ts";
import { NodeProcess } from "./node-process.ts";

export interface ProcessClusterOptions {
  readonly bundle: string;
  readonly brokers: number;
  /** Nodes that are controllers only; none: the brokers are controllers too. */
  readonly controllers?: number;
  readonly areFaultsEnabled: boolean;
  readonly properties?: ReadonlyMap<string, string>;
  readonly isTraced?: boolean;
  /** For Node, e.g. `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
  /** `ulimit -n` of each process. Default: as here. */
  readonly descriptorsMax?: number;
  readonly onEvent: (event: NodeEvent) => void;
}

/** A cluster of real processes in a temporary directory, on free ports of the loopback interface. */
export class ProcessCluster {
  readonly nodes: readonly NodeProcess[];
  readonly brokerIds: readonly number[];
  readonly bootstrap: readonly string[];
  private readonly plan: readonly LocalNode[];
  readonly controlAddresses: ReadonlyMap<number, { readonly host: string; readonly port: number }>;
  /** `id@host:port,…`, as commands take them. */
  readonly voters: string;
  readonly secretFile: string;
  readonly secret: Uint8Array;
  private readonly directory: string;
  private readonly changed = new EventEmitter();
  private aborted: { readonly reason: unknown } | undefined;

  private constructor(options: ProcessClusterOptions, directory: string, ports: readonly number[]) {
    this.directory = directory;
    this.secretFile = join(directory, "cluster.secret");
    const secret = randomBytes(32).toString("hex");
    this.secret = Buffer.from(secret, "utf8");
    writeFileSync(this.secretFile, `${secret}\n`, { mode: 0o600 });
    const { brokers, controllers = 0 } = options;
    const count = brokers + controllers;
    const portAt = (index: number): number => ports[index] as number;
    const nodes = planLocalNodes({ brokers, controllers, clientPort: portAt, controlPort: (index) => portAt(count + index) });
    this.plan = nodes;
    this.brokerIds = nodes.filter(({ isBroker }) => isBroker).map(({ id }) => id);
    this.bootstrap = bootstrapOf(nodes);
    this.controlAddresses = new Map(nodes.map(({ id, controlPort }) => [id, { host: LOCAL_HOST, port: controlPort }]));
    this.voters = votersOf(nodes);
    this.nodes = nodes.map((node) => {
      const home = join(directory, `node-${node.id}`);
      const files = { dataDirectory: join(home, "data"), secretFile: this.secretFile };
      return new NodeProcess({
        id: node.id,
        bundle: resolve(options.bundle),
        directory: home,
        properties: localNodeProperties(node, nodes, files, options.properties ?? new Map()),
        areFaultsEnabled: options.areFaultsEnabled,
        isTraced: options.isTraced ?? true,
        nodeOptions: options.nodeOptions ?? [],
        ...(options.descriptorsMax === undefined ? {} : { descriptorsMax: options.descriptorsMax }),
        onEvent: options.onEvent,
        onEnd: () => this.poke(),
      });
    });
  }

  static async start(options: ProcessClusterOptions): Promise<ProcessCluster> {
    const directory = mkdtempSync(join(tmpdir(), "samsa-"));
    const cluster = new ProcessCluster(options, directory, await freePorts(2 * (options.brokers + (options.controllers ?? 0))));
    for (const node of cluster.nodes) node.start();
    return cluster;
  }

  node(id: number): NodeProcess {
    const node = this.nodes.find((one) => one.id === id);
    if (node === undefined) throw new RangeError(`there is no node ${id}`);
    return node;
  }

  /** `host:port` of all that the node listens on. */
  endpointsOf(id: number): readonly string[] {
    return this.plan.filter((node) => node.id === id).flatMap(endpointsOf);
  }

  /** Of the broker's log: its partitions are in it. */
  dataDirectory(id: number): string {
    return join(this.directory, `node-${id}`, "data");
  }

  /** False if the time ran out. Throws if a broker ended by itself. */
  async until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    const timeout = AbortSignal.timeout(timeoutMs);
    for (;;) {
      if (this.aborted !== undefined) throw this.aborted.reason;
      if (condition()) return true;
      const failure = this.nodes.map((node) => node.failure).find((text) => text !== undefined);
      if (failure !== undefined) throw new Error(failure);
      try {
        await once(this.changed, "change", { signal: timeout });
      } catch (error) {
        if (timeout.aborted) return condition();
        throw error;
      }
    }
  }

  /** Something outside of the traces may have made a condition true. */
  poke(): void {
    this.changed.emit("change");
  }

  /** Whoever waits is thrown the reason. */
  abort(reason: unknown): void {
    this.aborted = { reason };
    this.poke();
  }

  /** In order, or by force when the time is over. */
  async stop(timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => void Promise.all(this.nodes.map((node) => node.kill("SIGKILL"))), timeoutMs);
    await Promise.all(this.nodes.map((node) => node.kill("SIGTERM")));
    clearTimeout(timer);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill("SIGKILL")));
    rmSync(this.directory, { recursive: true, force: true });
  }
}
