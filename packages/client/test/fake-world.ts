import { decodeRequestHeader, FrameDecoder } from "@samsa/protocol";
import type { Now, Prng } from "@samsa/stdx";
import { concatBytes, micros, wallMs } from "@samsa/stdx";
import type { ConnectionId, Effect, EffectId, Input, Machine } from "@samsa/world";
import { isSlice } from "@samsa/world";
import type { FakeCluster } from "./fake-cluster.ts";

/** How rough the network is: chances in a million, for each request. */
export interface Weather {
  /** The connection breaks before the broker gets the request. */
  readonly loseRequestPpm: number;
  /** The broker acts, then the connection breaks. */
  readonly loseResponsePpm: number;
  /** The connection breaks, and the broker gets the request much later. */
  readonly stashRequestPpm: number;
  /** The broker acts and never answers. */
  readonly silencePpm: number;
  readonly refusedDialPpm: number;
  readonly latencyMsMax: number;
}

export const FAIR: Weather = { loseRequestPpm: 0, loseResponsePpm: 0, stashRequestPpm: 0, silencePpm: 0, refusedDialPpm: 0, latencyMsMax: 2 };

/** The place of a response among those of its connection. */
interface Slot {
  bytes: Uint8Array | undefined;
}

interface Connection {
  readonly id: ConnectionId;
  readonly broker: number;
  readonly frames: FrameDecoder;
  /** Responses that are to come, in the order of their requests. */
  readonly slots: Slot[];
  isOpen: boolean;
  /** Brokers handle the requests of one connection in order. */
  busyUntilUs: number;
}

/** Steps one machine against a fake cluster, in virtual time; deterministic by the given stream. */
export class FakeWorld {
  readonly cluster: FakeCluster;
  weather: Weather = FAIR;
  /** Brokers that refuse to be dialled. */
  readonly down = new Set<number>();
  nowUs = 0;
  exited: string | undefined;
  /** Turns taken, to see that a machine at rest stays at rest. */
  turns = 0;
  /** Is told of each request that a client sends. */
  asked: () => void = () => undefined;
  private readonly machine: Machine;
  private readonly prng: Prng;
  private readonly due: { readonly atUs: number; readonly sequence: number; readonly act: () => void }[] = [];
  private readonly connections = new Map<ConnectionId, Connection>();
  private sequence = 0;
  private deadlineUs: number | undefined;
  private nextConnection = 1;

  constructor(options: { readonly cluster: FakeCluster; readonly machine: Machine; readonly prng: Prng }) {
    this.cluster = options.cluster;
    this.machine = options.machine;
    this.prng = options.prng;
    this.after(0, () => this.turn({ type: "started" }));
  }

  get now(): Now {
    return { monotonicUs: micros(this.nowUs), wallMs: wallMs(1_700_000_000_000 + Math.floor(this.nowUs / 1000)) };
  }

  after(ms: number, act: () => void): void {
    this.due.push({ atUs: this.nowUs + Math.round(ms * 1000), sequence: this.sequence++, act });
  }

  /** The test uses the client, as its program would in a turn. */
  act(ms: number, use: (now: Now) => void): void {
    this.after(ms, () => {
      use(this.now);
      this.turn({ type: "deadline" });
    });
  }

  /** Runs until the condition holds; false if `limitMs` of virtual time passed first. */
  runUntil(isDone: () => boolean, limitMs: number): boolean {
    const endUs = this.nowUs + limitMs * 1000;
    while (!isDone()) if (!this.runNext(endUs)) return false;
    return true;
  }

  runFor(ms: number): void {
    this.runUntil(() => false, ms);
  }

  stop(): void {
    this.turn({ type: "stop" });
  }

  breakAll(): void {
    for (const connection of this.connections.values()) this.break(connection);
  }

  private runNext(endUs: number): boolean {
    this.due.sort((a, b) => a.atUs - b.atUs || a.sequence - b.sequence);
    const next = this.due[0];
    const atUs = Math.min(next?.atUs ?? Number.POSITIVE_INFINITY, this.deadlineUs ?? Number.POSITIVE_INFINITY);
    if (atUs > endUs || this.exited !== undefined) {
      this.nowUs = Math.max(this.nowUs, endUs);
      return false;
    }
    this.nowUs = Math.max(this.nowUs, atUs);
    if (next !== undefined && next.atUs <= atUs) {
      this.due.shift();
      next.act();
    } else {
      this.deadlineUs = undefined;
      this.turn({ type: "deadline" });
    }
    return true;
  }

