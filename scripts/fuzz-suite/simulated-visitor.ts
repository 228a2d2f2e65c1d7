import type { Now } from "@samsa/stdx";
import { micros } from "@samsa/stdx";
import type { Completion, ConnectionId, Effect, Input, Machine } from "@samsa/world";
import { Outbox } from "@samsa/world";
import { AnswerFrames } from "./answer-frames.ts";

/** One connection of the visitor's. */
export class Visit {
  readonly writes: Uint8Array[];
  readonly received = new AnswerFrames();
  connection: ConnectionId | undefined;
  isDialled = false;
  isClosed = false;

  constructor(writes: readonly Uint8Array[]) {
    this.writes = [...writes];
  }

  get answers(): readonly Uint8Array[] {
    return this.received.frames;
  }

  get isSaid(): boolean {
    return this.connection !== undefined && this.writes.length === 0;
  }
}

const BETWEEN_WRITES_US = 700;

/** Says what it is told to on as many connections as it is told to, and keeps what it hears. It looks for orders when it is asked to stop. */
export class SimulatedVisitor implements Machine {
  private readonly address: { readonly host: string; readonly port: number };
  private readonly outbox = new Outbox();
  private readonly fresh: Visit[] = [];
  private readonly leaving: Visit[] = [];
  private readonly speaking = new Set<Visit>();
  private readonly byConnection = new Map<ConnectionId, Visit>();

  constructor(address: { readonly host: string; readonly port: number }) {
    this.address = address;
  }

  open(writes: readonly Uint8Array[]): Visit {
    const visit = new Visit(writes);
    this.fresh.push(visit);
    return visit;
  }

  say(visit: Visit, bytes: Uint8Array): void {
    visit.writes.push(bytes);
    this.speaking.add(visit);
  }

  close(visit: Visit): void {
    this.leaving.push(visit);
  }

  step(input: Input, now: Now): void {
    switch (input.type) {
      case "started":
        return;
      case "stop":
        return this.follow(now);
      case "deadline":
        return this.speak(now);
      case "received":
        return this.byConnection.get(input.connection)?.received.push(input.bytes);
      case "closed":
        return this.closed(input.connection);
      case "accepted":
      case "blocked":
      case "drained":
        return;
      default:
        return this.outbox.complete(input, now);
    }
  }

  drain(): readonly Effect[] {
    return this.outbox.drain();
  }

  private follow(now: Now): void {
    for (const visit of this.fresh.splice(0)) this.dial(visit);
    for (const { connection, isClosed } of this.leaving.splice(0)) {
      if (connection === undefined || isClosed) continue;
      this.byConnection.delete(connection);
      this.outbox.emit({ type: "close", connection, how: connection % 2 === 0 ? "end" : "reset" });
    }
    this.speak(now);
  }

  private dial(visit: Visit): void {
    const complete = (completion: Completion, now: Now): void => {
      if (completion.type !== "dialled") {
        visit.isClosed = true;
        return;
      }
      visit.connection = completion.connection;
      this.byConnection.set(completion.connection, visit);
      this.speaking.add(visit);
      this.speak(now);
    };
    this.outbox.request({ type: "dial", transport: "stream", ...this.address }, { complete });
  }

  /** One write of each, and the next ones a little later. */
  private speak(now: Now): void {
    let hasMore = false;
    for (const visit of this.speaking) {
      if (visit.connection === undefined) continue;
      const bytes = visit.writes.shift();
      if (bytes !== undefined && !visit.isClosed) this.outbox.emit({ type: "send", connection: visit.connection, parts: [bytes.slice()] });
      if (visit.writes.length === 0 || visit.isClosed) this.speaking.delete(visit);
      else hasMore = true;
    }
    if (hasMore) this.outbox.emit({ type: "deadline", at: micros(now.monotonicUs + BETWEEN_WRITES_US) });
  }

  private closed(connection: ConnectionId): void {
    const visit = this.byConnection.get(connection);
    if (visit !== undefined) visit.isClosed = true;
    this.byConnection.delete(connection);
  }
}
