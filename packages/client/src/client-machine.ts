import type { Micros, Now } from "@samsa/stdx";
import type { Effect, Input, Machine } from "@samsa/world";
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
        this.clients.some((client) => client.step(input, now));
        return;
      default:
        return this.outbox.complete(input, now);
    }
  }

  drain(now: Now): readonly Effect[] {
    for (const client of this.clients) client.pump(now);
    this.program.run(now);
    for (const client of this.clients) client.pump(now);
    this.program.run(now);
    // What the program asked for last must leave now: there may be nothing else to wake this machine for it.
    for (const client of this.clients) client.pump(now);
    let at = stillToCome(this.program.nextDeadline(now), now);
    for (const client of this.clients) at = earlier(at, stillToCome(client.nextDeadline(now), now));
    if (at !== undefined) this.outbox.emit({ type: "deadline", at });
    return this.outbox.drain();
  }
}
