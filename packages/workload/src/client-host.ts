import type { Client, ClientMachine, ClientOptions } from "@samsa/client";
import type { Now, Prng } from "@samsa/stdx";
import type { WorkloadOptions } from "./workload-options.ts";

/** Makes the clients of a workload: one for each process, with a name and a seed of its own. */
export class ClientHost {
  private readonly machine: ClientMachine;
  private readonly options: WorkloadOptions;
  private readonly prng: Prng;
  private nextProcess = 0;

  constructor(machine: ClientMachine, options: WorkloadOptions, prng: Prng) {
    this.machine = machine;
    this.options = options;
    this.prng = prng;
  }

  get outbox(): ClientMachine["outbox"] {
    return this.machine.outbox;
  }

  /** The process stands still until `resume`. */
  suspend(client: Client): void {
    this.machine.suspend(client);
  }

  resume(client: Client, now: Now): void {
    this.machine.resume(client, now);
  }

  /** The process is no more. */
  remove(client: Client, now: Now): void {
    this.machine.removeClient(client, now);
  }

  /** A new process; its number is never used again. */
  create(role: string): { readonly process: number; readonly client: Client } {
    const process = this.nextProcess++;
    const { bootstrap, runId, client } = this.options;
    const options: ClientOptions = { clientId: `${runId}-${role}-${process}`, ...client, bootstrap, seed: this.prng.fork(`client ${process}`).nextU32() };
    return { process, client: this.machine.addClient(options) };
  }
}
