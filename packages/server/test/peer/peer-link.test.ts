import { micros, nodeId, Prng, uuid } from "@samsa/stdx";
import type { ConnectionId, EffectErrorCode } from "@samsa/world";
import { describe, expect, it } from "vitest";
import { AcceptingHandshake } from "../../src/peer/handshake.ts";
import { PeerLink } from "../../src/peer/peer-link.ts";
import { Probe } from "../../src/peer/probe.ts";
import { RefusalLog } from "../../src/peer/refusal-log.ts";
import { EffectRunner } from "../support/effects.ts";
import { handshakeOf } from "../support/handshakes.ts";

/** Node 1 dials node 2, which the test plays. */
class Dialler {
  readonly runner = new EffectRunner();
  readonly told: string[] = [];
  readonly link = new PeerLink({
    peer: nodeId(2),
    host: "host2",
    port: 9093,
    outbox: this.runner.outbox,
    handshake: handshakeOf(1),
    refusals: new RefusalLog(this.runner.outbox),
    prng: new Prng(1),
    events: {
      linkReady: ({ nodeId: id }) => void this.told.push(`ready ${id}`),
      linkReceived: (_, bytes) => void this.told.push(`received ${bytes.length}`),
      linkLost: () => void this.told.push("lost"),
      linkRefused: () => void this.told.push("refused"),
      linkOwns: (connection) => void this.told.push(`owns ${connection}`),
    },
  });
  acceptor = new AcceptingHandshake(handshakeOf(2));
  private nextConnection = 1;

  dial(): ConnectionId {
    this.link.deadline(this.runner.now);
    const dial = this.runner.take().findLast((effect) => effect.type === "dial");
    const connection = this.nextConnection++ as ConnectionId;
    if (dial?.type === "dial") this.runner.outbox.complete({ type: "dialled", id: dial.id, connection }, this.runner.now);
    return connection;
  }

  failDial(code: EffectErrorCode): void {
    this.link.deadline(this.runner.now);
    const dial = this.runner.take().findLast((effect) => effect.type === "dial");
    if (dial?.type === "dial") this.runner.outbox.complete({ type: "failed", id: dial.id, error: { code, detail: "" } }, this.runner.now);
  }

  /** The peer answers the hello. */
  greet(connection: ConnectionId): void {
    const hello = this.runner.take().findLast((effect) => effect.type === "send" && effect.connection === connection);
    const step = this.acceptor.receive(hello?.type === "send" ? (hello.parts[0] as Uint8Array) : new Uint8Array(0));
    this.link.input({ type: "received", connection, bytes: step.type === "send" ? step.bytes : new Uint8Array(0) }, this.runner.now);
  }

  close(connection: ConnectionId): void {
    this.link.input({ type: "closed", connection, reason: "reset" }, this.runner.now);
  }

  waitForDeadline(): void {
    this.runner.nowMs = Math.ceil((this.link.nextDeadlineUs ?? micros(0)) / 1000);
  }
}

