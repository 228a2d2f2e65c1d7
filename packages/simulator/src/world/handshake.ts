import type { Done, Endpoint, PortConnection } from "@samsa/world";
import { failed, succeeded } from "@samsa/world";
import type { Connection } from "./connection.ts";
import type { Link } from "./link.ts";
import type { Listener, NetworkHost } from "./network-host.ts";
import type { NetworkOptions } from "./options.ts";
import type { Process, Task } from "./process.ts";
import { Call } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";

/** An unanswered first packet is sent again after this. */
const DIAL_RETRY_US = 1_000_000;

/** The network, as a handshake knows it. */
export interface Dialled {
  readonly scheduler: Scheduler;
  readonly options: NetworkOptions;
  find(name: string, from: NetworkHost): NetworkHost | undefined;
  link(from: NetworkHost, to: NetworkHost): Link;
  connect(handshake: { from: NetworkHost; to: NetworkHost; process: Process; listener: Listener; port: number }): {
    connection: Connection;
    dialledAtUs: number;
  };
}

/**
 * One attempt to connect. The first packet is sent again while nothing answers.
 *
 * | there               | outcome                                        |
 * |---------------------|------------------------------------------------|
 * | a listener          | accepted there, dialled here a latency later   |
 * | one of the dying    | the same, by the system; a message connection  |
 * |                     | wants an answer too: `ECONNRESET` at the end   |
 * | power, no listener  | `ECONNREFUSED`: no process listens             |
 * | no such host        | `EHOSTUNREACH`                                 |
 * | no power, or a cut  | sent again, at last `ETIMEDOUT`                |
 */
export class Handshake implements Task {
  readonly process = undefined;
  private readonly network: Dialled;
  private readonly from: NetworkHost;
  private readonly dialler: Process;
  private readonly endpoint: Endpoint;
  private readonly done: Done<PortConnection>;
  private readonly deadlineUs: number;
  /** The system of a process that can't answer any more has taken the connection. */
  private waitsForTheDead = false;

  constructor(parts: { network: Dialled; from: NetworkHost; process: Process; endpoint: Endpoint; done: Done<PortConnection> }) {
    this.network = parts.network;
    this.from = parts.from;
    this.dialler = parts.process;
    this.endpoint = parts.endpoint;
    this.done = parts.done;
    this.deadlineUs = parts.network.scheduler.nowUs + parts.network.options.dialTimeoutUs;
  }

  private get target(): NetworkHost | undefined {
    return this.network.find(this.endpoint.host, this.from);
  }

  start(): void {
    const { target } = this;
    if (target === undefined) return this.fail("EHOSTUNREACH", this.network.scheduler.nowUs);
    this.again(this.network.link(this.from, target).drawLatencyUs());
  }

  fire(): void {
    const { network, from, target } = this;
    if (!this.dialler.isAlive || target === undefined) return;
    if (network.scheduler.nowUs >= this.deadlineUs) return this.fail("ETIMEDOUT", network.scheduler.nowUs);
    const back = network.link(target, from);
    if (network.link(from, target).isCut || back.isCut || !target.isPowered) return this.again(DIAL_RETRY_US);
    const listener = target.listeners.get(this.endpoint.port);
    if (listener === undefined) return this.fail(this.waitsForTheDead ? "ECONNRESET" : "ECONNREFUSED", network.scheduler.nowUs + back.drawLatencyUs());
    if (!listener.process.isAlive && listener.transport === "message") return this.waitForEnd(target.deadAtUs);
    if (listener.transport !== this.endpoint.transport) return this.fail("ECONNRESET", network.scheduler.nowUs + back.drawLatencyUs());
    const { connection, dialledAtUs } = network.connect({ from, to: target, process: this.dialler, listener, port: this.endpoint.port });
    this.answer(dialledAtUs, () => this.done(succeeded(connection.dialler)));
  }

  /** Looked at again when the system has closed the listener too. */
  private waitForEnd(deadAtUs: number): void {
    this.waitsForTheDead = true;
    this.again(Math.max(1, deadAtUs - this.network.scheduler.nowUs));
  }

  private again(afterUs: number): void {
    const { scheduler } = this.network;
    scheduler.schedule(Math.min(scheduler.nowUs + afterUs, this.deadlineUs), this);
  }

  private fail(code: "EHOSTUNREACH" | "ETIMEDOUT" | "ECONNREFUSED" | "ECONNRESET", atUs: number): void {
    this.answer(atUs, () => this.done(failed(code, `${this.endpoint.host}:${this.endpoint.port}`)));
  }

  private answer(atUs: number, run: () => void): void {
    this.network.scheduler.schedule(atUs, new Call(this.dialler, run));
  }
}
