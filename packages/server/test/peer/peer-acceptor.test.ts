import { nodeId } from "@samsa/stdx";
import type { ConnectionId } from "@samsa/world";
import { describe, expect, it } from "vitest";
import { pack, unpack } from "../../src/peer/codec.ts";
import { DiallingHandshake, type HandshakeOptions, OPERATOR } from "../../src/peer/handshake.ts";
import { PeerAcceptor } from "../../src/peer/peer-acceptor.ts";
import { RefusalLog } from "../../src/peer/refusal-log.ts";
import { EffectRunner } from "../support/effects.ts";
import { handshakeOf } from "../support/handshakes.ts";

class Listener {
  readonly runner = new EffectRunner();
  readonly accepted: number[] = [];
  readonly received: string[] = [];
  readonly lost: string[] = [];
  readonly acceptor = new PeerAcceptor({
    outbox: this.runner.outbox,
    handshake: handshakeOf(2),
    refusals: new RefusalLog(this.runner.outbox),
    events: {
      accepted: (peer) => void this.accepted.push(peer.nodeId),
      received: (peer, _, bytes) => void this.received.push(`${peer.nodeId}: ${bytes.length} bytes`),
      lost: (peer, remaining) => void this.lost.push(`${peer.nodeId}: ${remaining} left`),
    },
  });
  private nextId = 1;

  connect(): ConnectionId {
    const id = this.nextId++ as ConnectionId;
    this.acceptor.accept(id, `10.0.0.${id}:5000`, this.runner.now);
    return id;
  }

  say(connection: ConnectionId, bytes: Uint8Array): void {
    this.acceptor.input({ type: "received", connection, bytes }, this.runner.now);
  }

  close(connection: ConnectionId): void {
    this.acceptor.input({ type: "closed", connection, reason: "end" }, this.runner.now);
  }

  /** A whole handshake by whoever has these options. */
  join(options: HandshakeOptions): ConnectionId {
    const connection = this.connect();
    const handshake = new DiallingHandshake(options, nodeId(2));
    this.say(connection, handshake.hello());
    const answer = this.runner.take().findLast((effect) => effect.type === "send");
    const step = handshake.receive(answer?.type === "send" ? (answer.parts[0] as Uint8Array) : new Uint8Array(0));
    if (step.type === "send") this.say(connection, step.bytes);
    return connection;
  }

  get refusals(): string[] {
    return this.runner.traces.flatMap((event) => (event.kind === "peer-refused" ? [`${event.remote}: ${event.because}`] : []));
  }

  get closed(): number[] {
    return this.runner.take().flatMap((effect) => (effect.type === "close" ? [effect.connection] : []));
  }
}

describe("The control listener", () => {
  it("hears members and the operator once they have proved themselves", () => {
    const listener = new Listener();
    listener.say(listener.join(handshakeOf(1)), new Uint8Array(5));
    listener.say(listener.join(handshakeOf(OPERATOR)), new Uint8Array(6));
    expect([listener.accepted, listener.received]).toEqual([
      [1, OPERATOR],
      ["1: 5 bytes", "-2: 6 bytes"],
    ]);
    expect(listener.closed).toEqual([]);
  });

  it("refuses who knows the secret and has no node's id", () => {
    const listener = new Listener();
    const connection = listener.join(handshakeOf(-3));
    expect([listener.accepted, listener.closed, listener.refusals]).toEqual([[], [connection], ["10.0.0.1:5000: -3 is no node id"]]);
  });

  it("refuses whoever claims to be this very node: two must not be configured alike", () => {
    const listener = new Listener();
    const connection = listener.join(handshakeOf(2, { incarnation: "the other one" }));
    expect([listener.accepted, listener.closed]).toEqual([[], [connection]]);
    expect(listener.refusals).toEqual(["10.0.0.1:5000: it says that it is node 2, which is this node: two are configured alike"]);
  });

  it("refuses a peer that sends what none of ours sends, once, and hears nothing more of it", () => {
    const listener = new Listener();
    const connection = listener.join(handshakeOf(1));
    for (let i = 0; i < 2; i++) listener.acceptor.refusePeer(connection, "node 1 sent nonsense", listener.runner.now);
    listener.say(connection, new Uint8Array(5));
    expect([listener.closed, listener.received, listener.refusals]).toEqual([[connection], [], ["10.0.0.1:5000: node 1 sent nonsense"]]);
    listener.close(connection);
    expect(listener.lost).toEqual(["1: 0 left"]);
  });

  it("has large messages read of whoever has proved itself, and of nobody else", () => {
    const listener = new Listener();
    const connection = listener.join(handshakeOf(1));
    listener.join(handshakeOf(3, { secret: new Uint8Array(32).fill(9) }));
    listener.connect();
    expect(listener.runner.take().flatMap((effect) => (effect.type === "admit" ? [effect.connection] : []))).toEqual([connection]);
  });

  it("hears out no hello that is longer than any of ours", () => {
    const listener = new Listener();
    const connection = listener.connect();
    const hello = unpack(new DiallingHandshake(handshakeOf(1), nodeId(2)).hello()) as object;
    listener.say(connection, pack({ ...hello, more: new Uint8Array(1_024) }));
    expect([listener.closed, listener.refusals]).toEqual([[connection], ["10.0.0.1:5000: it did not begin with a hello"]]);
  });

  it("tells of each refusal once and hears nothing more of the refused, not even a good hello", () => {
    const listener = new Listener();
    const connection = listener.connect();
    for (let i = 0; i < 3; i++) listener.say(connection, new Uint8Array(3));
    listener.say(connection, new DiallingHandshake(handshakeOf(1), nodeId(2)).hello());
    expect(listener.refusals).toEqual(["10.0.0.1:5000: it did not begin with a hello"]);
    expect(listener.runner.take().filter(({ type }) => type === "send")).toEqual([]);
    expect(listener.closed).toEqual([connection]);
  });

  it("closes whoever does not prove itself in 2 s, and not who has", () => {
    const listener = new Listener();
    listener.join(handshakeOf(1));
    const silent = listener.connect();
    listener.runner.nowMs = 1_000;
    const later = listener.connect();
    listener.runner.nowMs = 2_000;
    expect(listener.acceptor.nextDeadlineUs).toBe(2_000_000);
    listener.acceptor.deadline(listener.runner.now);
    expect(listener.closed).toEqual([silent]);
    expect(listener.acceptor.nextDeadlineUs).toBe(3_000_000);
    listener.close(later);
    expect(listener.acceptor.nextDeadlineUs).toBeUndefined();
  });

  it("has room for a peer, however many strangers hold connections open", () => {
    const listener = new Listener();
    for (let i = 0; i < 200; i++) listener.connect();
    listener.join(handshakeOf(3));
    expect(listener.accepted).toEqual([3]);
    // The oldest had to go: 64 may be unproved at a time.
    expect(listener.closed).toHaveLength(201 - 64);
  });

  it("tells of the last connection of an incarnation that is lost", () => {
    const listener = new Listener();
    const connections = [listener.join(handshakeOf(1)), listener.join(handshakeOf(1)), listener.join(handshakeOf(1, { incarnation: "a later one" }))];
    for (const connection of connections) listener.close(connection);
    listener.close(listener.connect());
    expect(listener.lost).toEqual(["1: 1 left", "1: 0 left", "1: 0 left"]);
  });
});
