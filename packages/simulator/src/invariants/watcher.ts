import type { Effect } from "@samsa/world";
import type { ClusterShape } from "../cluster/cluster-shape.ts";
import type { ClusterObserver, NodeView } from "../cluster/cluster.ts";
import type { ResolvedFault } from "../world/index.ts";
import { allInvariants } from "./all.ts";
import { noteCompaction } from "./compacted-ends.ts";
import { Ghost } from "./ghost.ts";
import type { InvariantCheck, Mark } from "./invariant-check.ts";
import { QuorumMarks } from "./quorum-marks.ts";

export interface Violation {
  readonly invariant: string;
  readonly detail: string;
}

/** Faults after which nobody knows when a node's disk has what it was to write. */
const UNRELIABLE: ReadonlySet<ResolvedFault["type"]> = new Set(["slow-disk", "disk-error", "disk-full", "log-dir-failure", "pause"]);

/** Looks at a cluster after every turn of every node; keeps the first violations, and the ghost that the rest of a run asks. */
export class Watcher implements ClusterObserver {
  readonly ghost: Ghost;
  readonly violations: Violation[] = [];
  private readonly invariants: readonly InvariantCheck[];
  /** Those that a turn may violate that changed no replica, moved nothing in the quorum, or neither. */
  private readonly withoutChanges: readonly InvariantCheck[];
  private readonly withoutQuorum: readonly InvariantCheck[];
  private readonly withoutBoth: readonly InvariantCheck[];
  private readonly quorumMarks = new QuorumMarks();
  private readonly violated: (violation: Violation) => void;

  constructor(shape: ClusterShape, violated: (violation: Violation) => void, mark?: Mark) {
    this.ghost = new Ghost(shape);
    this.violated = violated;
    this.invariants = allInvariants((invariant, detail) => this.report({ invariant, detail }), mark);
    this.withoutChanges = this.invariants.filter(({ looksAtChangesOnly }) => looksAtChangesOnly !== true);
    this.withoutQuorum = this.invariants.filter(({ looksAtQuorumOnly }) => looksAtQuorumOnly !== true);
    this.withoutBoth = this.withoutChanges.filter(({ looksAtQuorumOnly }) => looksAtQuorumOnly !== true);
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

  tore(node: number): void {
    this.replacedLogDir(node);
  }

  injected(fault: ResolvedFault): void {
    if (UNRELIABLE.has(fault.type) && "victim" in fault && typeof fault.victim === "number") this.ghost.unreliableDisks.add(fault.victim);
  }

  afterTurn(view: NodeView, effects: readonly Effect[], nowUs = this.ghost.nowUs): void {
    this.ghost.nowUs = nowUs;
    noteCompaction(view, this.ghost, effects);
    const changed = this.ghost.changedReplicas(view);
    const turn = { effects, changed };
    const hasMoved = this.quorumMarks.hasMoved(view);
    for (const invariant of this.asked(changed.length > 0, hasMoved)) invariant.afterTurn?.(view, this.ghost, turn);
    if (hasMoved) this.ghost.rememberQuorum(view);
    if (changed.length > 0) this.ghost.rememberReplicas(view, changed);
  }

  atEnd(view: NodeView): void {
    for (const invariant of this.invariants) invariant.atEnd?.(view);
  }

  private asked(hasChanged: boolean, hasMoved: boolean): readonly InvariantCheck[] {
    if (hasChanged) return hasMoved ? this.invariants : this.withoutQuorum;
    return hasMoved ? this.withoutChanges : this.withoutBoth;
  }
}
