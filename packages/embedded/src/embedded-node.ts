import { mkdirSync } from "node:fs";
import type { ApiMessages, ApiName } from "@samsa/protocol";
import type { MetadataImage } from "@samsa/metadata";
import { Node, type NodeConfig } from "@samsa/server";
import { Prng } from "@samsa/stdx";
import { type Effect, FaultControl, faultyWorld, type Input, type Machine, type NetworkPort, type PortConnection, Shell, type TraceEvent } from "@samsa/world";
import { createNodeWorld, type NodeWorld } from "@samsa/world-node";
import { ClusterError } from "./cluster-error.ts";
import { HostTimers } from "./host-timers.ts";
import { PauseGate } from "./pause-gate.ts";
import { askInProcess, type InProcessRequest } from "./requests/in-process-request.ts";
import { RequestConnection } from "./requests/request-connection.ts";
import type { RequestRules } from "./requests/request-rules.ts";
import type { ReservedPorts } from "./reserved-ports.ts";

/**
 * What a node's process is, as an operator would say it.
 *
 *     down ──start──▶ starting ──it listens──▶ running ⇄ paused
 *     starting, running ──stop──▶ stopping ──its leaders are moved──▶ stopped
 *     any that is up ──kill──▶ killed;  any that is up ──it finds itself broken──▶ failed
 *     stopped, killed, failed ──start──▶ starting
 */
export type NodeStatus = "starting" | "running" | "paused" | "stopping" | "stopped" | "killed" | "failed";

export interface EmbeddedNodeOptions {
  readonly config: NodeConfig;
  readonly secret: Uint8Array;
  readonly isTraceDetailed: boolean;
  readonly reserved: ReservedPorts;
  readonly rules: RequestRules;
  /** A life begins: what is done to the node's links at present is to be done to it too. */
  readonly born: (control: FaultControl) => void;
  readonly traced: (event: TraceEvent) => void;
  /** After each turn in which something may have changed that the state tells of. */
  readonly changed: () => void;
}

/** From a start to a kill, a stop or a failure. */
interface Life {
  readonly world: NodeWorld;
  readonly gate: PauseGate;
  readonly node: Node;
  readonly shell: Shell;
  readonly control: FaultControl;
  readonly timers: HostTimers;
  /** Told when it ends. */
  readonly ends: Set<(reason: string) => void>;
  accept: ((connection: PortConnection) => void) | undefined;
}

/** One node of the cluster: the same machine that runs as a process elsewhere, over real sockets and files, in this process with the others. */
export class EmbeddedNode {
  readonly id: number;
  readonly isBroker: boolean;
  readonly isController: boolean;
  private readonly options: EmbeddedNodeOptions;
  private current: NodeStatus = "stopped";
  private life: Life | undefined;
  /** Of the last life: until then files and sockets are not its successor's. */
  private closed: Promise<void> = Promise.resolve();
  private isDisposed = false;
  private image: MetadataImage | undefined;
  /** Why it failed. */
  failure: string | undefined;

  constructor(options: EmbeddedNodeOptions) {
    this.options = options;
    this.id = options.config.nodeId;
    this.isBroker = options.config.isBroker;
    this.isController = options.config.isController;
  }

  get status(): NodeStatus {
    return this.current;
  }

  get isUp(): boolean {
    return this.life !== undefined;
  }

  /** It does something: it is up and not paused. */
  get isAwake(): boolean {
    return this.life !== undefined && !this.life.gate.isPaused;
  }

  /** Of its metadata, in this life. */
  get metadata(): MetadataImage | undefined {
    return this.life?.node.controller.image;
  }

  /** Differs from life to life. */
  get incarnationId(): string | undefined {
    return this.life?.node.incarnationId;
  }

  /** The faults of its network; gone with its life. */
  get control(): FaultControl | undefined {
    return this.life?.control;
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    if (this.life !== undefined || this.current === "starting") throw this.wrongStatus("started");
    this.failure = undefined;
    this.become("starting");
    await this.closed;
    if (this.isDisposed) throw this.failedToStart("the cluster is disposed of");
    mkdirSync(this.options.config.logDir, { recursive: true });
    await new Promise<void>((resolve, reject) => {
      const life = this.createLife({ listens: resolve, failed: reject });
      this.life = life;
      this.options.born(life.control);
      life.shell.start();
    });
  }

  /** As SIGKILL: nothing is flushed, its listeners are gone, and its connections end as the system ends those of a dead process. */
  async kill(): Promise<void> {
    const { life } = this;
    if (life === undefined) throw this.wrongStatus("killed");
    await this.end(life, "killed", "it was killed");
  }

  /** As SIGTERM: it moves its leaders first. */
  async stop(): Promise<void> {
    const { life } = this;
    if (life === undefined || life.gate.isPaused) throw this.wrongStatus("stopped");
    this.become("stopping");
    const reason = await new Promise<string>((resolve) => {
      life.ends.add(resolve);
      life.shell.requestStop();
    });
    await this.closed;
    if (this.current !== "stopped") throw new ClusterError("NODE_FAILED", `node ${this.id} did not stop in order: ${reason}`);
  }

  pause(): void {
    if (this.life === undefined || this.current !== "running") throw this.wrongStatus("paused");
    this.life.gate.pause();
    this.become("paused");
  }

  resume(): void {
    if (this.life === undefined || this.current !== "paused") throw this.wrongStatus("resumed");
    this.become("running");
    this.life.gate.resume();
  }

