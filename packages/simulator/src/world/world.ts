import { invariant, micros, nodeId, Prng } from "@samsa/stdx";
import type { TraceBody, TraceEvent, TracePort, WorldPorts } from "@samsa/world";
import { HostClock, ProcessClock } from "./clock.ts";
import { SimulatedDisk } from "./disk.ts";
import type { FileSystem } from "./file-system.ts";
import type { Host } from "./host.ts";
import { isUp } from "./host.ts";
import { Network } from "./network.ts";
import type { WorldOptions, WorldOptionsInput } from "./options.ts";
import { withDefaults } from "./options.ts";
import { Call, Process } from "./process.ts";
import { Scheduler } from "./scheduler.ts";
import type { CoveredByte } from "./corruption.ts";
import type { Classifier } from "./stash.ts";
import { TraceHash } from "./trace-hash.ts";

/** Violations that a world remembers; one is enough to fail a run. */
const VIOLATIONS_MAX = 100;

export interface Counters {
  /** Chunks (stream) or messages handed to a receiver. */
  readonly deliveredMessages: number;
  readonly deliveredBytes: number;
  readonly dialled: number;
  readonly events: number;
  readonly diskOperations: number;
}

export interface SimulatedWorldInput {
  readonly seed: number;
  readonly options?: WorldOptionsInput;
  /** Where the nodes' trace goes; without it they emit none. It has no influence on the run or its hash. */
  readonly trace?: (event: TraceEvent) => void;
  readonly classify?: Classifier;
  /** Where a message may be damaged so that a checksum tells. */
  readonly coveredByte?: CoveredByte;
  /** A process is about to die, by a fault or by itself; it does nothing more. */
  readonly dying?: (node: number) => void;
  /** A process ended by itself; what it held is closed already. */
  readonly exited?: (node: number, code: number, reason: string) => void;
}

/**
 * Many hosts in one process of ours, in virtual time. A run is a function of its seed, its options and what is done to it:
 * equal runs have equal hashes. Network, disks, turns and nodes draw from streams of their own, so that one fault less
 * does not roll the rest anew.
 */
export class SimulatedWorld {
  readonly options: WorldOptions;
  /** What this world itself found to be wrong; empty in a good run. */
  readonly violations: string[] = [];
  private readonly seeds: Prng;
  private readonly trace: TracePort;
  private readonly dying: SimulatedWorldInput["dying"];
  private readonly exited: SimulatedWorldInput["exited"];
  private readonly traceHash = new TraceHash();
  readonly scheduler: Scheduler;
  readonly network: Network;
  private readonly hostsByNode = new Map<number, Host>();
  private traceSequence = 0;

  constructor(input: SimulatedWorldInput) {
    this.options = withDefaults(input.options ?? {});
    this.seeds = new Prng(input.seed);
    this.dying = input.dying;
    this.exited = input.exited;
    const sink = input.trace;
    this.trace = { isListening: sink !== undefined, emit: (event) => sink?.(event) };
    this.scheduler = new Scheduler(this.traceHash);
    this.network = new Network({
      scheduler: this.scheduler,
      hash: this.traceHash,
      options: this.options.network,
      stream: this.seeds.fork("network"),
      violation: (text) => this.violation(text),
    });
    this.network.classify = input.classify;
    this.network.corruption.coveredByte = input.coveredByte;
  }

  get nowUs(): number {
    return this.scheduler.nowUs;
  }

  /** Of all that has happened so far. */
  get hash(): string {
    return this.traceHash.toString();
  }

  get counters(): Counters {
    let diskOperations = 0;
    for (const host of this.hostsByNode.values()) diskOperations += host.disk.operations;
    return { ...this.network.counters, events: this.scheduler.events, diskOperations };
  }

  get hosts(): readonly Host[] {
    return [...this.hostsByNode.values()];
  }

  /** A random stream for a concern outside of the world: workload, swarm. */
  stream(name: string): Prng {
    return this.seeds.fork(`outside ${name}`);
  }

  addHost(node: number, { host: name, isClient = false }: { readonly host: string; readonly isClient?: boolean }): void {
    invariant(!this.hostsByNode.has(node), "every node has one host", { node });
    const { scheduler, traceHash: hash } = this;
    const disk = new SimulatedDisk({ node, scheduler, hash, options: this.options.disk, stream: this.seeds.fork(`disk ${node}`) });
    const clock = new HostClock(this.options.startWallMs);
    const network = this.network.addHost(node, name);
    this.hostsByNode.set(node, { node, isClient, network, disk, clock, boots: 1, incarnations: 0, process: undefined, processClock: undefined });
  }

  host(node: number): Host {
    const host = this.hostsByNode.get(node);
    invariant(host !== undefined, "the node is known", { node });
    return host;
  }

  isUp(node: number): boolean {
    return isUp(this.host(node));
  }

