import { ClientMachine } from "@samsa/client";
import type { History } from "@samsa/history";
import { type Now, Prng } from "@samsa/stdx";
import type { Effect, Input, Machine } from "@samsa/world";
import { ClientHost } from "./client-host.ts";
import { ReadBack } from "./read-back.ts";
import { type WorkloadInput, workloadOptions } from "./workload-options.ts";

/** Only the final read, for a history that a foreign client wrote. The node ends when every partition was read. */
export class ReadBackMachine implements Machine {
  private readonly machine: ClientMachine;
  private readonly begin: (now: Now) => ReadBack;
  private readBack: ReadBack | undefined;
  isOver = false;

  constructor(history: History, input: WorkloadInput) {
    const options = workloadOptions(input);
    this.machine = new ClientMachine(() => ({ run: (now) => this.run(now), nextDeadline: () => this.readBack?.nextDeadline(), stop: () => undefined }));
    const host = new ClientHost(this.machine, options, new Prng(options.seed).fork("clients"));
    this.begin = (now) => new ReadBack({ history, host, options }, now);
  }

  step(input: Input, now: Now): void {
    this.machine.step(input, now);
  }

  drain(now: Now): readonly Effect[] {
    return this.machine.drain(now);
  }

  private run(now: Now): void {
    if (this.isOver) return;
    this.readBack ??= this.begin(now);
    this.readBack.run(now);
    if (!this.readBack.isDone(now)) return;
    this.isOver = true;
    this.machine.exit(0, "the final read is over");
  }
}
