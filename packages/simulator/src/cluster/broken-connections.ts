import type { Micros, Now } from "@samsa/stdx";
import type { Effect, Input, Machine } from "@samsa/world";

/** Clients of which somebody wants to know when a connection of theirs ended last. Changes nothing. */
export class BrokenConnections implements Machine {
  private readonly machine: Machine;
  private readonly isSending: () => boolean;
  /** Undefined: none has ended while they were sending. */
  lastUs: Micros | undefined;

  /** `isSending`: what ends later bears on no record. */
  constructor(machine: Machine, isSending: () => boolean) {
    this.machine = machine;
    this.isSending = isSending;
  }

  step(input: Input, now: Now): void {
    if (input.type === "closed" && this.isSending()) this.lastUs = now.monotonicUs;
    this.machine.step(input, now);
  }

  drain(now: Now): readonly Effect[] {
    return this.machine.drain(now);
  }
}
