import type { Entry } from "./entry.ts";
import { invariant } from "./invariant.ts";
import { VoterSet } from "./voter-set.ts";
import { decodeVoters } from "./voters-codec.ts";

/** The voters as of one index of the log. */
export interface VotersAt {
  /** Of the entry that named them; of a snapshot that holds them; 0 for those a quorum starts with. */
  readonly index: number;
  readonly voters: VoterSet;
}

/**
 * The voters along the log. An entry that names new ones counts as soon as it is in the log, committed or not (thesis §4.1); truncation
 * brings back those before it.
 */
export class VoterHistory {
  private sets: VotersAt[];

  constructor(base: VotersAt) {
    this.sets = [base];
  }

  get latest(): VotersAt {
    const latest = this.sets.at(-1);
    invariant(latest !== undefined, "there are always voters");
    return latest;
  }

  /** The newest named at or before `index`. */
  at(index: number): VotersAt {
    return this.sets.findLast((set) => set.index <= index) ?? this.sets[0] ?? this.latest;
  }

  /**
   * Those that may decide something: the latest and, while it is not known to be committed, the one before; a leader adds none before that. The
   * voters a quorum starts with are no more when the first entry has named them.
   */
  inForce(commitIndex: number): readonly VoterSet[] {
    const { latest } = this;
    const before = this.sets.at(-2);
    return before === undefined || before.index === 0 || latest.index <= commitIndex ? [latest.voters] : [before.voters, latest.voters];
  }

  append(entry: Entry): void {
    if (entry.kind !== "voters" || entry.index <= this.latest.index) return;
    const voters = decodeVoters(entry.payload);
    invariant(voters !== undefined, "a voters entry names voters", { index: entry.index });
    this.sets.push({ index: entry.index, voters: new VoterSet(voters) });
  }

  truncateFrom(index: number): void {
    this.sets = this.sets.filter((set, position) => position === 0 || set.index < index);
  }

  /** Forgets those that were replaced at or before `index`. */
  compactTo(index: number): void {
    const base = this.at(index);
    this.sets = this.sets.filter((set) => set.index >= base.index);
  }

  reset(base: VotersAt): void {
    this.sets = [base];
  }
}
