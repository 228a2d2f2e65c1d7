import { tmpdir } from "node:os";
import { type Boot, type Machine, Shell } from "@samsa/world";
import { createNodeWorld, type NodeWorldOptions } from "./node-world.ts";

/** Not a node of any cluster. */
const NOBODY = -1;

/** A machine ended because it could not do its work. */
export class MachineFailed extends Error {
  readonly code = "MACHINE_FAILED";
}

/** A machine on the real world. Whoever started it closes it. */
export interface RunningMachine<M extends Machine> {
  readonly machine: M;
  /** Rejects with `MachineFailed` if it exits with another code than 0. */
  readonly ended: Promise<void>;
  /** Gives it a turn: somebody outside has something for it. */
  poke(): void;
  /** Resets its connections. It has no turn any more, and `ended` may stay open. */
  close(): Promise<void>;
}

/** Starts a machine that uses no disk. */
export function startMachine<M extends Machine>(build: (boot: Boot) => M): RunningMachine<M> {
  let onExit: NodeWorldOptions["onExit"] = () => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    onExit = (code, reason) => (code === 0 ? resolve() : reject(new MachineFailed(reason)));
  });
  const world = createNodeWorld({ dataDir: tmpdir(), onExit });
  const machine = build(world);
  const shell = new Shell({ ports: world, node: NOBODY, machine });
  shell.start();
  const close = (): Promise<void> => {
    shell.kill();
    return world.close();
  };
  return { machine, ended, poke: () => shell.poke(), close };
}

/** Runs a machine that uses no disk on the real world until it exits. Throws `MachineFailed` if its code is not 0. */
export async function runMachine<M extends Machine>(build: (boot: Boot) => M): Promise<M> {
  const running = startMachine(build);
  try {
    await running.ended;
    return running.machine;
  } finally {
    await running.close();
  }
}
