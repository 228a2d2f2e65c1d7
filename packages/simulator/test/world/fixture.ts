import type { CloseReason, ConnectionHandler, Outcome, PortConnection, Transport, WorldPorts } from "@samsa/world";
import type { SimulatedWorldInput } from "../../src/world/index.ts";
import { SimulatedWorld } from "../../src/world/index.ts";

export const PORT = 9092;
export const LONG_US = 600_000_000;

/** One end of a connection, and all that it was told, with the time. */
export class Recorder implements ConnectionHandler {
  readonly chunks: Uint8Array[] = [];
  readonly times: number[] = [];
  drains = 0;
  reason: CloseReason | undefined;
  closedAtUs = -1;
  readonly connection: PortConnection;
  private readonly world: SimulatedWorld;

  constructor(world: SimulatedWorld, connection: PortConnection) {
    this.world = world;
    this.connection = connection;
    connection.attach(this);
  }

  received(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.times.push(this.world.nowUs);
  }

  drained(): void {
    this.drains++;
  }

  closed(reason: CloseReason): void {
    this.reason = reason;
    this.closedAtUs = this.world.nowUs;
  }

  send(...bytes: number[]): boolean {
    return this.connection.write([Uint8Array.from(bytes)]);
  }

  get bytes(): number[] {
    return this.chunks.flatMap((chunk) => [...chunk]);
  }
}

/** Hosts `node-1` to `node-<count>` with a process each. */
export function worldOf(count: number, input: Partial<SimulatedWorldInput> = {}): { world: SimulatedWorld; ports: WorldPorts[] } {
  const world = new SimulatedWorld({ seed: 1, ...input });
  const ports: WorldPorts[] = [];
  for (let node = 1; node <= count; node++) {
    world.addHost(node, { host: `node-${node}` });
    ports.push(world.ports(node));
  }
  return { world, ports };
}

/** Keeps what it was called back with. */
export class Answer<T> {
  outcome: Outcome<T> | undefined;
  readonly done = (outcome: Outcome<T>): void => {
    if (this.outcome !== undefined) throw new Error("answered twice");
    this.outcome = outcome;
  };

  get value(): T {
    if (this.outcome?.ok !== true) throw new Error(`no value: ${JSON.stringify(this.outcome)}`);
    return this.outcome.value;
  }

  get error(): string | undefined {
    return this.outcome?.ok === false ? this.outcome.error.code : undefined;
  }
}

export function listen(world: SimulatedWorld, ports: WorldPorts, transport: Transport = "stream"): Recorder[] {
  const accepted: Recorder[] = [];
  const bound = new Answer<number>();
  ports.network.listen({ transport, host: "0.0.0.0", port: PORT }, (connection) => accepted.push(new Recorder(world, connection)), bound.done);
  return accepted;
}

export function dial(world: SimulatedWorld, ports: WorldPorts, node: number, transport: Transport = "stream"): Answer<PortConnection> {
  const dialled = new Answer<PortConnection>();
  ports.network.dial({ transport, host: `node-${node}`, port: PORT }, dialled.done);
  world.runWhile(() => dialled.outcome === undefined, world.nowUs + LONG_US);
  return dialled;
}

/** A connection from node 1 to node 2. */
export function connected(
  input: Partial<SimulatedWorldInput> = {},
  transport: Transport = "stream",
): { world: SimulatedWorld; ports: WorldPorts[]; there: Recorder; here: Recorder; accepted: Recorder[] } {
  const { world, ports } = worldOf(2, input);
  const [one, two] = ports as [WorldPorts, WorldPorts];
  const accepted = listen(world, two, transport);
  const here = new Recorder(world, dial(world, one, 2, transport).value);
  const there = accepted[0];
  if (there === undefined) throw new Error("nothing was accepted");
  return { world, ports, here, there, accepted };
}
