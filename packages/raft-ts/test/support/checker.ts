import {
  decodeVoters,
  encodeVoters,
  type Entry,
  type LogPosition,
  majorityOf,
  type PersistedWrite,
  type RaftMessage,
  type RaftNode,
  type Recovered,
  type ReplicaKey,
  type Snapshot,
  type SnapshotChunk,
  type Voter,
} from "../../src/index.ts";
import { hashOf, readState } from "./application.ts";
import { DiskLedger, nameOf } from "./disk-ledger.ts";
import { GhostLog } from "./ghost-log.ts";
import { newMarks } from "./marks.ts";
import { Violation } from "./violation.ts";

/** One incarnation of one node, as last seen. */
interface Watched {
  readonly key: ReplicaKey;
  base: LogPosition;
  /** By entry objects: a replaced entry is another object. */
  readonly seen: Entry[];
  committed: number;
  applied: number;
  ledTerm: number;
  /** It began with this snapshot, and has not output it yet. */
  startsWith: number | undefined;
  /** What a read must see, by its id. */
  readonly reads: Map<number, number>;
}

/** Sees all that nodes do, remembers it for ever, and throws `Violation` at the first broken promise (I-R1 to I-R10, and linearizable reads). */
export class Checker {
  readonly marks = newMarks();
  readonly ghost = new GhostLog();
  /** How often a snapshot was sent to a node to its last byte. */
  readonly snapshotsSent = new Map<string, number>();
  private readonly disks = new DiskLedger();
  private readonly leaders = new Map<number, string>();
  /** By term and index. */
  private readonly identities = new Map<number, number>();
  private readonly watched = new Map<number, Watched>();
  private readonly proposedSets: { readonly index: number; readonly voters: readonly Voter[] }[] = [];

  started(key: ReplicaKey, recovered: Recovered, droppedBytes: number): void {
    if (droppedBytes > 0) this.marks.tornTails++;
    this.disks.started(key, recovered);
    const { base } = recovered;
    this.watched.set(key.id, { key, base, seen: [], committed: 0, applied: 0, ledTerm: -1, startsWith: recovered.snapshot?.index, reads: new Map() });
  }

  synced(key: ReplicaKey, write: PersistedWrite): void {
    this.disks.synced(key, write);
  }

  stored(key: ReplicaKey, snapshot: Snapshot): void {
    this.matchesGhost(key, snapshot);
    this.disks.stored(key, snapshot);
  }

  sent(key: ReplicaKey, to: ReplicaKey, message: RaftMessage): void {
    this.marks.messages++;
    if (message.type === "snapshot-chunk") this.sentChunk(to.id, message);
    this.disks.sent(key, to, message);
  }

  /**
   * One that fits into one piece answers every fetch that waited, and costs no more than any other answer. An empty piece goes to who has all and
   * has not stored it yet: it has a count of its own.
   */
  private sentChunk(to: number, { snapshot, position, bytes }: SnapshotChunk): void {
    if (position === 0 || position + bytes.length < snapshot.size) return;
    const name = `${snapshot.index} to ${to}${bytes.length === 0 ? ", whether it is stored" : ""}`;
    this.snapshotsSent.set(name, (this.snapshotsSent.get(name) ?? 0) + 1);
  }

  /**
   * All voter sets that may decide something yet: the last committed one, and all that a leader ever appended behind it. Where they are does not
   * matter: a message may be under way to a process that sleeps.
   */
  get setsInForce(): readonly (readonly Voter[])[] {
    const committed = this.ghost.votersAt(this.ghost.length);
    const uncommitted = this.proposedSets.filter(({ index }) => index > this.ghost.length).map(({ voters }) => voters);
    return committed === undefined ? uncommitted : [committed, ...uncommitted];
  }

  // Outputs

  applied(id: number, entries: readonly Entry[]): void {
    const watched = this.of(id);
    for (const entry of entries) {
      if (entry.index !== ++watched.applied)
        throw new Violation("I-R5 applied in order, once", `${nameOf(watched.key)} applied ${entry.index} as number ${watched.applied}`);
      const ghost = this.ghost.entryAt(entry.index);
      if (ghost === undefined || ghost.term !== entry.term || hashOf(ghost.payload) !== hashOf(entry.payload))
        throw new Violation(
          "I-R5 state-machine safety",
          `${nameOf(watched.key)} applied ${describe(entry)}, committed was ${ghost === undefined ? "nothing" : describe(ghost)}`,
        );
    }
  }

