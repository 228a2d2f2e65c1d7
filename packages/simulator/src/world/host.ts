import type { HostClock, ProcessClock } from "./clock.ts";
import type { SimulatedDisk } from "./disk.ts";
import type { NetworkHost } from "./network-host.ts";
import type { Process } from "./process.ts";

/** One machine: what outlives its processes, and the process that runs now. */
export interface Host {
  readonly node: number;
  /** Clients stand outside of partitions between nodes. */
  readonly isClient: boolean;
  readonly network: NetworkHost;
  readonly disk: SimulatedDisk;
  readonly clock: HostClock;
  /** Counts power-ons from 1: names the life of the page cache. */
  boots: number;
  incarnations: number;
  process: Process | undefined;
  processClock: ProcessClock | undefined;
}

export const isUp = (host: Host): boolean => host.process?.isAlive === true;
