import type { Recovered } from "./recovered.ts";
import type { Entry, LogPosition } from "./entry.ts";
import { invariant } from "./invariant.ts";
import type { PersistedWrite } from "./output.ts";
import { RaftLog } from "./raft-log.ts";
import { isSameReplica, type ReplicaKey } from "./replica-key.ts";
import type { Snapshot } from "./snapshot.ts";
import type { VotersAt } from "./voter-history.ts";
import { VoterSet } from "./voter-set.ts";

/** Proof of what is on disk. Only `DurableState` makes one, and only when a sync has returned. */
class SyncedFacts {
  readonly term: number;
  readonly votedFor: ReplicaKey | undefined;
  /** The log is on disk up to this index, as it is in memory now; what a snapshot covers is, too. */
  readonly index: number;
  /** Makes the type nominal: an object with the same fields is no proof. */
  declare protected readonly nominal: true;

  constructor(facts: { readonly term: number; readonly votedFor: ReplicaKey | undefined; readonly index: number }) {
    this.term = facts.term;
    this.votedFor = facts.votedFor;
    this.index = facts.index;
  }
}

/** The token without which no message that promises something can be built. Its class is not exported, so nobody else can make one. */
export type Synced = SyncedFacts;

interface Outstanding {
  readonly id: number;
  readonly term: number;
  readonly votedFor: ReplicaKey | undefined;
  /** Lowered when entries of the write are truncated while it is being synced. */
  index: number;
}

/**
 * The state that survives: term, vote and log, as they are in memory, and how much of them is on disk.
 *
 * At most one write is being synced; what changes meanwhile is gathered into the next one ("the sync in flight is the
 * linger"). So the unsynced tail of the write-ahead log is exactly one frame, which is how recovery tells a torn tail
 * from damage in the middle.
 *
 * An observer's is *volatile*: it promises nothing, so nothing of it is written until somebody counts on it.
 */
export class DurableState {
  readonly log: RaftLog;
  private currentTerm: number;
  private currentVote: ReplicaKey | undefined;
  private facts: Synced;
  private outstanding: Outstanding | undefined;
  private lastId = 0;
  private isDirty = false;
  private isVolatile = false;
  /** The next write is a new file: the one there begins with what was dropped from memory. */
  private isRewriteDue = false;
  /** The first index that no write carries yet. */
  private unwrittenIndex: number;
  /** Where the next write cuts the log on disk; 0 for nowhere. */
  private cutIndex = 0;
  /** A stored snapshot covers the log up to here. */
  private coveredIndex: number;

  constructor(recovered: Recovered, firstVoters: VoterSet) {
    const { snapshot, base, entries } = recovered;
    const voters: VotersAt = snapshot === undefined ? { index: 0, voters: firstVoters } : { index: snapshot.index, voters: new VoterSet(snapshot.voters) };
    this.log = new RaftLog({ base, entries, voters });
    invariant(this.log.lastTerm <= recovered.term, "no entry is of a later term than the node", { lastTerm: this.log.lastTerm, term: recovered.term });
    invariant(base.index <= (snapshot?.index ?? 0), "a snapshot covers what is missing of the log", { base: base.index, snapshot: snapshot?.index });
    this.currentTerm = recovered.term;
    this.currentVote = recovered.votedFor;
    this.coveredIndex = snapshot?.index ?? 0;
    this.unwrittenIndex = this.log.lastIndex + 1;
    this.facts = new SyncedFacts({ term: recovered.term, votedFor: recovered.votedFor, index: this.log.lastIndex });
    // The file may be one that ends before its snapshot does (a crash between the two): nothing can be appended to it.
    if (base.index > 0 && base.index === snapshot?.index) this.beginNewFile();
  }

  get term(): number {
    return this.currentTerm;
  }

  get votedFor(): ReplicaKey | undefined {
    return this.currentVote;
  }

  get synced(): Synced {
    return this.facts;
  }

  /** Nothing is written from here on. Only for a node whose disk holds nothing but, perhaps, a snapshot. */
  makeVolatile(): void {
    this.isVolatile = true;
    this.facts = new SyncedFacts({ term: 0, votedFor: undefined, index: this.coveredIndex });
  }

