import type { MetadataImage } from "@samsa/metadata";
import { invariant } from "@samsa/stdx";
import { type MetadataLimits, Node, type NodeConfig, QUORUM_DIRECTORY, readNodeConfig } from "@samsa/server";
import { type Effect, type Machine, Shell } from "@samsa/world";
import type { ResolvedFault, SimulatedWorld } from "../world/index.ts";
import { Faults } from "../world/index.ts";
import { type ClusterShape, isBrokerId, nodeIds, voterIds } from "./cluster-shape.ts";
import { ObservedMachine } from "./observed-machine.ts";

/** One life of one node's process. */
export interface NodeView {
  readonly id: number;
  /** Counts the node's processes from 1. */
  readonly incarnation: number;
  readonly node: Node;
  /** The first bytes of a file as the node would read it, or all of them; undefined where it is not there or not so long. */
  readonly fileOf: (path: string, length?: number) => Uint8Array | undefined;
}

/** The metadata as a node acts on it: as a broker if it is one. */
export const appliedImage = (node: Node): MetadataImage => (node.broker ?? node.controller).image;

export interface ClusterObserver {
  /** A process begins on what its disk holds. `lostPower`: unsynced writes may be gone. */
  started(view: NodeView, how: { readonly lostPower: boolean }): void;
  /** A host is about to lose power, whether a process runs there or not. */
  lostPower(node: number): void;
  /** A node that is down gets an empty disk: whoever starts there is another replica under its id. */
  wiped(node: number): void;
  /** A node that is down loses its metadata log, and with it all that it promised in the quorum. */
  lostMetadataLog(node: number): void;
  /** A node that is down gets an empty disk in the place of one of its further log directories. */
  replacedLogDir(node: number, logDir: number): void;
  /** A file of a node that is down is not what it was: what its disk held is not known any more. */
  tore?(node: number): void;
  /** A fault is about to be done. */
  injected?(fault: ResolvedFault): void;
  /** `nowUs`: the world's time. */
  afterTurn(view: NodeView, effects: readonly Effect[], nowUs: number): void;
}

export interface ClusterOptions {
  readonly shape: ClusterShape;
  /** `server.properties` lines for every node, beside ids and addresses. */
  readonly properties: ReadonlyMap<string, string>;
  /** Each node has a rack of its own, and leaders send consumers to the replica in theirs. */
  readonly hasRacks?: boolean;
  /** False: nobody reads what nodes tell of the path of every record, so that they don't make it. */
  readonly isDetailed?: boolean;
  /** Small ones bring a cluster of few partitions to its bounds. */
  readonly metadataLimits?: MetadataLimits;
}

interface Running {
  readonly view: NodeView;
  readonly shell: Shell;
}

const KAFKA_PORT = 9092;
export const CONTROL_PORT = 9093;
/** What every node of a simulated cluster knows, and who is to be taken for one. */
export const CLUSTER_SECRET = new Uint8Array(32).fill(7);

export const rackOf = (node: number): string => `rack${node}`;

export const hostName = (node: number): string => `host${node}`;

/** Nodes of one cluster in a simulated world: the very server that runs as a process, on other ports. */
export class SimulatedCluster {
  readonly world: SimulatedWorld;
  readonly faults: Faults;
  private readonly options: ClusterOptions;
  private readonly observer: ClusterObserver;
  private readonly running = new Map<number, Running>();
  private readonly incarnations = new Map<number, number>();
  private readonly boots = new Map<number, number>();

  constructor(world: SimulatedWorld, options: ClusterOptions, observer: ClusterObserver) {
    this.world = world;
    this.options = options;
    this.observer = observer;
    this.faults = new Faults(world, {
      lostPower: (node) => this.observer.lostPower(node),
      start: (node) => this.start(node),
      requestStop: (node) => this.running.get(node)?.shell.requestStop(),
    });
    for (const id of this.ids) world.addHost(id, { host: hostName(id) });
  }

  get ids(): readonly number[] {
    return nodeIds(this.options.shape);
  }

  /** Processes that run now; a paused one runs. */
  get views(): readonly NodeView[] {
    return [...this.running.values()].filter(({ view }) => this.world.isUp(view.id)).map(({ view }) => view);
  }

  viewOf(id: number): NodeView | undefined {
    return this.world.isUp(id) ? this.running.get(id)?.view : undefined;
  }

  get bootstrap(): readonly { readonly host: string; readonly port: number }[] {
    return this.ids.filter((id) => isBrokerId(this.options.shape, id)).map((id) => ({ host: hostName(id), port: KAFKA_PORT }));
  }

