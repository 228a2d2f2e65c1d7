import type { Micros, Now } from "@samsa/stdx";
import type { Completion, ConnectionId, ConnectionInput, Effect, Input, Machine } from "@samsa/world";
import { Outbox } from "@samsa/world";
import type { ClientOptions } from "./client-config.ts";
import { Client } from "./client.ts";
import { earlier, stillToCome } from "./deadline.ts";

/** What is done with the clients: called once a turn, when they have handled its inputs. */
export interface ClientProgram {
  /** Takes events, sends, assigns. */
  run(now: Now): void;
  nextDeadline(now: Now): Micros | undefined;
  /** The operator asks to end; the program says so by `ClientMachine.exit` when it has. */
  stop?(now: Now): void;
}

/** A node that is nothing but Kafka clients and a program that uses them; it runs in any world. */
export class ClientMachine implements Machine {
  readonly outbox = new Outbox();
  private readonly clients: Client[] = [];
  /** Of processes that stand still: what has come for them meanwhile. */
  private readonly suspended = new Map<Client, (Completion | ConnectionInput)[]>();
  private readonly program: ClientProgram;

  /** `build` makes the clients it needs with `addClient`, and the program. */
  constructor(build: (machine: ClientMachine) => ClientProgram) {
    this.program = build(this);
  }

  addClient(options: ClientOptions): Client {
    const client = new Client(options, this.outbox);
    this.clients.push(client);
    return client;
  }

  /** Its process is no more: its connections break, and nothing is told of what was under way. One that is none of this machine's any more stays so. */
  removeClient(client: Client, now: Now): void {
    const index = this.clients.indexOf(client);
    if (index < 0) return;
    this.clients.splice(index, 1);
    client.end(now);
    // What it had asked for ends with nobody.
    this.resume(client, now);
  }

  /** Its process stands still, as under SIGSTOP: what comes for it waits. */
  suspend(client: Client): void {
    if (!this.suspended.has(client)) this.suspended.set(client, []);
  }

  /** It goes on with what has come, and then with what is due. */
  resume(client: Client, now: Now): void {
    const inputs = this.suspended.get(client) ?? [];
    this.suspended.delete(client);
    for (const input of inputs) this.step(input, now);
  }

  exit(code: number, reason: string): void {
    this.outbox.emit({ type: "exit", code, reason });
  }

  step(input: Input, now: Now): void {
    switch (input.type) {
      case "started":
      case "deadline":
        return;
      case "stop":
        if (this.program.stop === undefined) return this.exit(0, "stopped");
        return this.program.stop(now);
      case "accepted":
      case "received":
      case "blocked":
      case "drained":
      case "closed":
        this.received(input, now);
        return;
      default:
        return this.completed(input, now);
    }
  }

  drain(now: Now): readonly Effect[] {
    this.pump(now);
    this.program.run(now);
    this.pump(now);
    this.program.run(now);
    // What the program asked for last must leave now: there may be nothing else to wake this machine for it.
    this.pump(now);
    let at = stillToCome(this.program.nextDeadline(now), now);
    for (const client of this.clients) if (!this.suspended.has(client)) at = earlier(at, stillToCome(client.nextDeadline(now), now));
    if (at !== undefined) this.outbox.emit({ type: "deadline", at });
    return this.outbox.drain();
  }

  private pump(now: Now): void {
    for (const client of this.clients) if (!this.suspended.has(client)) client.pump(now);
  }

  private completed(completion: Completion, now: Now): void {
    for (const [client, waiting] of this.suspended) if (client.awaits(completion.id)) return void waiting.push(completion);
    this.outbox.complete(completion, now);
  }

  private received(input: ConnectionInput, now: Now): void {
    for (const client of this.clients) {
      const waiting = this.suspended.get(client);
      if (!client.owns(input.connection) && waiting?.some((before) => isDialled(before, input.connection)) !== true) continue;
      if (waiting === undefined) client.step(input, now);
      else waiting.push(input);
      return;
    }
  }
}

/** Its owner is to be told of this connection still. */
const isDialled = (input: Completion | ConnectionInput, connection: ConnectionId): boolean => input.type === "dialled" && input.connection === connection;
