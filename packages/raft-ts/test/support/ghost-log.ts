import { decodeVoters, type Entry, type Voter } from "../../src/index.ts";
import { hashAfter } from "./application.ts";

interface Ghost {
  readonly entry: Entry;
  /** The term of the node that committed it first. */
  readonly committedInTerm: number;
  /** The state of an application behind it. */
  readonly hash: number;
}

/** All that was ever committed, as of the first time that any node committed it. No node knows of this log. */
export class GhostLog {
  private readonly ghosts: Ghost[] = [];
  private readonly voterSets: { readonly index: number; readonly voters: readonly Voter[] }[] = [];

  get length(): number {
    return this.ghosts.length;
  }

  /** Changes of the voters. */
  get voterChanges(): number {
    return this.voterSets.length;
  }

  append(entry: Entry, committedInTerm: number): void {
    this.ghosts.push({ entry, committedInTerm, hash: hashAfter(this.hashAt(this.length), entry) });
    const voters = entry.kind === "voters" ? decodeVoters(entry.payload) : undefined;
    if (voters !== undefined) this.voterSets.push({ index: entry.index, voters });
  }

  entryAt(index: number): Entry | undefined {
    return this.ghosts[index - 1]?.entry;
  }

  hashAt(index: number): number {
    return this.ghosts[index - 1]?.hash ?? 0;
  }

  /** The voters as of `index`; undefined as long as they are those a quorum starts with. */
  votersAt(index: number): readonly Voter[] | undefined {
    return this.voterSets.findLast((set) => set.index <= index)?.voters;
  }

  /** The last index that was committed in a term before `term`. */
  lastIndexBefore(term: number): number {
    let index = this.length;
    while (index > 0 && (this.ghosts[index - 1]?.committedInTerm ?? 0) >= term) index--;
    return index;
  }
}
