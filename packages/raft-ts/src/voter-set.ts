import { majorityOf, reachedByMajority } from "./majority.ts";
import { ANY_DIRECTORY, type ReplicaKey, type Voter } from "./replica-key.ts";

/** Who votes. Immutable. */
export class VoterSet {
  /** By ascending id. */
  readonly voters: readonly Voter[];
  private readonly byId: ReadonlyMap<number, Voter>;

  constructor(voters: readonly Voter[]) {
    this.voters = voters.toSorted((a, b) => a.id - b.id);
    this.byId = new Map(voters.map((voter) => [voter.id, voter]));
  }

  get size(): number {
    return this.voters.length;
  }

  /** The disk of every voter is known. */
  get isPinned(): boolean {
    return this.voters.every((voter) => voter.directoryId !== ANY_DIRECTORY);
  }

  /**
   * Votes that win an election: more than half. All of them while a disk is unknown: a majority that forgot everything could otherwise
   * elect a leader anew (KAFKA-14077), and nobody could tell it from a first start.
   */
  get votesToWin(): number {
    return this.isPinned ? majorityOf(this.size) : this.size;
  }

  get(id: number): Voter | undefined {
    return this.byId.get(id);
  }

  /** This very replica, disk and all, is a voter. */
  has(key: ReplicaKey): boolean {
    const voter = this.byId.get(key.id);
    return voter !== undefined && (voter.directoryId === key.directoryId || voter.directoryId === ANY_DIRECTORY);
  }

  with(voter: Voter): VoterSet {
    return new VoterSet([...this.voters.filter(({ id }) => id !== voter.id), voter]);
  }

  without(id: number): VoterSet {
    return new VoterSet(this.voters.filter((voter) => voter.id !== id));
  }

  /** Fills in the disks that were unknown. */
  pinned(directoryOf: (id: number) => string): VoterSet {
    return new VoterSet(this.voters.map((voter) => (voter.directoryId === ANY_DIRECTORY ? { ...voter, directoryId: directoryOf(voter.id) } : voter)));
  }

  /** The largest value that a majority of the voters has reached. */
  reached(valueOf: (id: number) => number): number {
    return reachedByMajority(this.voters.map(({ id }) => valueOf(id)));
  }
}