  /** Whatever it is; nothing if it is down. */
  async dispose(): Promise<void> {
    this.isDisposed = true;
    if (this.life !== undefined) await this.end(this.life, "killed", "the cluster is disposed of");
    await this.closed;
  }

  /** As a client of it. */
  ask<N extends ApiName>(question: InProcessRequest<N>): Promise<ApiMessages[N]["response"]> {
    const { life } = this;
    if (life?.accept === undefined) return Promise.reject(new Error(`node ${this.id} does not listen to clients`));
    return askInProcess(life.accept, question, (fail) => {
      life.ends.add(fail);
      return () => life.ends.delete(fail);
    });
  }

  private become(status: NodeStatus): void {
    this.current = status;
    this.options.changed();
  }

  private wrongStatus(what: string): ClusterError {
    const advice = what === "started" ? "it is up already" : this.isUp ? "resume it first" : `start it first: cluster.start(${this.id})`;
    return new ClusterError("WRONG_NODE_STATUS", `node ${this.id} can't be ${what}, for it is ${this.current}; ${advice}`);
  }

  private createLife(start: { readonly listens: () => void; readonly failed: (error: unknown) => void }): Life {
    const { config, secret, reserved, isTraceDetailed } = this.options;
    const gate = new PauseGate();
    const timers = new HostTimers();
    const world = createNodeWorld({
      dataDir: config.logDir,
      reserved: (endpoint) => reserved.take(endpoint),
      onExit: (code, reason) => this.exited(life, code, reason),
      trace: { isListening: true, flush: () => undefined, emit: (event) => this.traced(event, start.listens) },
    });
    const control = new FaultControl({ timer: timers, prng: new Prng(world.seed).fork("faults"), fired: () => undefined });
    const node = new Node({ config, boot: world, secret });
    node.outbox.isDetailed = isTraceDetailed;
    const gated = gate.decorate(world);
    const ports = faultyWorld({ ...gated, network: this.clientNetwork(gated.network, { timers, gate, node, failed: start.failed }) }, control);
    const shell = new Shell({ ports: { ...ports, network: this.knockable(ports.network, () => life) }, node: this.id, machine: this.watched(node) });
    const life: Life = { world, gate, node, shell, control, timers, ends: new Set([(reason) => start.failed(this.failedToStart(reason))]), accept: undefined };
    return life;
  }

  /** Tells of a turn that changed what the node knows. */
  private watched(node: Node): Machine {
    return {
      step: (input: Input, now) => node.step(input, now),
      drain: (now): readonly Effect[] => {
        const effects = node.drain(now);
        const { image } = node.controller;
        if (image !== this.image) {
          this.image = image;
          this.options.changed();
        }
        return effects;
      },
    };
  }

  /** Clients' requests come by the rules that a test has made for them. */
  private clientNetwork(
    network: NetworkPort,
    { timers, gate, node, failed }: { readonly timers: HostTimers; readonly gate: PauseGate; readonly node: Node; readonly failed: (error: unknown) => void },
  ): NetworkPort {
    const { rules } = this.options;
    const decorate = (inner: PortConnection): PortConnection =>
      new RequestConnection({
        inner,
        broker: this.id,
        maxRequestBytes: this.options.config.broker.socketRequestMaxBytes,
        rules,
        timers,
        topicName: (id) => node.controller.image.topicById(id)?.name,
        pass: (run) => gate.pass(run),
      });
    return {
      dial: (endpoint, done) => network.dial(endpoint, done),
      listen: (endpoint, accept, done) =>
        network.listen(endpoint, endpoint.transport === "stream" ? (inner) => accept(decorate(inner)) : accept, (outcome) => {
          if (!outcome.ok && outcome.error.code === "EADDRINUSE") failed(this.portTaken(endpoint.port));
          done(outcome);
        }),
    };
  }

  /** Keeps the way by which a client comes in. */
  private knockable(network: NetworkPort, life: () => Life): NetworkPort {
    return {
      dial: (endpoint, done) => network.dial(endpoint, done),
      listen: (endpoint, accept, done) => {
        if (endpoint.transport === "stream") life().accept = accept;
        network.listen(endpoint, accept, done);
      },
    };
  }

  private traced(event: TraceEvent, listens: () => void): void {
    this.options.traced(event);
    const isLast = event.event.kind === "listening" && (event.event.listener === "PLAINTEXT" || !this.isBroker);
    if (!isLast || this.current !== "starting") return;
    this.become("running");
    listens();
  }

  /** It wants to end by itself, in order (0) or broken. */
  private exited(life: Life, code: number, reason: string): void {
    if (this.life !== life) return;
    if (code !== 0) this.failure = reason;
    void this.end(life, code === 0 ? "stopped" : "failed", reason);
  }

  private async end(life: Life, status: NodeStatus, reason: string): Promise<void> {
    this.life = undefined;
    life.shell.kill();
    life.gate.close();
    life.timers.clear();
    this.closed = life.world.kill();
    this.become(status);
    for (const tell of life.ends) tell(reason);
    await this.closed;
  }

  private failedToStart(reason: string): ClusterError {
    return new ClusterError("NODE_FAILED", `node ${this.id} ended before it listened: ${reason}`);
  }

  private portTaken(port: number): ClusterError {
    return new ClusterError(
      "PORT_TAKEN",
      `port ${port} of node ${this.id} was taken by another program while the node was down; ports of a cluster stay the same for its life, so free that port and start the node again`,
    );
  }
}
