import type { Micros, Now, Prng } from "@samsa/stdx";
import { micros, wallMs } from "@samsa/stdx";
import type { ClockPort } from "@samsa/world";
import type { TurnOptions } from "./options.ts";
import type { Process, Task } from "./process.ts";
import { Call } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";

const PPM = 1_000_000;

/** The two clocks of one host: they outlive its processes. The monotonic one drifts, the wall clock is off and jumps. */
export class HostClock {
  private readonly startWallMs: number;
  private skewMs = 0;
  private ppm = 0;
  /** The monotonic clock showed `baseMonotonicUs` when the world's time was `baseUs`; since then it runs with the present drift. */
  private baseUs = 0;
  private baseMonotonicUs = 0;

  constructor(startWallMs: number) {
    this.startWallMs = startWallMs;
  }

  get driftPpm(): number {
    return this.ppm;
  }

  monotonicAt(us: number): number {
    const elapsed = us - this.baseUs;
    if (this.ppm === 0) return this.baseMonotonicUs + elapsed;
    // In two parts, for elapsed · ppm may pass 2^53.
    const whole = Math.floor(elapsed / PPM);
    return this.baseMonotonicUs + elapsed + whole * this.ppm + Math.floor(((elapsed - whole * PPM) * this.ppm) / PPM);
  }

  /** The world's time from which on the monotonic clock shows at least `monotonicUs`. */
  whenMonotonicIs(monotonicUs: number): number {
    const wanted = monotonicUs - this.baseMonotonicUs;
    if (this.ppm === 0 || wanted <= 0) return this.baseUs + wanted;
    let us = this.baseUs + Math.floor((wanted / (PPM + this.ppm)) * PPM);
    while (this.monotonicAt(us) < monotonicUs) us++;
    return us;
  }

  wallAt(us: number): number {
    return this.startWallMs + Math.floor(us / 1000) + this.skewMs;
  }

  jumpWall(byMs: number): void {
    this.skewMs += byMs;
  }

  /** Above −1 000 000: the monotonic clock never runs backwards. */
  setDrift(ppm: number, nowUs: number): void {
    this.baseMonotonicUs = this.monotonicAt(nowUs);
    this.baseUs = nowUs;
    this.ppm = Math.max(ppm, 1 - PPM);
  }
}

/** What one process sees of its host's clocks, and its wake-ups. */
export class ProcessClock implements ClockPort, Task {
  readonly process: Process;
  private readonly scheduler: Scheduler;
  private readonly host: HostClock;
  private readonly turns: Prng;
  private readonly options: TurnOptions;
  private wanted: { readonly at: Micros; readonly wake: () => void } | undefined;
  /** When the next wake-up in the scheduler fires; later ones are stale. */
  private armedAtUs = Number.POSITIVE_INFINITY;
  private lastTurn: (() => void) | undefined;
  private lastCall: Call | undefined;

  constructor(parts: { process: Process; scheduler: Scheduler; host: HostClock; turns: Prng; options: TurnOptions }) {
    this.process = parts.process;
    this.scheduler = parts.scheduler;
    this.host = parts.host;
    this.turns = parts.turns;
    this.options = parts.options;
  }

  now(): Now {
    const us = this.scheduler.nowUs;
    return { monotonicUs: micros(this.host.monotonicAt(us)), wallMs: wallMs(this.host.wallAt(us)) };
  }

  wakeAt(at: Micros, wake: () => void): void {
    this.wanted = { at, wake };
    this.arm();
  }

  soon(turn: () => void): void {
    if (this.lastCall === undefined || this.lastTurn !== turn) {
      this.lastTurn = turn;
      this.lastCall = new Call(this.process, turn);
    }
    const { delayChancePpm, delayUsMax } = this.options;
    const delayUs = delayChancePpm > 0 && this.turns.chancePpm(delayChancePpm) ? this.turns.below(delayUsMax + 1) : 0;
    this.scheduler.schedule(this.scheduler.nowUs + delayUs, this.lastCall);
  }

  /** The drift has changed: the wake-up comes at another time now. */
  rearm(): void {
    this.armedAtUs = Number.POSITIVE_INFINITY;
    this.arm();
  }

  fire(): void {
    if (this.scheduler.nowUs < this.armedAtUs || this.wanted === undefined) return;
    this.armedAtUs = Number.POSITIVE_INFINITY;
    const { at, wake } = this.wanted;
    if (this.host.monotonicAt(this.scheduler.nowUs) < at) return this.arm();
    this.wanted = undefined;
    wake();
  }

  /** An entry that is earlier than needed is left in the heap: it arms again when it fires. */
  private arm(): void {
    if (this.wanted === undefined) return;
    const at = Math.max(this.host.whenMonotonicIs(this.wanted.at), this.scheduler.nowUs);
    if (at >= this.armedAtUs) return;
    this.armedAtUs = at;
    this.scheduler.schedule(at, this);
  }
}
