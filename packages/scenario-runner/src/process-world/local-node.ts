/** One node of a cluster whose nodes all run on this machine. */
export interface LocalNode {
  /** Brokers first, from 1 on. */
  readonly id: number;
  readonly isBroker: boolean;
  readonly isController: boolean;
  /** Where clients find it; undefined on a node that is no broker. */
  readonly clientPort: number | undefined;
  /** Where other nodes and operators find it. */
  readonly controlPort: number;
}

export const LOCAL_HOST = "127.0.0.1";

/** All on one machine: a message takes less than a millisecond. */
const ELECTION_TIMEOUT_MS = 400;

export interface LocalNodesPlan {
  readonly brokers: number;
  /** Nodes that are controllers only; 0: brokers are controllers too. */
  readonly controllers: number;
  /** Of those brokers the first so many are. Default: all. */
  readonly brokersThatVoteMax?: number;
  /** By the node's place in the cluster, from 0 on. */
  readonly clientPort: (index: number) => number;
  readonly controlPort: (index: number) => number;
}

export function planLocalNodes({ brokers, controllers, brokersThatVoteMax = brokers, clientPort, controlPort }: LocalNodesPlan): readonly LocalNode[] {
  return Array.from({ length: brokers + controllers }, (_, index) => {
    const isBroker = index < brokers;
    const isController = controllers === 0 ? index < brokersThatVoteMax : !isBroker;
    return { id: index + 1, isBroker, isController, clientPort: isBroker ? clientPort(index) : undefined, controlPort: controlPort(index) };
  });
}

/** `host:port` of each broker. */
export const bootstrapOf = (nodes: readonly LocalNode[]): readonly string[] =>
  nodes.flatMap(({ clientPort }) => (clientPort === undefined ? [] : [`${LOCAL_HOST}:${clientPort}`]));

/** `id@host:port,…` of the controllers: `controller.quorum.voters`. */
export const votersOf = (nodes: readonly LocalNode[]): string =>
  nodes
    .filter(({ isController }) => isController)
    .map(({ id, controlPort }) => `${id}@${LOCAL_HOST}:${controlPort}`)
    .join(",");

/** `host:port` of all that a node listens on: what other nodes dial. */
export const endpointsOf = ({ clientPort, controlPort }: LocalNode): readonly string[] =>
  [controlPort, ...(clientPort === undefined ? [] : [clientPort])].map((port) => `${LOCAL_HOST}:${port}`);

export interface LocalNodeFiles {
  readonly dataDirectory: string;
  readonly secretFile: string;
}

/** What makes a node one of a local cluster; `more` goes before all of it. */
export function localNodeProperties(
  node: LocalNode,
  nodes: readonly LocalNode[],
  { dataDirectory, secretFile }: LocalNodeFiles,
  more: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const { id, isBroker, isController, clientPort, controlPort } = node;
  const clients = clientPort === undefined ? [] : [`PLAINTEXT://${LOCAL_HOST}:${clientPort}`];
  return new Map([
    ["node.id", String(id)],
    ["profile", "test"],
    ["controller.quorum.election.timeout.ms", String(ELECTION_TIMEOUT_MS)],
    ["process.roles", [...(isBroker ? ["broker"] : []), ...(isController ? ["controller"] : [])].join(",")],
    ["listeners", [...clients, `CONTROLLER://${LOCAL_HOST}:${controlPort}`].join(",")],
    ["controller.quorum.voters", votersOf(nodes)],
    ["log.dirs", dataDirectory],
    ["samsa.cluster.secret.file", secretFile],
    ...more,
  ]);
}
