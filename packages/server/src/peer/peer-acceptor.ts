import type { NodeId, Now } from "@samsa/stdx";
import type { ConnectionId, ConnectionInput, Outbox } from "@samsa/world";
import { AcceptingHandshake, type HandshakeOptions, OPERATOR, type PeerIdentity } from "./handshake.ts";

export interface AcceptorEvents {
  accepted(peer: PeerIdentity, connection: ConnectionId, now: Now): void;
  received(peer: PeerIdentity, connection: ConnectionId, bytes: Uint8Array, now: Now): void;
  /** A proved connection broke; `remaining` counts the others of the same incarnation. */
  lost(peer: PeerIdentity, remaining: number, now: Now): void;
}

interface Guest {
  readonly handshake: AcceptingHandshake;
  readonly remote: string;
  peer: PeerIdentity | undefined;
}

/** Connections that have not proved themselves; more are closed at once. */
const MAX_STRANGERS = 64;

/** The control listener's side of peer connections: nothing is heard from a stranger but a handshake. */
export class PeerAcceptor {
  private readonly guests = new Map<ConnectionId, Guest>();
  private readonly outbox: Outbox;
  private readonly options: HandshakeOptions;
  private readonly events: AcceptorEvents;
  private readonly members: ReadonlySet<NodeId>;
  private strangers = 0;

  constructor(options: { outbox: Outbox; handshake: HandshakeOptions; events: AcceptorEvents; members: Iterable<NodeId> }) {
    this.outbox = options.outbox;
    this.options = options.handshake;
    this.events = options.events;
    this.members = new Set(options.members);
  }

  owns(connection: ConnectionId): boolean {
    return this.guests.has(connection);
  }

  accept(connection: ConnectionId, remote: string): void {
    if (this.strangers >= MAX_STRANGERS) {
      this.outbox.trace({ kind: "peer-refused", remote, because: "too many connections have not proved themselves" });
      return this.outbox.emit({ type: "close", connection, how: "reset" });
    }
    this.strangers++;
    this.guests.set(connection, { handshake: new AcceptingHandshake(this.options), remote, peer: undefined });
  }

  input(input: ConnectionInput, now: Now): void {
    const guest = this.guests.get(input.connection);
    if (guest === undefined) return;
    if (input.type === "closed") this.closed(input.connection, guest, now);
    else if (input.type === "received") {
      if (guest.peer === undefined) this.greet(input.connection, guest, input.bytes, now);
      else this.events.received(guest.peer, input.connection, input.bytes, now);
    }
  }

  private closed(connection: ConnectionId, guest: Guest, now: Now): void {
    this.guests.delete(connection);
    const { peer } = guest;
    if (peer === undefined) {
      this.strangers--;
      return;
    }
    let remaining = 0;
    for (const other of this.guests.values()) if (other.peer?.nodeId === peer.nodeId && other.peer.incarnationId === peer.incarnationId) remaining++;
    this.events.lost(peer, remaining, now);
  }

  private greet(connection: ConnectionId, guest: Guest, bytes: Uint8Array, now: Now): void {
    const step = guest.handshake.receive(bytes);
    if (step.type === "send") return this.outbox.emit({ type: "send", connection, parts: [step.bytes] });
    if (step.type === "ready" && (this.members.has(step.peer.nodeId) || step.peer.nodeId === OPERATOR)) {
      this.strangers--;
      guest.peer = step.peer;
      return this.events.accepted(step.peer, connection, now);
    }
    const because = step.type === "refused" ? step.because : `node ${step.peer.nodeId} is not in this cluster`;
    this.outbox.trace({ kind: "peer-refused", remote: guest.remote, because });
    this.outbox.emit({ type: "close", connection, how: "reset" });
  }
}
