import { tmpdir } from "node:os";
import { type Boot, type Machine, Shell } from "@samsa/world";
import { createNodeWorld, type NodeWorld } from "@samsa/world-node";

/** Not a node of any cluster. */
const NOBODY = -1;

/** A machine ended because it could not do its work. */
export class MachineFailed extends Error {
  readonly code = "MACHINE_FAILED";
}

/** Runs a machine that uses no disk on the real world until it exits. Throws `MachineFailed` if its code is not 0. */
export async function runMachine<M extends Machine>(build: (boot: Boot) => M): Promise<M> {
  let world: NodeWorld | undefined;
  try {
    return await new Promise<M>((resolve, reject) => {
      const onExit = (code: number, reason: string): void => (code === 0 ? resolve(machine) : reject(new MachineFailed(reason)));
      world = createNodeWorld({ dataDir: tmpdir(), onExit });
      const machine = build(world);
      new Shell({ ports: world, node: NOBODY, machine }).start();
    });
  } finally {
    await world?.close();
  }
}
