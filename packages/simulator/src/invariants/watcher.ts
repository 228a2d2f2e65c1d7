import type { Effect } from "@samsa/world";
import type { ClusterShape } from "../cluster/cluster-shape.ts";
import type { ClusterObserver, NodeView } from "../cluster/cluster.ts";
import { allInvariants } from "./all.ts";
import { Ghost } from "./ghost.ts";
import type { InvariantCheck } from "./invariant-check.ts";

export interface Violation {
  readonly invariant: string;
  readonly detail: string;
}

/** Looks at a cluster after every turn of every node; keeps the first violations, and the ghost that the rest of a run asks. */
export class Watcher implements ClusterObserver {
  readonly ghost: Ghost;
  readonly violations: Violation[] = [];
  private readonly invariants: readonly InvariantCheck[];
  /** Those that a turn that changed no replica may still violate. */
  private readonly invariantsWithoutChanges: readonly InvariantCheck[];
  private readonly violated: (violation: Violation) => void;

  constructor(shape: ClusterShape, violated: (violation: Violation) => void) {
    this.ghost = new Ghost(shape);
    this.violated = violated;
    this.invariants = allInvariants((invariant, detail) => this.report({ invariant, detail }));
    this.invariantsWithoutChanges = this.invariants.filter(({ looksAtChangesOnly }) => looksAtChangesOnly !== true);
  }

  report(violation: Violation): void {
    this.violations.push(violation);
    this.violated(violation);
  }

  started(view: NodeView, how: { readonly lostPower: boolean }): void {
    for (const invariant of this.invariants) invariant.started?.(view, this.ghost, how);
    this.ghost.began(view);
  }

  lostPower(node: number): void {
    this.ghost.lostPower(node);
  }

  wiped(node: number): void {
    for (const invariant of this.invariants) {
      invariant.wiped?.(node);
      invariant.lostMetadataLog?.(node);
    }
    this.ghost.wiped(node);
  }

  lostMetadataLog(node: number): void {
    for (const invariant of this.invariants) invariant.lostMetadataLog?.(node);
    this.ghost.lostMetadataLog(node);
  }

  replacedLogDir(node: number): void {
    for (const invariant of this.invariants) invariant.wiped?.(node);
    this.ghost.replacedLogDir(node);
  }

  afterTurn(view: NodeView, effects: readonly Effect[]): void {
    const changed = this.ghost.changedReplicas(view);
    const turn = { effects, changed };
    const asked = changed.length === 0 ? this.invariantsWithoutChanges : this.invariants;
    for (const invariant of asked) invariant.afterTurn?.(view, this.ghost, turn);
    this.ghost.remember(view, changed);
  }
}