  private turn(input: Input): void {
    this.turns++;
    this.machine.step(input, this.now);
    for (const effect of this.machine.drain(this.now)) this.perform(effect);
  }

  private perform(effect: Effect): void {
    if (effect.type === "deadline") this.deadlineUs = effect.at;
    else if (effect.type === "dial") this.dial(effect.id, effect.port);
    else if (effect.type === "exit") this.exited = effect.reason;
    else if (effect.type === "close") {
      const connection = this.connections.get(effect.connection);
      if (connection !== undefined) this.break(connection);
    } else if (effect.type === "send") {
      const connection = this.connections.get(effect.connection);
      if (connection === undefined || !connection.isOpen) return;
      const parts = effect.parts.flatMap((part) => (isSlice(part) ? [] : [part]));
      const bytes = concatBytes(parts).slice();
      // What was sent belongs to the network: a client that still needs it fails here.
      for (const part of parts) part.fill(0xee);
      for (const frame of connection.frames.push(bytes).frames) this.request(connection, frame);
    }
  }

  private dial(id: EffectId, port: number): void {
    this.after(this.latency(), () => {
      const broker = port - this.cluster.portOf(0);
      if (this.down.has(broker) || broker >= this.cluster.brokers || this.prng.chancePpm(this.weather.refusedDialPpm)) {
        return this.turn({ type: "failed", id, error: { code: "ECONNREFUSED", detail: `port ${port}` } });
      }
      const connection: Connection = { id: this.nextConnection++ as ConnectionId, broker, frames: new FrameDecoder(), slots: [], isOpen: true, busyUntilUs: 0 };
      this.connections.set(connection.id, connection);
      this.turn({ type: "dialled", id, connection: connection.id });
    });
  }

  private request(connection: Connection, frame: Uint8Array): void {
    this.asked();
    const { loseRequestPpm, loseResponsePpm, stashRequestPpm, silencePpm } = this.weather;
    const arrival = Math.max(this.nowUs + this.latency() * 1000, connection.busyUntilUs);
    connection.busyUntilUs = arrival;
    const fate = this.prng.below(1_000_000);
    const isLost = fate < loseRequestPpm;
    const isStashed = !isLost && fate < loseRequestPpm + stashRequestPpm;
    const isUnanswered = !isLost && !isStashed && fate < loseRequestPpm + stashRequestPpm + loseResponsePpm;
    const isSilent = this.prng.chancePpm(silencePpm);
    if (isStashed) this.after(this.prng.between(50, 3000), () => void this.handle(connection, frame, () => undefined));
    this.after((arrival - this.nowUs) / 1000, () => {
      if (!connection.isOpen) return;
      if (isLost || isStashed) return this.break(connection);
      const slot: Slot = { bytes: undefined };
      const respond = (bytes: Uint8Array): void => this.after(this.latency(), () => this.deliver(connection, slot, bytes));
      const response = this.handle(connection, frame, respond);
      if (isUnanswered) return this.break(connection);
      if (response !== undefined) connection.slots.push(slot);
      if (response !== undefined && response !== "later" && !isSilent) respond(response);
      if (isSilent) connection.busyUntilUs = Number.MAX_SAFE_INTEGER;
    });
  }

  private handle(connection: Connection, frame: Uint8Array, respond: (response: Uint8Array) => void): Uint8Array | "later" | undefined {
    if (this.down.has(connection.broker)) return undefined;
    return this.cluster.handle(connection.broker, decodeRequestHeader(frame), respond);
  }

  private deliver(connection: Connection, slot: Slot, bytes: Uint8Array): void {
    slot.bytes = bytes;
    const { slots } = connection;
    for (let next = slots[0]; next?.bytes !== undefined && connection.isOpen; next = slots[0]) {
      slots.shift();
      this.turn({ type: "received", connection: connection.id, bytes: next.bytes });
    }
  }

  private break(connection: Connection): void {
    if (!connection.isOpen) return;
    connection.isOpen = false;
    this.connections.delete(connection.id);
    this.after(0, () => this.turn({ type: "closed", connection: connection.id, reason: "reset" }));
  }

  private latency(): number {
    return this.prng.between(100, this.weather.latencyMsMax * 1000) / 1000;
  }
}
