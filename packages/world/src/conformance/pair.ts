import type { ConnectionId, Transport } from "../effect.ts";
import type { WorldPorts } from "../ports.ts";
import type { ConformanceWorld, Wait } from "./case.ts";
import { until } from "./case.ts";
import type { ConnectionLog } from "./scripted-node.ts";
import { ScriptedNode } from "./scripted-node.ts";

/** One end of a connection between the two nodes. */
export interface PairEnd {
  readonly node: ScriptedNode;
  readonly connection: ConnectionId;
  readonly log: ConnectionLog;
}

export interface Pair {
  readonly dialler: PairEnd;
  readonly acceptor: PairEnd;
}

type Decorate = (ports: WorldPorts) => WorldPorts;
const plain: Decorate = (ports) => ports;

/** Starts both nodes and connects them. */
export function* connectPair(world: ConformanceWorld, transport: Transport, decorate: Decorate = plain): Generator<Wait, Pair, void> {
  const [here, there] = world.nodes;
  const dialler = new ScriptedNode(decorate(here.ports));
  const acceptor = new ScriptedNode(there.ports);
  const port = yield* listen(acceptor, transport, there.host);
  const connections = yield* dial({ dialler, acceptor }, { transport, host: there.host, port });
  return {
    dialler: { node: dialler, connection: connections.dialled, log: dialler.log(connections.dialled) },
    acceptor: { node: acceptor, connection: connections.accepted, log: acceptor.log(connections.accepted) },
  };
}

/** Listens on a port that the world chooses. */
export function* listen(node: ScriptedNode, transport: Transport, host: string): Generator<Wait, number, void> {
  const listening = node.ask({ type: "listen", listener: "TEST", transport, host, port: 0 });
  yield until("the node listens", () => listening.isDone);
  return listening.as("listening").port;
}

export function* dial(
  nodes: { dialler: ScriptedNode; acceptor: ScriptedNode },
  endpoint: { transport: Transport; host: string; port: number },
): Generator<Wait, { dialled: ConnectionId; accepted: ConnectionId }, void> {
  const connections = yield* dialAsStranger(nodes, endpoint);
  nodes.acceptor.admit(connections.accepted);
  return connections;
}

/** The acceptor does not trust the dialler yet. */
export function* dialAsStranger(
  nodes: { dialler: ScriptedNode; acceptor: ScriptedNode },
  endpoint: { transport: Transport; host: string; port: number },
): Generator<Wait, { dialled: ConnectionId; accepted: ConnectionId }, void> {
  const before = nodes.acceptor.accepted.length;
  const dialled = nodes.dialler.ask({ type: "dial", ...endpoint });
  yield until("the dial is done", () => dialled.isDone);
  const { connection } = dialled.as("dialled");
  yield until("the connection is accepted", () => nodes.acceptor.accepted.length > before);
  const accepted = nodes.acceptor.accepted[before];
  return { dialled: connection, accepted: accepted as ConnectionId };
}
