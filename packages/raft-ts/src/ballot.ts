import { majorityOf } from "./majority.ts";

/** The votes, or pre-votes, of one round. A voter counts once; a later grant replaces a refusal, never the reverse. */
export class Ballot {
  private readonly voters: readonly number[];
  private readonly granted = new Set<number>();
  private readonly refused = new Set<number>();

  constructor(voters: readonly number[]) {
    this.voters = voters;
  }

  count(voter: number, isGranted: boolean): void {
    if (isGranted) this.granted.add(voter);
    else this.refused.add(voter);
  }

  isUndecided(voter: number): boolean {
    return !this.granted.has(voter) && !this.refused.has(voter);
  }

  /** Lost as soon as those who have not answered, but for the unreachable, can't make it a majority any more. */
  outcome(unreachable: ReadonlySet<number>): "won" | "lost" | "open" {
    const majority = majorityOf(this.voters.length);
    if (this.granted.size >= majority) return "won";
    const awaited = this.voters.filter((voter) => this.isUndecided(voter) && !unreachable.has(voter)).length;
    return this.granted.size + awaited < majority ? "lost" : "open";
  }
}
