import type { Micros, Now } from "@samsa/stdx";
import { concatBytes } from "@samsa/stdx";
import type { ConnectionId, Effect, EffectId, Part, Request } from "../effect.ts";
import type { CloseReason, Completion, EffectError, Input } from "../input.ts";
import type { Machine } from "../machine.ts";
import { Outbox } from "../outbox.ts";
import type { WorldPorts } from "../ports.ts";
import { Shell } from "../shell.ts";
import { check } from "./case.ts";

/** What a node asked for, and how it ended. */
export class Ticket {
  completion: Completion | undefined;
  /** Place of the completion among all inputs of the node. */
  order = -1;

  get isDone(): boolean {
    return this.completion !== undefined;
  }

  get error(): EffectError | undefined {
    return this.completion?.type === "failed" ? this.completion.error : undefined;
  }

  /** The completion, which must be of this type. */
  as<Type extends Completion["type"]>(type: Type): Extract<Completion, { type: Type }> {
    const { completion } = this;
    check(completion !== undefined && isOfType(completion, type), `the effect ended with ${type}`, { completion });
    return completion;
  }
}

const isOfType = <Type extends Completion["type"]>(completion: Completion, type: Type): completion is Extract<Completion, { type: Type }> =>
  completion.type === type;

/** All that a node was told of one connection. */
export class ConnectionLog {
  readonly chunks: Uint8Array[] = [];
  receivedBytes = 0;
  blocked = 0;
  drained = 0;
  readonly closed: CloseReason[] = [];
  /** Inputs that came after `closed`: none, in a world that conforms. */
  afterClosed = 0;

  get bytes(): Uint8Array {
    return concatBytes(this.chunks);
  }

  get isClosed(): boolean {
    return this.closed.length > 0;
  }
}

/**
 * A node whose machine does what a case tells it, under the real shell. Everything said between two waits happens in one turn:
 * `stop` inputs mean nothing to it and are used to get a turn.
 */
export class ScriptedNode implements Machine {
  readonly inputs: Input[] = [];
  readonly accepted: ConnectionId[] = [];
  readonly shell: Shell;
  readonly outbox = new Outbox();
  readonly ports: WorldPorts;
  /** `now` of each deadline input. */
  readonly deadlines: Micros[] = [];
  /** Runs within the next step; may throw. */
  onNextStep: (() => void) | undefined;
  private readonly logs = new Map<ConnectionId, ConnectionLog>();

  constructor(ports: WorldPorts) {
    this.ports = ports;
    this.shell = new Shell({ ports, node: 1, machine: this });
    this.shell.start();
  }

  step(input: Input, now: Now): void {
    this.inputs.push(input);
    const hook = this.onNextStep;
    this.onNextStep = undefined;
    hook?.();
    switch (input.type) {
      case "accepted":
        this.accepted.push(input.connection);
        return;
      case "received":
      case "blocked":
      case "drained":
      case "closed":
        return this.onConnection(input);
      case "deadline":
        this.deadlines.push(now.monotonicUs);
        return;
      case "started":
      case "stop":
        return;
      default:
        this.outbox.complete(input, now);
    }
  }

  drain(): readonly Effect[] {
    return this.outbox.drain();
  }

  ask(request: Request): Ticket {
    const ticket = new Ticket();
    this.outbox.request(request, {
      complete: (completion) => {
        ticket.completion = completion;
        ticket.order = this.inputs.length;
      },
    });
    this.poke();
    return ticket;
  }

  tell(effect: Exclude<Effect, { readonly id: EffectId }>): void {
    this.outbox.emit(effect);
    this.poke();
  }

  send(connection: ConnectionId, ...parts: readonly Part[]): void {
    this.tell({ type: "send", connection, parts });
  }

  close(connection: ConnectionId, how: "end" | "reset"): void {
    this.tell({ type: "close", connection, how });
  }

  setReading(connection: ConnectionId, isReading: boolean): void {
    this.tell({ type: "set-reading", connection, isReading });
  }

  admit(connection: ConnectionId): void {
    this.tell({ type: "admit", connection });
  }

  append(path: string, position: number, ...buffers: readonly Uint8Array[]): Ticket {
    return this.ask({ type: "append", path, position, buffers });
  }

  read(path: string, position: number, length: number, generation = 0): Ticket {
    return this.ask({ type: "read", slice: { path, position, length, generation } });
  }

  log(connection: ConnectionId): ConnectionLog {
    let log = this.logs.get(connection);
    if (log === undefined) this.logs.set(connection, (log = new ConnectionLog()));
    return log;
  }

  /** Every connection was closed at most once, and then heard nothing. */
  checkConnections(): void {
    for (const [connection, log] of this.logs) {
      check(log.closed.length <= 1, "a connection closes once", { connection, closed: log.closed.join() });
      check(log.afterClosed === 0, "nothing comes after closed", { connection, inputs: log.afterClosed });
    }
  }

  private poke(): void {
    this.shell.requestStop();
  }

  private onConnection(input: Extract<Input, { type: "received" | "blocked" | "drained" | "closed" }>): void {
    const log = this.log(input.connection);
    if (log.isClosed) log.afterClosed++;
    if (input.type === "closed") log.closed.push(input.reason);
    else if (input.type === "blocked") log.blocked++;
    else if (input.type === "drained") log.drained++;
    else {
      log.chunks.push(input.bytes);
      log.receivedBytes += input.bytes.length;
    }
  }
}