  /** From here on others count on this node: all it has goes to disk, as a file of its own. */
  makeDurable(): void {
    if (!this.isVolatile) return;
    this.isVolatile = false;
    this.rewrite();
  }

  adoptTerm(term: number): void {
    invariant(term > this.currentTerm, "terms only grow", { term, currentTerm: this.currentTerm });
    this.currentTerm = term;
    this.currentVote = undefined;
    this.isDirty = true;
  }

  voteFor(candidate: ReplicaKey): void {
    const { currentVote } = this;
    if (currentVote !== undefined && isSameReplica(currentVote, candidate)) return;
    invariant(currentVote === undefined, "a term has one vote", { term: this.currentTerm, votedFor: currentVote?.id, candidate: candidate.id });
    this.currentVote = candidate;
    this.isDirty = true;
    this.makeDurable();
  }

  append(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    this.log.append(entries);
    this.isDirty = true;
  }

  truncateFrom(index: number, commitIndex: number): void {
    invariant(index > commitIndex, "a committed entry is never truncated", { index, commitIndex });
    this.log.truncateFrom(index);
    if (index < this.unwrittenIndex) {
      this.cutIndex = index;
      this.unwrittenIndex = index;
    }
    if (this.outstanding !== undefined) this.outstanding.index = Math.min(this.outstanding.index, index - 1);
    this.lowerFacts(index - 1);
    this.isDirty = true;
  }

  /** A stored snapshot covers the log up to `covered`; the entries up to `dropTo` go. */
  compact(covered: LogPosition, dropTo: number): void {
    invariant(this.log.termAt(covered.index) === covered.term, "a snapshot of this very log", { index: covered.index, term: covered.term });
    this.coveredIndex = covered.index;
    this.raiseFacts();
    const { base } = this.log;
    this.log.compactTo(dropTo, covered.index);
    if (this.log.base.index > base.index) this.rewrite();
  }

  /** A stored snapshot takes the place of the whole log. */
  reset(snapshot: Snapshot): void {
    this.log.reset({ index: snapshot.index, term: snapshot.term }, { index: snapshot.index, voters: new VoterSet(snapshot.voters) });
    this.coveredIndex = snapshot.index;
    if (this.outstanding !== undefined) this.outstanding.index = snapshot.index;
    this.facts = new SyncedFacts({ ...this.facts, index: snapshot.index });
    this.rewrite();
  }

  /** What to write next, if something changed and no write is being synced. */
  nextWrite(): { readonly id: number; readonly write: PersistedWrite } | undefined {
    if (!this.isDirty || this.isVolatile || this.outstanding !== undefined) return undefined;
    const entries = this.log.slice(this.unwrittenIndex, this.log.lastIndex + 1);
    const base = this.isRewriteDue ? this.log.base : undefined;
    const write = { term: this.currentTerm, votedFor: this.currentVote, truncateFrom: base === undefined ? this.cutIndex : 0, base, entries };
    this.outstanding = { id: ++this.lastId, term: this.currentTerm, votedFor: this.currentVote, index: this.log.lastIndex };
    this.unwrittenIndex = this.log.lastIndex + 1;
    this.cutIndex = 0;
    this.isRewriteDue = false;
    this.isDirty = false;
    return { id: this.lastId, write };
  }

  /** The write is on disk: what it proves, or undefined if no such write is outstanding. */
  complete(id: number): Synced | undefined {
    if (this.outstanding?.id !== id) return undefined;
    this.facts = new SyncedFacts(this.outstanding);
    this.outstanding = undefined;
    this.raiseFacts();
    return this.facts;
  }

  /** The whole state goes into a new file, which takes the place of the old one. */
  private rewrite(): void {
    this.beginNewFile();
    this.isDirty = true;
  }

  private beginNewFile(): void {
    this.unwrittenIndex = this.log.base.index + 1;
    this.cutIndex = 0;
    this.isRewriteDue = true;
  }

  private lowerFacts(index: number): void {
    if (this.facts.index > index) this.facts = new SyncedFacts({ ...this.facts, index });
  }

  /** What a snapshot covers is on disk whatever the log's file says. */
  private raiseFacts(): void {
    if (this.facts.index < this.coveredIndex) this.facts = new SyncedFacts({ ...this.facts, index: this.coveredIndex });
  }
}
