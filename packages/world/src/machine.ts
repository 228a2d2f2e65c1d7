import type { Now } from "@samsa/stdx";
import type { Effect } from "./effect.ts";
import type { Input } from "./input.ts";

/**
 * A synchronous state machine: it does no I/O, reads no clock and holds no promise.
 * `step` never throws for bad input; it throws `InvariantViolation` for a broken self, and then the process dies.
 * `drain` is called once after all inputs of a turn and returns what the machine wants done, in order.
 */
export interface Machine {
  step(input: Input, now: Now): void;
  drain(now: Now): readonly Effect[];
}

/** What a machine is born with. */
export interface Boot {
  /** Seeds every random stream of this incarnation. */
  readonly seed: number;
  /** Identifies one life of the host's page cache: equal ids mean that unsynced writes of an earlier process survived. */
  readonly bootId: string;
}
