import { createServer, type Server } from "node:net";
import { LOCAL_HOST } from "@samsa/scenario-runner";
import { Unavailable } from "../unavailable.ts";

/** Kafka's own. */
export const FIRST_PORT = 9_092;
const PORT_MAX = 65_535;
/** Between the first ports of two clusters that get theirs by themselves. */
const STEP = 100;
const CANDIDATES = 100;
/** Control listeners are so far from those of clients: below the ports that systems give to whoever dials. */
const CONTROL_DISTANCE = 10_000;

/** Of a cluster, from the first port for clients on. */
export interface PortBlock {
  readonly client: number;
  readonly control: number;
}

/** Undefined: so many ports don't fit behind the first one. */
export function blockAt(first: number, nodes: number): PortBlock | undefined {
  const above = first + CONTROL_DISTANCE;
  const control = above + nodes - 1 <= PORT_MAX ? above : first - CONTROL_DISTANCE;
  const isPossible = first > 0 && control > 0 && first + nodes - 1 <= PORT_MAX;
  return isPossible ? { client: first, control } : undefined;
}

const portsOf = ({ client, control }: PortBlock, nodes: number): readonly number[] =>
  Array.from({ length: nodes }, (_, index) => [client + index, control + index]).flat();

/** 9092 where it and all behind it are free, else the next hundred that is. With `wanted` there is no choice. */
export async function choosePorts(nodes: number, wanted: number | undefined): Promise<PortBlock> {
  if (wanted !== undefined) {
    const block = blockAt(wanted, nodes);
    if (block === undefined) throw new Unavailable(`${nodes} ports from ${wanted} on are not to be had; choose another --port`);
    await demandFree(portsOf(block, nodes), "choose another one with --port P");
    return block;
  }
  for (let candidate = 0; candidate < CANDIDATES; candidate++) {
    const block = blockAt(FIRST_PORT + candidate * STEP * Math.ceil(nodes / STEP), nodes);
    if (block === undefined) break;
    if ((await occupied(portsOf(block, nodes))).length === 0) return block;
  }
  throw new Unavailable(`no ${nodes} ports in a row are free from ${FIRST_PORT} on; choose some with --port P`);
}

/** Throws `Unavailable`, which names what is occupied. */
export async function demandFree(ports: readonly number[], remedy: string): Promise<void> {
  const taken = await occupied(ports);
  if (taken.length === 0) return;
  const [first] = taken;
  const subject = taken.length === 1 ? `port ${first} is` : `the ports ${taken.join(", ")} are`;
  throw new Unavailable(`${subject} in use by another program (who: lsof -i :${first}); end it, or ${remedy}`);
}

/** All are held at once, so that none is found free twice. */
async function occupied(ports: readonly number[]): Promise<readonly number[]> {
  const tries = await Promise.all(ports.map(async (port) => ({ port, server: await listen(port) })));
  await Promise.all(tries.map(({ server }) => server === undefined || new Promise<void>((resolve) => server.close(() => resolve()))));
  return tries.filter(({ server }) => server === undefined).map(({ port }) => port);
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, LOCAL_HOST, () => resolve(server));
  });
}