  /** Begins a process on the node's host, which has none; switches the host on if it is off. */
  ports(node: number): WorldPorts {
    const host = this.host(node);
    invariant(!isUp(host) && this.dyingUs(node) === 0, "a host runs one process at a time", { node });
    if (!host.network.isPowered) this.network.hostReturned(host.network);
    host.incarnations++;
    const process = new Process(node, host.incarnations);
    const turns = this.seeds.fork(`turns ${node}.${host.incarnations}`);
    const clock = new ProcessClock({ process, scheduler: this.scheduler, host: host.clock, turns, options: this.options.turn });
    host.process = process;
    host.processClock = clock;
    return {
      disk: host.disk.portOf(process),
      network: this.network.portOf(process),
      clock,
      trace: this.trace,
      seed: this.seeds.fork(`incarnation ${node}.${host.incarnations}`).nextU32(),
      bootId: `${node}.${host.boots}`,
      exit: (code, reason) => this.exit(host, process, { code, reason }),
    };
  }

  /** What is on a node's disk, without latency: for those who check. */
  filesOf(node: number): FileSystem {
    return this.host(node).disk.files;
  }

  runUntil(untilUs: number): void {
    this.scheduler.runUntil(untilUs);
  }

  runFor(us: number): void {
    this.scheduler.runUntil(this.scheduler.nowUs + us);
  }

  /** False if the limit came first. */
  runWhile(predicate: () => boolean, limitUs: number): boolean {
    return this.scheduler.runWhile(predicate, limitUs);
  }

  /** Something that belongs to no process. */
  after(us: number, run: () => void): void {
    this.scheduler.schedule(this.scheduler.nowUs + us, new Call(undefined, run));
  }

  /** How much longer the system needs to close what the node's last process held. */
  dyingUs(node: number): number {
    return Math.max(0, this.host(node).network.deadAtUs - this.nowUs);
  }

  /** SIGKILL. The page cache survives; peers see resets, spread over `diesOverMs`. Nothing happens to a node that is down. */
  crash(node: number, diesOverMs = 0): void {
    const host = this.host(node);
    const process = this.killed(host);
    if (process === undefined) return;
    if (diesOverMs === 0) this.network.processDied(process);
    else this.network.processDies(process, host.network, diesOverMs * 1000);
    host.disk.processDied(process);
  }

  /** The host is off until a process begins on it. What was not synced is kept, lost or torn. */
  powerLoss(node: number): void {
    const host = this.host(node);
    const dying = this.dyingUs(node) > 0 ? host.process : undefined;
    const process = this.killed(host);
    if (process !== undefined) host.disk.processDied(process);
    const vanished = process ?? dying;
    if (vanished !== undefined) this.network.hostVanished(vanished, host.network);
    host.network.isPowered = false;
    host.disk.losePower();
    host.boots++;
  }

  /** A new, empty disk, for a node that is down. */
  wipe(node: number): void {
    invariant(!this.isUp(node), "a disk is replaced while nobody uses it", { node });
    this.filesOf(node).wipe();
  }

  /** One log directory of a node that is down, not the first, is on a new, empty disk. */
  replaceLogDir(node: number, logDir: number): void {
    invariant(!this.isUp(node), "a disk is replaced while nobody uses it", { node });
    this.filesOf(node).replaceVolume(logDir);
  }

  /** A directory is gone from the disk of a node that is down. */
  remove(node: number, directory: string): void {
    invariant(!this.isUp(node), "a directory is removed while nobody uses it", { node });
    this.filesOf(node).remove(directory);
  }

  /** The file of a node that is down ends with `bytes` at `position` from here on, and its host would swear to it. */
  tear(node: number, path: string, { position, bytes }: { readonly position: number; readonly bytes: Uint8Array }): void {
    invariant(!this.isUp(node), "a file is torn while nobody uses it", { node });
    const file = this.filesOf(node).file(path);
    invariant(file !== undefined, "a file that is torn is there", { node, path });
    file.truncate(position);
    file.write(position, [bytes]);
    file.finishSync(file.beginSync());
  }

  /** SIGSTOP: what comes meanwhile comes later, in order. */
  pause(node: number, forMs: number): void {
    const process = this.host(node).process;
    if (process?.isAlive !== true) return;
    process.pause(this.nowUs + forMs * 1000);
    this.after(forMs * 1000, () => process.resume(this.nowUs));
  }

  /** Tells the world's own part of the story: faults and what it found. */
  tell(event: TraceBody, node = -1): void {
    if (this.trace.isListening) this.trace.emit({ seq: this.traceSequence++, t: micros(this.nowUs), node: nodeId(node), event });
  }

  private violation(text: string): void {
    if (this.violations.length < VIOLATIONS_MAX) this.violations.push(text);
    this.tell({ kind: "violation", invariant: "what is given away is left alone", detail: text });
  }

  private killed(host: Host): Process | undefined {
    const { process } = host;
    if (process?.isAlive !== true) return undefined;
    this.dying?.(host.node);
    process.die();
    this.traceHash.mix(host.node);
    return process;
  }

  private exit(host: Host, process: Process, end: { code: number; reason: string }): void {
    if (!process.isAlive) return;
    this.killed(host);
    this.network.processDied(process);
    host.disk.processDied(process);
    this.exited?.(host.node, end.code, end.reason);
  }
}