  restored(id: number, snapshot: Snapshot): void {
    const watched = this.of(id);
    this.matchesGhost(watched.key, snapshot);
    if (snapshot.index < watched.applied) throw new Violation("I-R5 applied in order, once", `${nameOf(watched.key)} goes back to ${snapshot.index}`);
    if (watched.startsWith === undefined) this.marks.snapshotInstalls++;
    watched.startsWith = undefined;
    watched.applied = snapshot.index;
  }

  took(id: number, index: number): void {
    const { key, applied } = this.of(id);
    this.marks.snapshotsTaken++;
    if (index !== applied) throw new Violation("I-R8 a snapshot is what was committed", `${nameOf(key)} is to take one at ${index} and has output ${applied}`);
  }

  /** A read was accepted: it must see all that was committed by then. */
  asked(id: number, read: number): void {
    this.of(id).reads.set(read, this.ghost.length);
  }

  answered(id: number, read: number, index: number | undefined): void {
    const { key, reads, applied } = this.of(id);
    const least = reads.get(read);
    if (least === undefined) throw new Violation("linearizable reads", `${nameOf(key)} answers read ${read}, which nobody asked, or again`);
    reads.delete(read);
    if (index === undefined) return;
    this.marks.reads++;
    if (index < least) throw new Violation("linearizable reads", `${nameOf(key)} answers as of ${index} what was asked when ${least} was committed`);
    if (index > applied) throw new Violation("linearizable reads", `${nameOf(key)} answers as of ${index} and has output ${applied}`);
  }

  /** After every step of a node, before it is drained. */
  stepped(id: number, node: RaftNode): void {
    const watched = this.of(id);
    const isNewLeader = node.role === "leader" && watched.ledTerm !== node.term;
    this.compareBase(watched, node);
    this.compareLog(watched, node, isNewLeader);
    if (node.commitIndex !== watched.committed) this.compareCommit(watched, node);
    if (isNewLeader) this.elected(watched, node);
  }

  /** After every drain. */
  drained(id: number, node: RaftNode): void {
    const { key, applied } = this.of(id);
    if (node.commitIndex !== applied) throw new Violation("what is committed is output", `${nameOf(key)}: ${applied} of ${node.commitIndex}`);
  }

  private compareBase(watched: Watched, node: RaftNode): void {
    const { base } = node;
    if (base.index === watched.base.index) return;
    const covered = node.snapshot?.index ?? 0;
    if (base.index > covered)
      throw new Violation("I-R8 a snapshot covers the base", `${nameOf(watched.key)} begins behind ${base.index}, covered is ${covered}`);
    if (base.index < watched.base.index) throw new Violation("no gaps", `${nameOf(watched.key)} begins earlier than before`);
    const there = watched.seen[base.index - watched.base.index - 1];
    const lastIndex = watched.base.index + watched.seen.length;
    if (there?.term === base.term && node.lastIndex < lastIndex)
      throw new Violation("I-R8 a snapshot shortens no log", `${nameOf(watched.key)} had entries up to ${lastIndex}, now up to ${node.lastIndex}`);
    watched.seen.splice(0, base.index - watched.base.index);
    watched.base = base;
  }

  private compareLog(watched: Watched, node: RaftNode, isNewLeader: boolean): void {
    const { seen, base } = watched;
    const length = node.lastIndex - base.index;
    if (length === seen.length && (length === 0 || seen[length - 1] === node.entryAt(node.lastIndex))) return;
    let same = Math.min(seen.length, length);
    while (same > 0 && seen[same - 1] !== node.entryAt(base.index + same)) same--;
    if (same < seen.length) {
      this.marks.truncations++;
      if (node.role === "leader" && !isNewLeader)
        throw new Violation("I-R2 leader append-only", `${nameOf(watched.key)} cut its log at ${base.index + same + 1} while leading term ${node.term}`);
      if (base.index + same < watched.committed)
        throw new Violation("I-R10 no truncation below the commit", `${nameOf(watched.key)} cut at ${base.index + same + 1}, committed ${watched.committed}`);
    }
    seen.length = same;
    for (let index = base.index + same + 1; index <= node.lastIndex; index++) this.learn(watched, node, index);
  }

