import type { Micros } from "@samsa/stdx";
import { micros } from "@samsa/stdx";
import type { ClockPort } from "../ports.ts";
import type { FaultControl } from "./fault-control.ts";

/** A clock that runs too fast or too slow and whose wall time jumps. Deadlines follow what it shows. */
export function faultyClock(clock: ClockPort, control: FaultControl): ClockPort {
  const state = control.clock;
  let wanted: { readonly at: Micros; readonly wake: () => void } | undefined;
  const arm = (): void => {
    if (wanted !== undefined) clock.wakeAt(state.trueTime(wanted.at), onWake);
  };
  const onWake = (): void => {
    if (wanted === undefined) return;
    const { at, wake } = wanted;
    if (state.show(clock.now()).monotonicUs < at) return clock.wakeAt(micros(clock.now().monotonicUs + 1), onWake);
    wanted = undefined;
    wake();
  };
  state.attach(() => clock.now().monotonicUs, arm);
  return {
    now: () => state.show(clock.now()),
    wakeAt: (at, wake) => {
      wanted = { at, wake };
      arm();
    },
    soon: (turn) => clock.soon(turn),
  };
}
