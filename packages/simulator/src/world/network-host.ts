import type { PortConnection, Transport } from "@samsa/world";
import type { Place } from "./link.ts";
import type { Process } from "./process.ts";

/** The ports that the system gives out. */
export const EPHEMERAL_PORT = 32_768;
export const LAST_PORT = 65_535;

export interface Listener {
  readonly process: Process;
  readonly transport: Transport;
  readonly accept: (connection: PortConnection) => void;
}

/** A host on the network: its name is its address. */
export class NetworkHost implements Place {
  readonly node: number;
  readonly name: string;
  slowByUs = 0;
  /** Without power it does not even refuse. */
  isPowered = true;
  readonly listeners = new Map<number, Listener>();
  /** Until then the system closes what a killed process held; its listeners come last. */
  deadAtUs = 0;
  private nextPort = EPHEMERAL_PORT;

  constructor(node: number, name: string) {
    this.node = node;
    this.name = name;
  }

  freePort(): number | undefined {
    for (let tries = EPHEMERAL_PORT; tries <= LAST_PORT; tries++) {
      const port = this.nextPort;
      this.nextPort = port === LAST_PORT ? EPHEMERAL_PORT : port + 1;
      if (!this.listeners.has(port)) return port;
    }
    return undefined;
  }
}
