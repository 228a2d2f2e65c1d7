import type { Entry, PersistedWrite, RaftMessage, RaftNode, Recovered } from "../../src/index.ts";
import { majorityOf } from "../../src/index.ts";

/** The quorum broke a promise of Raft. */
export class Violation extends Error {
  constructor(property: string, detail: string) {
    super(`${property}: ${detail}`);
  }
}

interface Observed {
  /** The log as last seen, by entry objects: a replaced entry is another object. */
  readonly seen: Entry[];
  /** The log as its synced write-ahead log tells it. */
  readonly durable: Entry[];
  applied: number;
  ledTerm: number;
  /** The highest term it told anybody in a message that promises something. */
  promisedTerm: number;
}

/** Sees all that nodes do, remembers it for ever, and throws `Violation` at the first broken promise. */
export class Checker {
  private readonly size: number;
  private readonly leaders = new Map<number, number>();
  private readonly ghost: { readonly entry: Entry; readonly committedInTerm: number }[] = [];
  private readonly identities = new Map<string, { readonly payload: string; readonly previousTerm: number }>();
  private readonly votes = new Map<string, number>();
  private readonly observed = new Map<number, Observed>();
  /** Coverage: how often the interesting thing happened. */
  readonly marks = { elections: 0, truncations: 0, committed: 0, tornTails: 0 };

  constructor(size: number) {
    this.size = size;
  }

  started(id: number, recovered: Recovered, droppedBytes: number): void {
    const before = this.observed.get(id);
    if (droppedBytes > 0) this.marks.tornTails++;
    if (before !== undefined && recovered.term < before.promisedTerm)
      throw new Violation("terms are monotone on disk", `node ${id} promised term ${before.promisedTerm}, recovered ${recovered.term}`);
    const vote = this.votes.get(`${id}/${recovered.term}`);
    if (vote !== undefined && recovered.votedFor !== vote)
      throw new Violation("a vote is durable", `node ${id} voted for ${vote} in ${recovered.term}, recovered ${recovered.votedFor}`);
    const promisedTerm = before?.promisedTerm ?? 0;
    this.observed.set(id, { seen: [], durable: [...recovered.entries], applied: 0, ledTerm: -1, promisedTerm });
  }

  synced(id: number, write: PersistedWrite): void {
    const { durable } = this.of(id);
    if (write.truncateFrom > 0) durable.length = write.truncateFrom - 1;
    durable.push(...write.entries);
  }

  sent(id: number, to: number, message: RaftMessage): void {
    if (message.type === "pre-vote-request" || message.type === "pre-vote-response") return;
    const observed = this.of(id);
    observed.promisedTerm = Math.max(observed.promisedTerm, message.term);
    if (message.type === "vote-request") this.voted(id, message.term, id);
    if (message.type === "vote-response" && message.isGranted) this.voted(id, message.term, to);
  }

  committed(id: number, entries: readonly Entry[], node: RaftNode): void {
    const observed = this.of(id);
    for (const entry of entries) {
      if (entry.index !== ++observed.applied)
        throw new Violation("entries are applied in order, once", `node ${id} applied ${entry.index} as number ${observed.applied}`);
      const known = this.ghost[entry.index - 1]?.entry;
      if (known !== undefined) {
        if (known.term !== entry.term || text(known) !== text(entry))
          throw new Violation("state-machine safety", `index ${entry.index}: node ${id} applied ${name(entry)}, another ${name(known)}`);
        continue;
      }
      this.ghost.push({ entry, committedInTerm: node.term });
      this.marks.committed++;
      const holders = [...this.observed.values()].filter(({ durable }) => durable[entry.index - 1]?.term === entry.term).length;
      if (holders < majorityOf(this.size))
        throw new Violation("durable commit", `${name(entry)} was committed by ${id} in term ${node.term} while on ${holders} disks`);
    }
  }

  /** After every step of a node. */
  stepped(id: number, node: RaftNode): void {
    const observed = this.of(id);
    const isNewLeader = node.role === "leader" && observed.ledTerm !== node.term;
    if (isNewLeader) this.elected(id, node);
    const { seen } = observed;
    let same = Math.min(seen.length, node.lastIndex);
    while (same > 0 && seen[same - 1] !== node.entryAt(same)) same--;
    if (same < seen.length) {
      this.marks.truncations++;
      if (node.role === "leader" && !isNewLeader)
        throw new Violation("leader append-only", `node ${id} cut its log at ${same + 1} while leading term ${node.term}`);
    }
    seen.length = same;
    for (let index = same + 1; index <= node.lastIndex; index++) this.learn(id, seen, node.entryAt(index));
    if (node.commitIndex !== observed.applied) throw new Violation("what is committed is output", `node ${id}: ${observed.applied} of ${node.commitIndex}`);
  }

  private elected(id: number, node: RaftNode): void {
    this.marks.elections++;
    this.of(id).ledTerm = node.term;
    const other = this.leaders.get(node.term);
    if (other !== undefined) throw new Violation("election safety", `term ${node.term} has leaders ${other} and ${id}, or one twice`);
    this.leaders.set(node.term, id);
    // A late leader of an earlier term need not have what a later term committed: it can commit nothing any more.
    const missing = this.ghost.find(({ entry, committedInTerm }) => committedInTerm < node.term && node.termAt(entry.index) !== entry.term)?.entry;
    if (missing !== undefined) throw new Violation("leader completeness", `node ${id} leads ${node.term} without ${name(missing)}`);
  }

  private learn(id: number, seen: Entry[], entry: Entry | undefined): void {
    if (entry === undefined) throw new Violation("no gaps", `node ${id} behind ${seen.length}`);
    const identity = { payload: text(entry), previousTerm: seen.at(-1)?.term ?? 0 };
    const key = `${entry.index}/${entry.term}`;
    const known = this.identities.get(key);
    if (known !== undefined && (known.payload !== identity.payload || known.previousTerm !== identity.previousTerm))
      throw new Violation("log matching", `node ${id} has ${key} as ${JSON.stringify(identity)}, another as ${JSON.stringify(known)}`);
    this.identities.set(key, identity);
    seen.push(entry);
  }

  private voted(voter: number, term: number, candidate: number): void {
    const key = `${voter}/${term}`;
    const earlier = this.votes.get(key) ?? candidate;
    if (earlier !== candidate) throw new Violation("one vote a term", `node ${voter} voted in ${term} for ${earlier} and for ${candidate}`);
    this.votes.set(key, candidate);
  }

  private of(id: number): Observed {
    const observed = this.observed.get(id);
    if (observed === undefined) throw new Error(`node ${id} was never started`);
    return observed;
  }
}

const text = (entry: Entry): string => String.fromCharCode(...entry.payload);
const name = (entry: Entry): string => `entry ${entry.index} of term ${entry.term} ${JSON.stringify(text(entry))}`;
