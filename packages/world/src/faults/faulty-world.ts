import type { WorldPorts } from "../ports.ts";
import type { FaultControl } from "./fault-control.ts";
import { faultyClock } from "./faulty-clock.ts";
import { faultyDisk } from "./faulty-disk.ts";
import { faultyNetwork } from "./faulty-network.ts";

/** One node's ports of any world, with everything that `control` can do to them. */
export function faultyWorld(ports: WorldPorts, control: FaultControl): WorldPorts {
  return {
    disk: faultyDisk(ports.disk, control),
    network: faultyNetwork(ports.network, control),
    clock: faultyClock(ports.clock, control),
    trace: ports.trace,
    seed: ports.seed,
    bootId: ports.bootId,
    exit: (code, reason) => ports.exit(code, reason),
  };
}
