import type { HostedReplica } from "@samsa/broker";
import type { Effect } from "@samsa/world";
import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";

/** Says what is wrong; the run ends with the first one. */
export type Report = (invariant: string, detail: string) => void;

/** Counts that something worth testing has happened. */
export type Mark = (mark: string) => void;

/** What a node did in a turn. */
export interface Turn {
  readonly effects: readonly Effect[];
  /** Its replicas that are not as the ghost remembers them. */
  readonly changed: readonly HostedReplica[];
}

/** One property of `reliability` kind each, in a file of its own. Checked after every turn of every node. */
export interface InvariantCheck {
  /** As the catalogue names it, such as `I-R1`. */
  readonly id: string;
  /** True of one that looks at a turn's changed replicas and at nothing else: it is not asked after turns without any. */
  readonly looksAtChangesOnly?: boolean;
  /** True of one that looks at the node's place in the quorum and at its metadata alone: it is not asked after turns that moved neither. */
  readonly looksAtQuorumOnly?: boolean;
  afterTurn?(view: NodeView, ghost: Ghost, turn: Turn): void;
  /** All is healed and at rest. */
  atEnd?(view: NodeView): void;
  /** The node has another disk, which is empty; its metadata log, of which `lostMetadataLog` tells, is gone with the rest. */
  wiped?(node: number): void;
  /** What the node promised in the quorum is gone: it must be another voter. */
  lostMetadataLog?(node: number): void;
  started?(view: NodeView, ghost: Ghost, how: { readonly lostPower: boolean }): void;
}