describe("A link to a peer", () => {
  it("is ready when the peer has proved itself, and says what it hears from then on", () => {
    const dialler = new Dialler();
    const connection = dialler.dial();
    expect(dialler.link.send(new Uint8Array(1))).toBe(false);
    dialler.greet(connection);
    dialler.link.input({ type: "received", connection, bytes: new Uint8Array(4) }, dialler.runner.now);
    expect(dialler.told).toEqual(["owns 1", "ready 2", "received 4"]);
    expect([dialler.link.isReady, dialler.link.send(new Uint8Array(1)), dialler.link.nextDeadlineUs]).toEqual([true, true, undefined]);
  });

  it("dials again after it was closed, and after an answer that proves nothing", () => {
    const dialler = new Dialler();
    const first = dialler.dial();
    dialler.greet(first);
    dialler.close(first);
    dialler.waitForDeadline();
    const second = dialler.dial();
    dialler.link.input({ type: "received", connection: second, bytes: new Uint8Array(9) }, dialler.runner.now);
    expect(dialler.runner.traces.filter(({ kind }) => kind === "peer-refused")).toHaveLength(1);
    dialler.close(second);
    dialler.waitForDeadline();
    dialler.acceptor = new AcceptingHandshake(handshakeOf(2));
    dialler.greet(dialler.dial());
    expect(dialler.told).toEqual(["owns 1", "ready 2", "lost", "owns 2", "owns 3", "ready 2"]);
  });

  it("tells of a refused dial only: any other failure proves nothing", () => {
    const dialler = new Dialler();
    for (const code of ["ETIMEDOUT", "EHOSTUNREACH", "ECONNREFUSED"] as const) {
      dialler.failDial(code);
      dialler.waitForDeadline();
    }
    expect(dialler.told).toEqual(["refused"]);
  });

  it("waits longer from failure to failure, up to half a second", () => {
    const dialler = new Dialler();
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      dialler.failDial("ETIMEDOUT");
      waits.push((dialler.link.nextDeadlineUs ?? 0) / 1000 - dialler.runner.nowMs);
      dialler.waitForDeadline();
    }
    expect(waits[0]).toBeLessThanOrEqual(10);
    expect(Math.min(...waits.slice(8))).toBeGreaterThanOrEqual(250);
    expect(Math.max(...waits)).toBeLessThanOrEqual(500);
  });

  it("tells of a peer that finishes no handshake, and not of one that broke off one while it stopped or started", () => {
    const dialler = new Dialler();
    const refusals = (): number => dialler.runner.traces.filter(({ kind }) => kind === "peer-refused").length;
    const told = Array.from({ length: 12 }, () => {
      dialler.close(dialler.dial());
      dialler.waitForDeadline();
      return refusals();
    });
    // From the third on, and five lines at once of one address.
    expect(told).toEqual([0, 0, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5]);
  });

  it("closes, and dials again after the longest wait, where a proved peer sends what none of ours sends", () => {
    const dialler = new Dialler();
    const connection = dialler.dial();
    dialler.greet(connection);
    for (let i = 0; i < 2; i++) dialler.link.refuse("node 2 sent nonsense", dialler.runner.now);
    dialler.link.input({ type: "received", connection, bytes: new Uint8Array(4) }, dialler.runner.now);
    expect(dialler.runner.take().filter(({ type }) => type === "close")).toEqual([{ type: "close", connection, how: "reset" }]);
    dialler.close(connection);
    expect(dialler.told).toEqual(["owns 1", "ready 2", "lost"]);
    expect(dialler.link.nextDeadlineUs).toBeGreaterThanOrEqual(250_000);
    dialler.waitForDeadline();
    dialler.acceptor = new AcceptingHandshake(handshakeOf(2));
    dialler.greet(dialler.dial());
    dialler.link.input({ type: "received", connection: 2 as ConnectionId, bytes: new Uint8Array(4) }, dialler.runner.now);
    expect(dialler.told.slice(3)).toEqual(["owns 2", "ready 2", "received 4"]);
  });

  it("waits longer and longer for a peer that closes each connection behind the handshake, and says so; one that lasted is dialled again at once", () => {
    const dialler = new Dialler();
    const waits: number[] = [];
    const breakAfter = (lastsMs: number): void => {
      dialler.acceptor = new AcceptingHandshake(handshakeOf(2));
      const connection = dialler.dial();
      dialler.greet(connection);
      dialler.runner.nowMs += lastsMs;
      dialler.close(connection);
      waits.push((dialler.link.nextDeadlineUs ?? 0) / 1000 - dialler.runner.nowMs);
      dialler.waitForDeadline();
    };
    for (let i = 0; i < 14; i++) breakAfter(5);
    expect(Math.max(...waits.slice(0, 5))).toBeLessThanOrEqual(10);
    expect(Math.min(...waits.slice(11))).toBeGreaterThanOrEqual(250);
    expect(dialler.runner.traces.filter(({ kind }) => kind === "peer-refused")).toHaveLength(5);
    breakAfter(500);
    expect(waits.at(-1)).toBeLessThanOrEqual(10);
  });

  it("gives up a peer that accepts and says nothing", () => {
    const dialler = new Dialler();
    dialler.dial();
    expect(dialler.link.nextDeadlineUs).toBe(2_000_000);
    dialler.runner.nowMs = 2_000;
    dialler.link.deadline(dialler.runner.now);
    expect(dialler.runner.take()).toContainEqual({ type: "close", connection: 1, how: "reset" });
  });

  it("holds at most 8 MiB for a peer that does not read", () => {
    const dialler = new Dialler();
    const connection = dialler.dial();
    dialler.greet(connection);
    const mebibyte = new Uint8Array(1024 * 1024);
    expect(Array.from({ length: 20 }, () => dialler.link.send(mebibyte))).not.toContain(false);
    dialler.link.input({ type: "blocked", connection }, dialler.runner.now);
    expect(Array.from({ length: 10 }, () => dialler.link.send(mebibyte)).filter(Boolean)).toHaveLength(8);
    dialler.link.input({ type: "drained", connection }, dialler.runner.now);
    expect(dialler.link.send(mebibyte)).toBe(true);
  });

  it("does not mind inputs of a connection that it has replaced", () => {
    const dialler = new Dialler();
    const first = dialler.dial();
    dialler.close(first);
    dialler.waitForDeadline();
    dialler.greet(dialler.dial());
    dialler.close(first);
    expect(dialler.link.isReady).toBe(true);
  });
});

