import type { Entry, PersistedWrite, RaftMessage, Recovered, ReplicaKey, Snapshot } from "../../src/index.ts";
import { Violation } from "./violation.ts";

/** One replica's disk as its synced writes tell it, and what the replica promised on the strength of it. */
interface Ledger {
  readonly name: string;
  term: number;
  votedFor: string | undefined;
  base: number;
  /** Behind the base. */
  entries: Entry[];
  snapshotIndex: number;
  /** The highest term it told anybody in a message that promises something. */
  promisedTerm: number;
  /** Whom it promised its vote, by term. */
  readonly votes: Map<number, string>;
}

export const nameOf = (key: ReplicaKey): string => `${key.id}/${key.directoryId}`;

/** The promise ledger: what every replica, that is every (id, directory), made durable, and what it told others that it did. */
export class DiskLedger {
  private readonly ledgers = new Map<string, Ledger>();

  /** The same directory came back: it must remember what it promised. */
  started(key: ReplicaKey, recovered: Recovered): void {
    const ledger = this.of(key);
    if (recovered.term < ledger.promisedTerm)
      throw new Violation("I-R6 durable promises", `${ledger.name} promised term ${ledger.promisedTerm}, recovered ${recovered.term}`);
    const vote = ledger.votes.get(recovered.term);
    const recoveredVote = recovered.votedFor === undefined ? undefined : nameOf(recovered.votedFor);
    if (vote !== undefined && recoveredVote !== vote)
      throw new Violation("I-R6 durable promises", `${ledger.name} voted for ${vote} in ${recovered.term}, recovered ${recoveredVote}`);
    ledger.term = recovered.term;
    ledger.votedFor = recoveredVote;
    ledger.base = recovered.base.index;
    ledger.entries = [...recovered.entries];
    ledger.snapshotIndex = recovered.snapshot?.index ?? 0;
  }

  synced(key: ReplicaKey, write: PersistedWrite): void {
    const ledger = this.of(key);
    const vote = write.votedFor === undefined ? undefined : nameOf(write.votedFor);
    const isSecondVote = write.term === ledger.term && ledger.votedFor !== undefined && vote !== ledger.votedFor;
    if (write.term < ledger.term || isSecondVote)
      throw new Violation("I-R6 monotone on disk", `${ledger.name} has ${ledger.term}, vote ${ledger.votedFor}, and writes ${write.term}, vote ${vote}`);
    ledger.term = write.term;
    ledger.votedFor = vote;
    if (write.base !== undefined) {
      if (write.base.index > ledger.snapshotIndex)
        throw new Violation("I-R8 a snapshot covers the base", `${ledger.name} drops up to ${write.base.index}, has a snapshot of ${ledger.snapshotIndex}`);
      ledger.base = write.base.index;
      ledger.entries = [];
    }
    if (write.truncateFrom > 0) ledger.entries.length = write.truncateFrom - ledger.base - 1;
    ledger.entries.push(...write.entries);
  }

  stored(key: ReplicaKey, snapshot: Snapshot): void {
    const ledger = this.of(key);
    if (snapshot.index < ledger.snapshotIndex)
      throw new Violation("I-R8 snapshots only grow", `${ledger.name} puts ${snapshot.index} in the place of ${ledger.snapshotIndex}`);
    ledger.snapshotIndex = snapshot.index;
  }

  sent(key: ReplicaKey, to: ReplicaKey, message: RaftMessage): void {
    switch (message.type) {
      case "vote-request":
        return this.voted(this.of(key), message.term, nameOf(key));
      case "vote-response":
        if (message.isGranted) this.voted(this.of(key), message.term, nameOf(to));
        return this.promised(this.of(key), message.term);
      case "append-matched": {
        const ledger = this.of(key);
        this.promised(ledger, message.term);
        if (message.matchIndex > Math.max(ledger.base + ledger.entries.length, ledger.snapshotIndex))
          throw new Violation("I-R7 acknowledged is durable", `${ledger.name} acknowledged ${message.matchIndex}, has ${ledger.base + ledger.entries.length}`);
        return;
      }
      case "append-conflict":
        return this.promised(this.of(key), message.term);
    }
  }

  /** The entry is on this replica's disk. */
  holds(key: ReplicaKey, index: number, term: number): boolean {
    const ledger = this.ledgers.get(nameOf(key));
    return ledger !== undefined && (index <= ledger.snapshotIndex || ledger.entries[index - ledger.base - 1]?.term === term);
  }

  private promised(ledger: Ledger, term: number): void {
    if (ledger.term < term) throw new Violation("I-R6 durable promises", `${ledger.name} answers in term ${term} with ${ledger.term} on disk`);
    ledger.promisedTerm = Math.max(ledger.promisedTerm, term);
  }

  private voted(ledger: Ledger, term: number, candidate: string): void {
    const earlier = ledger.votes.get(term) ?? candidate;
    if (earlier !== candidate) throw new Violation("I-R6 one vote a term", `${ledger.name} voted in ${term} for ${earlier} and for ${candidate}`);
    ledger.votes.set(term, candidate);
    this.promised(ledger, term);
  }

  private of(key: ReplicaKey): Ledger {
    const name = nameOf(key);
    let ledger = this.ledgers.get(name);
    if (ledger === undefined) {
      ledger = { name, term: 0, votedFor: undefined, base: 0, entries: [], snapshotIndex: 0, promisedTerm: 0, votes: new Map() };
      this.ledgers.set(name, ledger);
    }
    return ledger;
  }
}
