import type { ReplicaKey } from "./replica-key.ts";
import type { VoterSet } from "./voter-set.ts";

interface Round {
  readonly ids: number[];
  /** What is committed when the round began; undefined until the leader's barrier is. */
  index: number | undefined;
  /** Answers to requests up to these may have left before the round began. */
  readonly sequences: ReadonlyMap<number, number>;
  readonly confirmed: Set<number>;
}

/**
 * Linearizable reads (thesis §6.4): what was committed when the read came may be answered once a majority answered a request that was sent
 * later. A leader that was paused, and replaced meanwhile, gets no such answers, whatever it has in memory (etcd #20418).
 */
export class Reads {
  private rounds: Round[] = [];
  /** The round that reads of this turn join. */
  private open: Round | undefined;
  private lastId: number;
  private waiting = 0;

  constructor(lastId: number) {
    this.lastId = lastId;
  }

  get pending(): number {
    return this.waiting;
  }

  /** Ids go on over the leaderships of a node. */
  get highestId(): number {
    return this.lastId;
  }

  request(now: { readonly commitIndex: number | undefined; readonly sequences: () => ReadonlyMap<number, number> }): number {
    if (this.open === undefined) {
      this.open = { ids: [], index: now.commitIndex, sequences: now.sequences(), confirmed: new Set() };
      this.rounds.push(this.open);
    } else this.open.index = now.commitIndex;
    const id = ++this.lastId;
    this.open.ids.push(id);
    this.waiting++;
    return id;
  }

  /** The requests of this turn have left: later reads need later ones. */
  close(): void {
    this.open = undefined;
  }

  answered(from: number, sequence: number): void {
    for (const round of this.rounds) if (round !== this.open && sequence > (round.sequences.get(from) ?? 0)) round.confirmed.add(from);
  }

  /** The leader's barrier is committed at `commitIndex`: so is all that was acknowledged before it led. */
  ready(commitIndex: number): void {
    for (const round of this.rounds) round.index ??= commitIndex;
  }

  /** Takes out what may be answered. */
  release(voters: VoterSet, self: ReplicaKey): readonly { readonly id: number; readonly index: number }[] {
    const released: { readonly id: number; readonly index: number }[] = [];
    for (let round = this.rounds[0]; round?.index !== undefined && isConfirmed(round, voters, self); round = this.rounds[0]) {
      if (round === this.open) this.open = undefined;
      const { index } = round;
      for (const id of round.ids) released.push({ id, index });
      this.rounds.shift();
    }
    this.waiting -= released.length;
    return released;
  }

  /** The leadership is over: nothing here can be answered any more. */
  refuse(): readonly number[] {
    const ids = this.rounds.flatMap((round) => round.ids);
    this.rounds = [];
    this.open = undefined;
    this.waiting = 0;
    return ids;
  }
}

function isConfirmed(round: Round, voters: VoterSet, self: ReplicaKey): boolean {
  const isVoter = voters.has(self);
  return voters.reached((id) => ((id === self.id && isVoter) || round.confirmed.has(id) ? 1 : 0)) === 1;
}
