import type { ReplicaKey } from "./replica-key.ts";
import type { VoterSet } from "./voter-set.ts";

/**
 * The votes, or pre-votes, of one round, counted among the voters as of its start. A voter counts once; a later grant replaces a refusal,
 * never the reverse. What a replica that is no voter says does not count, be it the candidate itself.
 */
export class Ballot {
  readonly voters: VoterSet;
  private readonly granted = new Map<number, ReplicaKey>();
  private readonly refused = new Set<number>();

  constructor(voters: VoterSet) {
    this.voters = voters;
  }

  count(voter: ReplicaKey, isGranted: boolean): void {
    if (!this.voters.has(voter)) return;
    if (isGranted) this.granted.set(voter.id, voter);
    else this.refused.add(voter.id);
  }

  isUndecided(id: number): boolean {
    return !this.granted.has(id) && !this.refused.has(id);
  }

  /** Somebody else than `self` has answered, be it with a no. */
  hasAnswerBeside(self: number): boolean {
    return [...this.granted.keys(), ...this.refused].some((id) => id !== self);
  }

  /** The disk of the voter that granted. */
  directoryOf(id: number): string {
    return this.granted.get(id)?.directoryId ?? "";
  }

  /** Lost as soon as those who have not answered, but for the unreachable, can't make it enough any more. */
  outcome(unreachable: ReadonlySet<number>): "won" | "lost" | "open" {
    const { votesToWin, voters } = this.voters;
    if (this.granted.size >= votesToWin) return "won";
    const awaited = voters.filter(({ id }) => this.isUndecided(id) && !unreachable.has(id)).length;
    return this.granted.size + awaited < votesToWin ? "lost" : "open";
  }
}
