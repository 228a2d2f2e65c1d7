import type { FaultControl } from "@samsa/world";
import type { EmbeddedNode } from "./embedded-node.ts";

/** What is between two sides of the cluster: nothing passes, or it comes later. */
export interface Link {
  readonly sides: readonly [readonly number[], readonly number[]];
  /** undefined: nothing passes. */
  readonly delayMs: number | undefined;
}

/**
 * Faults between nodes. Only who dials knows who is at the other end, so each node does this to what it has dialled, and together they cover every
 * connection; clients are not concerned. A node that starts again finds what was done to its links still in force, as with a cable.
 */
export class LinkFaults {
  private readonly links = new Map<Link, Set<() => void>>();
  private readonly endpointsOf: (node: number) => readonly string[];
  private readonly nodes: () => readonly EmbeddedNode[];

  constructor(nodes: () => readonly EmbeddedNode[], endpointsOf: (node: number) => readonly string[]) {
    this.nodes = nodes;
    this.endpointsOf = endpointsOf;
  }

  add(link: Link): void {
    this.links.set(link, new Set());
    for (const { id, control } of this.nodes()) if (control !== undefined) this.apply(link, id, control);
  }

  remove(link: Link): void {
    const undoes = this.links.get(link);
    this.links.delete(link);
    for (const undo of undoes ?? []) undo();
  }

  born(node: number, control: FaultControl): void {
    for (const link of this.links.keys()) this.apply(link, node, control);
  }

  private apply(link: Link, node: number, control: FaultControl): void {
    const endpoints = oppositeOf(link, node).flatMap((other) => this.endpointsOf(other));
    if (endpoints.length === 0) return;
    const undo =
      link.delayMs === undefined ? control.cut({ endpoints, stopsOutgoing: true, stopsIncoming: true }) : control.slowDown({ endpoints, byMs: link.delayMs });
    this.links.get(link)?.add(undo);
  }
}

function oppositeOf({ sides: [one, other] }: Link, node: number): readonly number[] {
  if (one.includes(node)) return other;
  return other.includes(node) ? one : [];
}