  private learn({ key, seen, base }: Watched, node: RaftNode, index: number): void {
    const entry = node.entryAt(index);
    if (entry === undefined) throw new Violation("no gaps", `${nameOf(key)} at ${index}`);
    const previousTerm = seen.at(-1)?.term ?? base.term;
    const identity = hashOf(entry.payload, previousTerm * 4 + entry.kind.length);
    const name = entry.term * 2 ** 30 + index;
    const known = this.identities.get(name);
    if (known === undefined) this.firstSeen(entry, name, identity);
    else if (known !== identity) throw new Violation("I-R3 log matching", `${nameOf(key)} has another ${describe(entry)} behind term ${previousTerm}`);
    seen.push(entry);
    if (entry.kind === "voters" && node.role === "leader" && entry.term === node.term) this.changedVoters(key, node, index);
  }

  private firstSeen(entry: Entry, name: number, identity: number): void {
    this.identities.set(name, identity);
    const voters = entry.kind === "voters" ? decodeVoters(entry.payload) : undefined;
    if (voters !== undefined) this.proposedSets.push({ index: entry.index, voters });
  }

  private changedVoters(key: ReplicaKey, node: RaftNode, index: number): void {
    const isFirst = !Array.from({ length: index - 1 - node.base.index }, (_, i) => node.entryAt(node.base.index + 1 + i)).some(
      (entry) => entry?.term === node.term,
    );
    if (!isFirst && node.termAt(node.commitIndex) !== node.term)
      throw new Violation("I-R9 one voter change at a time", `${nameOf(key)} changes the voters at ${index} before it committed an entry of term ${node.term}`);
    for (let i = node.commitIndex + 1; i < index; i++)
      if (node.entryAt(i)?.kind === "voters") throw new Violation("I-R9 one voter change at a time", `${nameOf(key)} has ${i} and ${index} uncommitted`);
  }

  private compareCommit(watched: Watched, node: RaftNode): void {
    const { commitIndex } = node;
    if (commitIndex < watched.committed) throw new Violation("I-R7 the commit index is monotone", `${nameOf(watched.key)} at ${watched.committed}`);
    for (let index = this.ghost.length + 1; index <= commitIndex; index++) {
      const entry = node.entryAt(index);
      if (entry === undefined) throw new Violation("no gaps", `${nameOf(watched.key)} committed ${index} and has it not`);
      this.isOnMajority(entry, watched, node);
      this.ghost.append(entry, node.term);
      this.marks.committed++;
      if (entry.kind === "voters") this.marks.voterChanges++;
    }
    watched.committed = commitIndex;
  }

  /** Of the voters that counted it: those the committing node had then. */
  private isOnMajority(entry: Entry, { key }: Watched, node: RaftNode): void {
    const { voters } = node;
    const holders = voters.filter((voter) => this.disks.holds(voter, entry.index, entry.term)).length;
    if (holders < majorityOf(voters.length))
      throw new Violation(
        "I-R7 durable commit",
        `${describe(entry)} was committed by ${nameOf(key)} in term ${node.term} while on ${holders} disks of ${voters.map(nameOf).join(" ")}`,
      );
  }

  private elected(watched: Watched, node: RaftNode): void {
    this.marks.elections++;
    watched.ledTerm = node.term;
    const other = this.leaders.get(node.term);
    if (other !== undefined) throw new Violation("I-R1 election safety", `term ${node.term} has leaders ${other} and ${nameOf(watched.key)}, or one twice`);
    this.leaders.set(node.term, nameOf(watched.key));
    // A late leader of an earlier term need not have what a later term committed: it can commit nothing any more. Log matching answers for what is before.
    const index = this.ghost.lastIndexBefore(node.term);
    const last = this.ghost.entryAt(index);
    if (last !== undefined && index > node.base.index && node.termAt(index) !== last.term)
      throw new Violation("I-R4 leader completeness", `${nameOf(watched.key)} leads ${node.term} without ${describe(last)}`);
  }

  private matchesGhost(key: ReplicaKey, { index, term, voters, data }: Snapshot): void {
    const state = readState(data);
    const entry = this.ghost.entryAt(index);
    const expected = this.ghost.votersAt(index);
    const isSame = state.index === index && state.hash === this.ghost.hashAt(index) && entry?.term === term;
    const sameVoters = expected === undefined || hashOf(encodeVoters(expected)) === hashOf(encodeVoters(voters));
    if (!isSame || !sameVoters) throw new Violation("I-R8 a snapshot is what was committed", `${nameOf(key)} at ${index} of term ${term}`);
  }

  private of(id: number): Watched {
    const watched = this.watched.get(id);
    if (watched === undefined) throw new Error(`node ${id} was never started`);
    return watched;
  }
}

const describe = ({ index, term, kind, payload }: Entry): string =>
  `entry ${index} of term ${term} ${kind === "data" ? JSON.stringify(String.fromCharCode(...payload)) : kind}`;
