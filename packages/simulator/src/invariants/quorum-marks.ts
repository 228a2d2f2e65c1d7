import type { MetadataImage } from "@samsa/metadata";
import { appliedImage, type NodeView } from "../cluster/cluster.ts";

type Raft = NonNullable<NodeView["node"]["quorum"]["node"]>;

/** Where one process stood in the quorum after its last turn. */
interface Mark {
  readonly view: NodeView;
  readonly image: MetadataImage;
  readonly raft: Raft | undefined;
  readonly place: readonly (number | string)[];
}

/** Tells the turns that moved a node in the quorum, or its metadata, from the many that did not. */
export class QuorumMarks {
  private readonly marks = new Map<number, Mark>();

  /** Since the last call for this node; its new place is what the next call compares with. */
  hasMoved(view: NodeView): boolean {
    const known = this.marks.get(view.id);
    const image = appliedImage(view.node);
    const raft = view.node.quorum.node;
    if (known?.view === view && known.image === image && known.raft === raft && (raft === undefined || isAt(known.place, raft))) return false;
    this.marks.set(view.id, { view, image, raft, place: raft === undefined ? [] : placeOf(raft) });
    return true;
  }
}

const placeOf = (raft: Raft): readonly (number | string)[] => [
  raft.term,
  raft.role,
  raft.commitIndex,
  raft.lastIndex,
  raft.syncedIndex,
  raft.base.index,
  raft.snapshot?.index ?? 0,
  raft.termAt(raft.lastIndex) ?? 0,
  raft.termAt(raft.syncedIndex) ?? 0,
];

/** As `placeOf`, without making anything. */
function isAt([term, role, commitIndex, lastIndex, syncedIndex, base, snapshot, lastTerm, syncedTerm]: Mark["place"], raft: Raft): boolean {
  if (raft.term !== term || raft.role !== role || raft.commitIndex !== commitIndex || raft.lastIndex !== lastIndex) return false;
  if (raft.syncedIndex !== syncedIndex || raft.base.index !== base || (raft.snapshot?.index ?? 0) !== snapshot) return false;
  return (raft.termAt(raft.lastIndex) ?? 0) === lastTerm && (raft.termAt(raft.syncedIndex) ?? 0) === syncedTerm;
}
