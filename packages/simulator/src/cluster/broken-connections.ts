import type { Micros, Now } from "@samsa/stdx";
import type { Effect, Input, Machine } from "@samsa/world";

/** Clients of which somebody wants to know when connections of theirs ended. Changes nothing. */
export class BrokenConnections implements Machine {
  private readonly machine: Machine;
  private readonly isSending: () => boolean;
  /** Of those that ended while they were sending. */
  readonly endedUs: Micros[] = [];

  /** `isSending`: what ends later bears on no record. */
  constructor(machine: Machine, isSending: () => boolean) {
    this.machine = machine;
    this.isSending = isSending;
  }

  step(input: Input, now: Now): void {
    if (input.type === "closed" && this.isSending()) this.endedUs.push(now.monotonicUs);
    this.machine.step(input, now);
  }

  drain(now: Now): readonly Effect[] {
    return this.machine.drain(now);
  }
}
