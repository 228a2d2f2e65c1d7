import { clusterIdOf, DiallingHandshake } from "@samsa/server";
import { type NodeId, nodeId, Prng, uuid } from "@samsa/stdx";
import type { ConnectionId, ConnectionInput, Completion, Effect, Input, Machine } from "@samsa/world";
import { Outbox } from "@samsa/world";
import { CLUSTER_SECRET, CONTROL_PORT, hostName } from "@samsa/simulator";

/** One connection to a node's control port, and what is said on it. */
export interface Visit {
  readonly node: number;
  /** Proves itself first, as this node; undefined: it says `frames` at once. */
  readonly as: { readonly node: number; readonly to?: number; readonly secret?: Uint8Array; readonly clusterId?: string } | undefined;
  readonly frames: readonly Uint8Array[];
}

/** What became of it. */
export class Visited {
  readonly visit: Visit;
  /** Undefined while the dial is under way. */
  isOpen: boolean | undefined;
  /** The node has proved itself to us, and we have sent our proof. */
  hasProved = false;
  readonly said: Uint8Array[] = [];
  readonly heard: Uint8Array[] = [];
  handshake: DiallingHandshake | undefined;

  constructor(visit: Visit) {
    this.visit = visit;
  }
}

/** Whoever dials control ports without being a node of the cluster: it does as it is told, and keeps what it hears. */
export class Visitor implements Machine {
  readonly visited: readonly Visited[];
  private readonly outbox = new Outbox();
  private readonly byConnection = new Map<ConnectionId, Visited>();
  private readonly prng: Prng;

  constructor(visits: readonly Visit[], seed: number) {
    this.visited = visits.map((visit) => new Visited(visit));
    this.prng = new Prng(seed);
  }

  step(input: Input, now: Parameters<Machine["step"]>[1]): void {
    switch (input.type) {
      case "started":
        for (const visited of this.visited) this.dial(visited);
        return;
      case "deadline":
      case "stop":
        return;
      case "accepted":
      case "received":
      case "blocked":
      case "drained":
      case "closed":
        return this.connection(input);
      default:
        return this.outbox.complete(input, now);
    }
  }

  drain(): readonly Effect[] {
    return this.outbox.drain();
  }

  private dial(visited: Visited): void {
    const complete = (completion: Completion): void => {
      if (completion.type !== "dialled") return;
      visited.isOpen = true;
      this.byConnection.set(completion.connection, visited);
      this.begin(visited, completion.connection);
    };
    this.outbox.request({ type: "dial", transport: "message", host: hostName(visited.visit.node), port: CONTROL_PORT }, { complete });
  }

  private begin(visited: Visited, connection: ConnectionId): void {
    const { as, node, frames } = visited.visit;
    if (as === undefined) return this.say(visited, connection, frames);
    const secret = as.secret ?? CLUSTER_SECRET;
    const self = { nodeId: nodeId(as.node), incarnationId: uuid("visitor"), directoryId: "visitor" };
    const to: NodeId = nodeId(as.to ?? node);
    visited.handshake = new DiallingHandshake({ secret, clusterId: as.clusterId ?? clusterIdOf(secret), self, prng: this.prng }, to);
    this.say(visited, connection, [visited.handshake.hello()]);
  }

  private say(visited: Visited, connection: ConnectionId, frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      visited.said.push(frame);
      // A copy: what is sent belongs to the network.
      this.outbox.emit({ type: "send", connection, parts: [frame.slice()] });
    }
  }

  private connection(input: ConnectionInput): void {
    const visited = this.byConnection.get(input.connection);
    if (visited === undefined) return;
    if (input.type === "closed") visited.isOpen = false;
    else if (input.type === "received") {
      if (visited.handshake === undefined || visited.hasProved) visited.heard.push(input.bytes.slice());
      else this.greeted(visited, visited.handshake, input);
    }
  }

  private greeted(visited: Visited, handshake: DiallingHandshake, { connection, bytes }: Extract<ConnectionInput, { type: "received" }>): void {
    const step = handshake.receive(bytes);
    if (step.type !== "send") return;
    visited.hasProved = true;
    this.say(visited, connection, [step.bytes, ...visited.visit.frames]);
  }
}
