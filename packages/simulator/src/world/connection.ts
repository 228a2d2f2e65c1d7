import { type CloseReason, type ConnectionHandler, type PortConnection, STRANGER_BYTES_MAX, type Transport } from "@samsa/world";
import type { Path, Terminal, Wire } from "./direction.ts";
import { Direction } from "./direction.ts";
import type { Link } from "./link.ts";
import type { Process, Task } from "./process.ts";
import { Call } from "./process.ts";

/** An end that the other side does not answer becomes a reset after this, as in the real world. */
const END_TIMEOUT_US = 30_000_000;

/** Where connections are kept while an end is open. */
export interface Registry extends Wire {
  closed(connection: Connection): void;
}

/** What one process holds of a connection. Closed once, from here or from there. */
export class End implements PortConnection, Terminal {
  readonly remote: string;
  readonly process: Process;
  isWaitingForDrain = false;
  private readonly connection: Connection;
  private handler: ConnectionHandler | undefined;
  private open = true;
  private reads = true;
  /** Bytes that a stranger may still send; undefined: it is none. */
  private allowanceBytes: number | undefined;
  private hasEnded = false;

  constructor(connection: Connection, options: { readonly process: Process; readonly remote: string; readonly isStranger: boolean }) {
    this.connection = connection;
    this.process = options.process;
    this.remote = options.remote;
    this.allowanceBytes = options.isStranger ? STRANGER_BYTES_MAX : undefined;
  }

  get isOpen(): boolean {
    return this.open;
  }

  get isReading(): boolean {
    return this.reads && this.open && (this.allowanceBytes === undefined || this.allowanceBytes > 0);
  }

  get isListening(): boolean {
    return this.open && this.handler !== undefined;
  }

  attach(handler: ConnectionHandler): void {
    this.handler = handler;
    this.connection.incomingOf(this).resume();
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (!this.open || this.hasEnded) return true;
    const hasRoom = this.connection.outgoingOf(this).write(chunks);
    if (!hasRoom) this.isWaitingForDrain = true;
    return hasRoom;
  }

  setReading(isReading: boolean): void {
    if (!this.open || this.reads === isReading) return;
    this.reads = isReading;
    this.connection.incomingOf(this).resume();
  }

  admit(): void {
    if (!this.open || this.allowanceBytes === undefined) return;
    this.allowanceBytes = undefined;
    this.connection.incomingOf(this).resume();
  }

  end(): void {
    if (!this.open || this.hasEnded) return;
    this.hasEnded = true;
    this.connection.outgoingOf(this).close("end", { losesBytes: false });
    this.connection.after(END_TIMEOUT_US, new Call(this.process, () => this.giveUp()));
  }

  reset(): void {
    if (!this.open) return;
    const outgoing = this.connection.outgoingOf(this);
    this.abandon();
    outgoing.close("reset", { losesBytes: outgoing.stream.chancePpm(500_000) });
  }

  private giveUp(): void {
    if (!this.open) return;
    this.reset();
    this.handler?.closed("reset");
  }

  /** Closed from here without a word to the other side. */
  abandon(): void {
    this.open = false;
    this.connection.endClosed();
  }

  receive(bytes: Uint8Array): void {
    if (this.allowanceBytes !== undefined) this.allowanceBytes -= bytes.length;
    this.handler?.received(bytes);
  }

  drained(): void {
    if (!this.open || !this.isWaitingForDrain) return;
    this.isWaitingForDrain = false;
    if (!this.hasEnded) this.handler?.drained();
  }

  /** An end in order is answered with an end, behind what this side has written. */
  closeBecause(reason: CloseReason): void {
    if (!this.open) return;
    const outgoing = this.connection.outgoingOf(this);
    if (reason === "end" && !this.hasEnded) outgoing.close("end", { losesBytes: false });
    this.abandon();
    this.handler?.closed(reason);
  }
}

/** Two ends and two directions. */
export class Connection implements Path {
  readonly id: number;
  readonly transport: Transport;
  readonly dialler: End;
  readonly acceptor: End;
  readonly endpoint: string;
  private readonly wire: Registry;
  private readonly there: Direction;
  private readonly back: Direction;

  constructor(options: {
    id: number;
    transport: Transport;
    endpoint: string;
    wire: Registry;
    dialler: { process: Process; address: string };
    acceptor: { process: Process; address: string };
    there: Link;
    back: Link;
  }) {
    const { wire } = options;
    this.id = options.id;
    this.transport = options.transport;
    this.endpoint = options.endpoint;
    this.wire = wire;
    const { dialler, acceptor, transport } = options;
    this.dialler = new End(this, { process: dialler.process, remote: acceptor.address, isStranger: false });
    this.acceptor = new End(this, { process: acceptor.process, remote: dialler.address, isStranger: transport === "message" });
    this.there = new Direction({ connection: this, sender: this.dialler, receiver: this.acceptor, link: options.there, wire });
    this.back = new Direction({ connection: this, sender: this.acceptor, receiver: this.dialler, link: options.back, wire });
  }

  outgoingOf(end: End): Direction {
    return end === this.dialler ? this.there : this.back;
  }

  incomingOf(end: End): Direction {
    return end === this.dialler ? this.back : this.there;
  }

  opposite(direction: Direction): Direction {
    return direction === this.there ? this.back : this.there;
  }

  /** The network breaks it: both sides see a reset. With `losesBytes` what is under way in one direction is gone. */
  break(losesBytes: boolean): void {
    const losesThere = losesBytes && this.there.stream.chancePpm(500_000);
    this.there.close("reset", { losesBytes: losesThere });
    this.back.close("reset", { losesBytes: losesBytes && !losesThere });
  }

  after(us: number, task: Task): void {
    this.wire.scheduler.schedule(this.wire.scheduler.nowUs + us, task);
  }

  endClosed(): void {
    if (this.dialler.isOpen || this.acceptor.isOpen) return;
    this.there.detach();
    this.back.detach();
    this.wire.closed(this);
  }
}
