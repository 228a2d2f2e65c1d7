import type { Entry, Recovered } from "./entry.ts";
import { NO_NODE } from "./entry.ts";
import { invariant } from "./invariant.ts";
import type { PersistedWrite } from "./output.ts";
import { RaftLog } from "./raft-log.ts";

/** Proof of what is on disk. Only `DurableState` makes one, and only when a sync has returned. */
class SyncedFacts {
  readonly term: number;
  readonly votedFor: number;
  /** The log is on disk up to this index, as it is in memory now. */
  readonly index: number;
  /** Makes the type nominal: an object with the same fields is no proof. */
  declare protected readonly nominal: true;

  constructor(facts: { readonly term: number; readonly votedFor: number; readonly index: number }) {
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
  readonly votedFor: number;
  /** Lowered when entries of the write are truncated while it is being synced. */
  index: number;
}

/**
 * The state that survives: term, vote and log, as they are in memory, and how much of them is on disk.
 *
 * At most one write is being synced; what changes meanwhile is gathered into the next one ("the sync in flight is the
 * linger"). So the unsynced tail of the write-ahead log is exactly one frame, which is how recovery tells a torn tail
 * from damage in the middle.
 */
export class DurableState {
  readonly log: RaftLog;
  private currentTerm: number;
  private currentVote: number;
  private facts: Synced;
  private outstanding: Outstanding | undefined;
  private lastId = 0;
  private isDirty = false;
  /** The first index that no write carries yet. */
  private unwrittenIndex: number;
  /** Where the next write cuts the log on disk; 0 for nowhere. */
  private cutIndex = 0;

  constructor(recovered: Recovered) {
    this.log = new RaftLog(recovered.entries);
    invariant(this.log.lastTerm <= recovered.term, "no entry is of a later term than the node", { lastTerm: this.log.lastTerm, term: recovered.term });
    this.currentTerm = recovered.term;
    this.currentVote = recovered.votedFor;
    this.unwrittenIndex = this.log.lastIndex + 1;
    this.facts = new SyncedFacts({ term: recovered.term, votedFor: recovered.votedFor, index: this.log.lastIndex });
  }

  get term(): number {
    return this.currentTerm;
  }

  get votedFor(): number {
    return this.currentVote;
  }

  get synced(): Synced {
    return this.facts;
  }

  adoptTerm(term: number): void {
    invariant(term > this.currentTerm, "terms only grow", { term, currentTerm: this.currentTerm });
    this.currentTerm = term;
    this.currentVote = NO_NODE;
    this.isDirty = true;
  }

  voteFor(candidate: number): void {
    if (this.currentVote === candidate) return;
    invariant(this.currentVote === NO_NODE, "a term has one vote", { term: this.currentTerm, votedFor: this.currentVote, candidate });
    this.currentVote = candidate;
    this.isDirty = true;
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
    if (this.facts.index >= index) this.facts = new SyncedFacts({ term: this.facts.term, votedFor: this.facts.votedFor, index: index - 1 });
    this.isDirty = true;
  }

  /** What to write next, if something changed and no write is being synced. */
  nextWrite(): { readonly id: number; readonly write: PersistedWrite } | undefined {
    if (!this.isDirty || this.outstanding !== undefined) return undefined;
    const entries = this.log.slice(this.unwrittenIndex, this.log.lastIndex + 1);
    const write = { term: this.currentTerm, votedFor: this.currentVote, truncateFrom: this.cutIndex, entries };
    this.outstanding = { id: ++this.lastId, term: this.currentTerm, votedFor: this.currentVote, index: this.log.lastIndex };
    this.unwrittenIndex = this.log.lastIndex + 1;
    this.cutIndex = 0;
    this.isDirty = false;
    return { id: this.lastId, write };
  }

  /** The write is on disk: what it proves, or undefined if no such write is outstanding. */
  complete(id: number): Synced | undefined {
    if (this.outstanding?.id !== id) return undefined;
    this.facts = new SyncedFacts(this.outstanding);
    this.outstanding = undefined;
    return this.facts;
  }
}
