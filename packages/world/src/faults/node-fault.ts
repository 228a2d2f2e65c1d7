import type { Fault, FaultSupportTable } from "../fault-plan.ts";

type Decorated = "disk-error" | "disk-full" | "log-dir-failure" | "slow-disk" | "slow-network" | "reset" | "stash" | "clock";
type WithoutVictim<F> = F extends Fault ? Omit<F, "victim"> : never;

/**
 * One node's side of a partition. Only the dialling side knows who is at the other end of a connection, so each node of a
 * partition does this to what it has dialled, and together they cover all connections between them.
 */
export interface NodePartition {
  readonly type: "partition";
  /** `host:port` of listeners that this node dials. */
  readonly endpoints: readonly string[];
  readonly stopsOutgoing: boolean;
  readonly stopsIncoming: boolean;
  /** Without it: until the heal. */
  readonly forMs?: number;
}

/** Nothing passes between a node and these listeners of other nodes (`host:port`), until the heal. Both sides of a cut have to do it, as of any partition. */
export interface NodeCut {
  readonly type: "cut";
  readonly endpoints: readonly string[];
  /** Seen from the node that does it; without it: both ways. */
  readonly stops?: "outgoing" | "incoming" | undefined;
}

/** What an operator may have a running node do to itself. `heal`: all that was done to it before is over. */
export type OperatorFault = Fault | NodeCut | { readonly type: "heal" };

/** A fault done to one node by decorating its ports. */
export type NodeFault = WithoutVictim<Extract<Fault, { type: Decorated }>> | NodePartition;

/** What decorated ports can do in a world that does not do it by itself, with the process faults done by whoever starts processes. */
export const DECORATED_SUPPORT: FaultSupportTable = {
  crash: "real",
  // A process can't take the power from its host: what it wrote stays in the page cache.
  "power-loss": "refused",
  stop: "real",
  pause: "real",
  partition: "decorated",
  reset: "decorated",
  stash: "decorated",
  corrupt: "refused",
  "slow-network": "decorated",
  "slow-disk": "decorated",
  "disk-error": "decorated",
  "disk-full": "decorated",
  "log-dir-failure": "decorated",
  clock: "decorated",
  plant: "decorated",
};

export interface PartitionSides {
  readonly node: number;
  /** Nodes on the side that the fault names. */
  readonly from: readonly number[];
  readonly isOneWay: boolean;
  readonly forMs: number;
  /** Listeners of every node that others dial, by node. */
  readonly endpoints: ReadonlyMap<number, readonly string[]>;
}

/** A cut lasts until the heal. */
export function cutOfPartition({ endpoints, stopsOutgoing, stopsIncoming }: NodePartition): NodeCut {
  const stops = stopsOutgoing && stopsIncoming ? {} : { stops: stopsOutgoing ? ("outgoing" as const) : ("incoming" as const) };
  return { type: "cut", endpoints, ...stops };
}

/** What `node` has to do for a partition of the cluster; undefined if it is nothing. */
export function partitionOfNode({ node, from, isOneWay, forMs, endpoints }: PartitionSides): NodePartition | undefined {
  const isInside = from.includes(node);
  const opposite = [...endpoints].filter(([other]) => other !== node && from.includes(other) !== isInside).flatMap(([, listeners]) => listeners);
  if (opposite.length === 0) return undefined;
  // One way: nothing leaves the named side. Seen from within, that is what goes out; from without, what comes in.
  return { type: "partition", endpoints: opposite, stopsOutgoing: isInside || !isOneWay, stopsIncoming: !isInside || !isOneWay, forMs };
}