  startAll(): void {
    for (const id of this.ids) this.start(id);
  }

  /** The disk of a node that is down is replaced by an empty one. */
  wipe(id: number): void {
    this.world.wipe(id);
    this.observer.wiped(id);
  }

  /** The metadata log of a node that is down is gone, and nothing else of its disk. */
  loseMetadataLog(id: number): void {
    this.world.remove(id, QUORUM_DIRECTORY);
    this.observer.lostMetadataLog(id);
  }

  /** One log directory of a node that is down, not the first, is empty from here on. */
  replaceLogDir(id: number, logDir: number): void {
    this.world.replaceLogDir(id, logDir);
    this.observer.replacedLogDir(id, logDir);
  }

  /** Puts `bytes` at a place of a file of a node that is down, where the file ends then. */
  tear(id: number, path: string, { position, bytes }: { readonly position: number; readonly bytes: Uint8Array }): void {
    this.world.tear(id, path, { position, bytes });
    this.observer.tore?.(id);
  }

  inject(fault: ResolvedFault): void {
    this.observer.injected?.(fault);
    this.faults.inject(fault);
  }

  /** Another machine beside the nodes, such as a workload; it takes no part in faults. */
  addClient(id: number, build: (boot: { readonly seed: number; readonly bootId: string }) => Machine, afterTurn: (effects: readonly Effect[]) => void): void {
    this.world.addHost(id, { host: hostName(id), isClient: true });
    const ports = this.world.ports(id);
    new Shell({ ports, node: id, machine: new ObservedMachine(build(ports), afterTurn) }).start();
  }

  /** Does nothing if it runs; waits until the last process is wholly dead. */
  start(id: number): void {
    if (this.world.isUp(id)) return;
    const dyingUs = this.world.dyingUs(id);
    if (dyingUs > 0) return this.world.after(dyingUs, () => this.start(id));
    const ports = this.world.ports(id);
    const { boots } = this.world.host(id);
    const lostPower = boots !== (this.boots.get(id) ?? 1);
    this.boots.set(id, boots);
    const incarnation = (this.incarnations.get(id) ?? 0) + 1;
    this.incarnations.set(id, incarnation);
    const { metadataLimits, isDetailed = true } = this.options;
    const node = new Node({ config: this.configOf(id), boot: ports, secret: CLUSTER_SECRET, ...(metadataLimits === undefined ? {} : { metadataLimits }) });
    node.outbox.isDetailed = isDetailed;
    const fileOf: NodeView["fileOf"] = (path, length) => {
      const file = this.world.host(id).disk.files.file(path);
      return file?.read(0, length ?? file.size);
    };
    const view: NodeView = { id, incarnation, node, fileOf };
    const machine = new ObservedMachine(node, (effects) => this.observer.afterTurn(view, effects, this.world.nowUs));
    const shell = new Shell({ ports, node: id, machine });
    this.running.set(id, { view, shell });
    this.observer.started(view, { lostPower });
    shell.start();
  }

  private configOf(id: number): NodeConfig {
    const { shape } = this.options;
    const voters = voterIds(shape);
    const isController = voters.includes(id);
    const roles = isBrokerId(shape, id) ? (isController ? "broker,controller" : "broker") : "controller";
    const listener = roles === "controller" ? `CONTROLLER://${hostName(id)}:${CONTROL_PORT}` : `PLAINTEXT://${hostName(id)}:${KAFKA_PORT}`;
    const properties = new Map([
      ["node.id", String(id)],
      ["profile", "test"],
      ["process.roles", roles],
      ["listeners", listener],
      ["controller.quorum.voters", voters.map((voter) => `${voter}@${hostName(voter)}:${CONTROL_PORT}`).join(",")],
      ["log.dirs", "data"],
      // Clocks jump by hours and nobody sets them right again: with Kafka's limit a record's time could be refused for the rest of a run.
      ["log.message.timestamp.after.max.ms", "9223372036854775807"],
      ...(this.options.hasRacks === true ? rackProperties(id) : []),
      ...this.options.properties,
    ]);
    const result = readNodeConfig(properties);
    invariant(result.ok, result.ok ? "" : `the simulated cluster's configuration: ${JSON.stringify(result.errors)}`);
    return result.config;
  }
}

const rackProperties = (id: number): (readonly [string, string])[] => [
  ["broker.rack", rackOf(id)],
  ["replica.selector.class", "org.apache.kafka.common.replica.RackAwareReplicaSelector"],
];
