import { invariant } from "@samsa/stdx";
import type { Transport } from "../effect.ts";
import type { WorldPorts } from "../ports.ts";
import type { TraceBody } from "../trace.ts";

/** A claim that a world must make true, by running, before the case goes on. */
export interface Wait {
  readonly what: string;
  readonly holds: () => boolean;
}

/** A case is a script: it does something and yields what it waits for. Whoever runs it decides how time passes. */
export type Steps = Generator<Wait, void, void>;

/** One node of the world under test, with a data directory and a network address of its own. */
export interface ConformanceHost {
  readonly ports: WorldPorts;
  /** By which both nodes can dial it. */
  readonly host: string;
  /** Every call of `ports.exit` so far. */
  readonly exits: readonly { readonly code: number; readonly reason: string }[];
  /** Every event that came to `ports.trace` so far; the world must listen. */
  readonly traced: readonly TraceBody[];
}

/** A process that executes nothing any more, while the system still listens for it. */
export interface DyingProcess {
  readonly host: string;
  readonly port: number;
  /** Lets the system close what is left of it. */
  end(): void;
}

/** Two fresh nodes, for one case. */
export interface ConformanceWorld {
  readonly nodes: readonly [ConformanceHost, ConformanceHost];
  /** Calls back after that much of the world's time, never inside the call. */
  after(delayMs: number, run: () => void): void;
  /** Begins a third process with a listener and takes its breath away; calls back when that is done. */
  dying(transport: Transport, done: (process: DyingProcess) => void): void;
}

export interface ConformanceCase {
  readonly name: string;
  readonly run: (world: ConformanceWorld) => Steps;
}

/** A case that both kinds of connection must pass. */
export interface TransportCase {
  readonly name: string;
  readonly run: (world: ConformanceWorld, transport: Transport) => Steps;
}

export const overEachTransport = (cases: readonly TransportCase[]): readonly ConformanceCase[] =>
  (["stream", "message"] as const).flatMap((transport) =>
    cases.map(({ name, run }) => ({ name: `${transport}: ${name}`, run: (world: ConformanceWorld) => run(world, transport) })),
  );

export const until = (what: string, holds: () => boolean): Wait => ({ what, holds });

/** A claim that must hold now. */
export function check(claim: boolean, what: string, context: Readonly<Record<string, unknown>> = {}): asserts claim {
  invariant(claim, what, context);
}

/** Waits until this much of the world's time has passed. */
export function pass(world: ConformanceWorld, ms: number): Wait {
  let isOver = false;
  world.after(ms, () => (isOver = true));
  return until(`${ms} ms pass`, () => isOver);
}

/** Runs a case in a world that runs in steps. `run` makes the claim true, or returns false. */
export function runCase(one: ConformanceCase, world: ConformanceWorld, run: (holds: () => boolean) => boolean): void {
  for (const wait of one.run(world)) check(run(wait.holds), `${one.name}: ${wait.what}`);
}

/** Runs a case in a world that runs by itself. */
export async function runCaseAsync(one: ConformanceCase, world: ConformanceWorld, run: (holds: () => boolean) => PromiseLike<boolean>): Promise<void> {
  for (const wait of one.run(world)) check(await run(wait.holds), `${one.name}: ${wait.what}`);
}