describe("A probe", () => {
  function probe(incarnation: string) {
    const runner = new EffectRunner();
    const outcomes: string[] = [];
    const owned: ConnectionId[] = [];
    const machine = new Probe({
      brokerId: nodeId(2),
      host: "host2",
      port: 9093,
      incarnationId: uuid(incarnation),
      outbox: runner.outbox,
      handshake: handshakeOf(1),
      refusals: new RefusalLog(runner.outbox),
      prng: new Prng(1),
      now: runner.now,
      owns: (connection) => void owned.push(connection),
      done: (outcome) => void outcomes.push(outcome),
    });
    const dial = runner.take().find((effect) => effect.type === "dial");
    const id = dial?.type === "dial" ? dial.id : (0 as never);
    return {
      runner,
      outcomes,
      machine,
      owned,
      dialled: () => runner.outbox.complete({ type: "dialled", id, connection: 5 as ConnectionId }, runner.now),
      failed: (code: EffectErrorCode) => runner.outbox.complete({ type: "failed", id, error: { code, detail: "" } }, runner.now),
    };
  }

  it.each([
    ["incarnation-of-node-2", "alive"],
    ["an earlier incarnation", "replaced"],
  ])("of %s finds it %s", (incarnation, outcome) => {
    const { runner, outcomes, machine, dialled } = probe(incarnation);
    dialled();
    const hello = runner.take().findLast((effect) => effect.type === "send");
    const step = new AcceptingHandshake(handshakeOf(2)).receive(hello?.type === "send" ? (hello.parts[0] as Uint8Array) : new Uint8Array(0));
    machine.input({ type: "received", connection: 5 as ConnectionId, bytes: step.type === "send" ? step.bytes : new Uint8Array(0) }, runner.now);
    expect(outcomes).toEqual([outcome]);
    expect(runner.take()).toContainEqual({ type: "close", connection: 5, how: "end" });
  });

  it("calls a refused dial refused, and whatever else silent", () => {
    const refused = probe("any");
    refused.failed("ECONNREFUSED");
    expect(refused.outcomes).toEqual(["refused"]);
    const silent = probe("any");
    silent.failed("EHOSTUNREACH");
    silent.runner.nowMs = 1_000;
    silent.machine.deadline(silent.runner.now);
    expect(silent.outcomes).toEqual(["silent"]);
  });

  it("dials anew where it was accepted and closed: a dying process may listen a moment longer", () => {
    const { runner, outcomes, machine, dialled } = probe("any");
    dialled();
    runner.take();
    machine.input({ type: "closed", connection: 5 as ConnectionId, reason: "reset" }, runner.now);
    expect(outcomes).toEqual([]);
    runner.nowMs = Math.ceil((machine.nextDeadlineUs ?? 0) / 1000);
    expect(runner.nowMs).toBeLessThan(1_000);
    machine.deadline(runner.now);
    const dial = runner.take().findLast((effect) => effect.type === "dial");
    if (dial?.type !== "dial") throw new Error("it has not dialled anew");
    runner.outbox.complete({ type: "failed", id: dial.id, error: { code: "ECONNREFUSED", detail: "" } }, runner.now);
    expect(outcomes).toEqual(["refused"]);
  });

  it("closes a connection that comes after its time: nobody else would", () => {
    const { runner, outcomes, machine, owned, dialled } = probe("any");
    runner.nowMs = 1_000;
    machine.deadline(runner.now);
    dialled();
    expect([outcomes, owned]).toEqual([["silent"], [5]]);
    expect(runner.take()).toContainEqual({ type: "close", connection: 5, how: "reset" });
  });
});
