import { type Micros, micros, type NodeId, type Now } from "@samsa/stdx";
import type { ConnectionId, ConnectionInput, Outbox } from "@samsa/world";
import { MAX_NODE_ID } from "../control-address.ts";
import { AcceptingHandshake, type HandshakeOptions, OPERATOR, type PeerIdentity } from "./handshake.ts";
import type { RefusalLog } from "./refusal-log.ts";

export interface AcceptorEvents {
  accepted(peer: PeerIdentity, connection: ConnectionId, now: Now): void;
  received(peer: PeerIdentity, connection: ConnectionId, bytes: Uint8Array, now: Now): void;
  /** A proved connection broke; `remaining` counts the others of the same incarnation. */
  lost(peer: PeerIdentity, remaining: number, now: Now): void;
}

interface Guest {
  readonly handshake: AcceptingHandshake;
  readonly remote: string;
  /** By then it has proved itself, or is closed. */
  readonly until: Micros;
  peer: PeerIdentity | undefined;
  isRefused: boolean;
}

export interface AcceptorOptions {
  readonly outbox: Outbox;
  readonly handshake: HandshakeOptions;
  readonly refusals: RefusalLog;
  readonly events: AcceptorEvents;
  /** Nodes that may connect, this one among them. */
}

/** Connections that have not proved themselves; one more closes the one that has had the longest time. */
const MAX_STRANGERS = 64;
const GREETING_TIMEOUT_MS = 2_000;

/** The control listener's side of peer connections: nothing is heard from a stranger but a handshake. */
export class PeerAcceptor {
  private readonly guests = new Map<ConnectionId, Guest>();
  private readonly outbox: Outbox;
  private readonly options: HandshakeOptions;
  private readonly refusals: RefusalLog;
  private readonly events: AcceptorEvents;
  /** In the order of their coming, and so of their time running out. */
  private readonly strangers = new Map<ConnectionId, Guest>();

  constructor(options: AcceptorOptions) {
    this.outbox = options.outbox;
    this.options = options.handshake;
    this.refusals = options.refusals;
    this.events = options.events;
  }

  /** The newest connection on which that node proved itself. */
  proved(node: NodeId): { readonly peer: PeerIdentity; readonly connection: ConnectionId } | undefined {
    let newest: { readonly peer: PeerIdentity; readonly connection: ConnectionId } | undefined;
    for (const [connection, { peer }] of this.guests) if (peer?.nodeId === node) newest = { peer, connection };
    return newest;
  }

  owns(connection: ConnectionId): boolean {
    return this.guests.has(connection);
  }

  get nextDeadlineUs(): Micros | undefined {
    const [oldest] = this.strangers.values();
    return oldest?.until;
  }

  accept(connection: ConnectionId, remote: string, now: Now): void {
    const [oldest] = this.strangers;
    if (oldest !== undefined && this.strangers.size >= MAX_STRANGERS) this.refuse(...oldest, "too many connections have not proved themselves", now);
    const until = micros(now.monotonicUs + GREETING_TIMEOUT_MS * 1000);
    const guest: Guest = { handshake: new AcceptingHandshake(this.options), remote, until, peer: undefined, isRefused: false };
    this.guests.set(connection, guest);
    this.strangers.set(connection, guest);
  }

  /** Whoever says nothing must not keep a place that a peer needs. */
  deadline(now: Now): void {
    for (const [connection, guest] of this.strangers) {
      if (guest.until > now.monotonicUs) return;
      this.refuse(connection, guest, `it did not prove itself for ${GREETING_TIMEOUT_MS} ms`, now);
    }
  }

  /** A peer that has proved itself sent what none of ours sends. */
  refusePeer(connection: ConnectionId, because: string, now: Now): void {
    const guest = this.guests.get(connection);
    if (guest !== undefined && !guest.isRefused) this.refuse(connection, guest, because, now);
  }

  input(input: ConnectionInput, now: Now): void {
    const guest = this.guests.get(input.connection);
    if (guest === undefined) return;
    if (input.type === "closed") this.closed(input.connection, guest, now);
    else if (input.type === "received" && !guest.isRefused) {
      if (guest.peer === undefined) this.greet(input.connection, guest, input.bytes, now);
      else this.events.received(guest.peer, input.connection, input.bytes, now);
    }
  }

  private closed(connection: ConnectionId, guest: Guest, now: Now): void {
    this.guests.delete(connection);
    this.strangers.delete(connection);
    const { peer } = guest;
    if (peer === undefined) return;
    let remaining = 0;
    for (const other of this.guests.values()) if (other.peer?.nodeId === peer.nodeId && other.peer.incarnationId === peer.incarnationId) remaining++;
    this.events.lost(peer, remaining, now);
  }

  private greet(connection: ConnectionId, guest: Guest, bytes: Uint8Array, now: Now): void {
    const step = guest.handshake.receive(bytes);
    if (step.type === "send") return this.outbox.emit({ type: "send", connection, parts: [step.bytes] });
    const because = step.type === "refused" ? step.because : this.whyNot(step.peer.nodeId);
    if (because !== undefined || step.type === "refused") return this.refuse(connection, guest, because ?? "", now);
    this.strangers.delete(connection);
    guest.peer = step.peer;
    this.outbox.emit({ type: "admit", connection });
    this.events.accepted(step.peer, connection, now);
  }

  private whyNot(node: NodeId): string | undefined {
    if (node === this.options.self.nodeId) return `it says that it is node ${node}, which is this node: two are configured alike`;
    return (node >= 0 && node <= MAX_NODE_ID) || node === OPERATOR ? undefined : `${node} is no node id`;
  }

  /** Once: what it sent meanwhile is not heard. */
  private refuse(connection: ConnectionId, guest: Guest, because: string, now: Now): void {
    guest.isRefused = true;
    this.strangers.delete(connection);
    this.refusals.refused(guest.remote, because, now);
    this.outbox.emit({ type: "close", connection, how: "reset" });
  }
}
