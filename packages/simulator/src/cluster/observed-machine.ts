import type { Now } from "@samsa/stdx";
import type { Effect, Input, Machine } from "@samsa/world";

/** A machine that somebody watches: told after each turn, before its effects are carried out. Changes nothing. */
export class ObservedMachine implements Machine {
  private readonly machine: Machine;
  private readonly afterTurn: (effects: readonly Effect[], now: Now) => void;

  constructor(machine: Machine, afterTurn: (effects: readonly Effect[], now: Now) => void) {
    this.machine = machine;
    this.afterTurn = afterTurn;
  }

  step(input: Input, now: Now): void {
    this.machine.step(input, now);
  }

  drain(now: Now): readonly Effect[] {
    const effects = this.machine.drain(now);
    this.afterTurn(effects, now);
    return effects;
  }
}
