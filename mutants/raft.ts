import type { Focus } from "../packages/raft-ts/test/support/swarm.ts";
import type { Edit } from "./mutant.ts";

/** A known bug put back into raft-ts, and how its chaos, or a transcript, sees it. */
export interface RaftMutant {
  /** As the bug catalogue numbers it, with a letter for each of its ways; or a name for one of ours. */
  readonly id: string;
  readonly bug: string;
  readonly source: string;
  readonly edits: readonly Edit[];
  /** What the chaos draws otherwise; everything if left out. */
  readonly focus?: Focus;
  /** Chaos can't tell it from bad luck: this transcript of `packages/raft-ts/test/testdata` reads otherwise. */
  readonly transcript?: string;
}

const src = (file: string, find: string, replace: string): Edit => ({ file: `packages/raft-ts/src/${file}.ts`, find, replace });
/** Three voters, which always have a leader to disturb. */
const THREE: Focus = { size: 3, observers: 1 };

/** Every bug that is put back into raft-ts. The order is that of the catalogue. */
export const raftMutants: readonly RaftMutant[] = [
  {
    id: "R01",
    bug: "a vote is promised before it is durable",
    source: "Raft §5.2, KAFKA-14077",
    edits: [src("replies", "if (synced.term !== vote.term || (vote.isGranted && !isVote(synced, vote.candidate))) return undefined;", "")],
  },
  {
    id: "R01b",
    bug: "the term is made durable without the vote given in it",
    source: "Raft §5.2, KAFKA-14077",
    edits: [
      src(
        "durable-state",
        "const write = { term: this.currentTerm, votedFor: this.currentVote,",
        "const write = { term: this.currentTerm, votedFor: undefined,",
      ),
    ],
  },
  {
    id: "R02",
    bug: "a leader that restarts goes on leading its old term",
    source: "KAFKA-10527",
    edits: [
      src("role", 'resigned: ["prospective",', 'resigned: ["candidate", "prospective",'),
      src(
        "elections",
        "  onPreVoteRequest(",
        `  resume(): void {
    const ballot = new Ballot(this.replica.log.voters.latest.voters);
    this.replica.become({ type: "candidate", ballot, deadlineUs: 0 });
    this.lead(ballot);
  }

  onPreVoteRequest(`,
      ),
      src(
        "raft-node",
        "this.elections = new Elections(this.replica, this.observing);",
        'this.elections = new Elections(this.replica, this.observing);\n    if (this.role === "resigned") this.elections.resume();',
      ),
    ],
  },
  {
    id: "R03",
    bug: "a follower acknowledges what it has not synced",
    source: "KAFKA-10533, RaftFsync.tla FollowerFsyncBeforeReply",
    edits: [src("replies", "if (synced.index < match.matchIndex) return undefined;", "")],
  },
  {
    id: "R03b",
    bug: "the leader counts its own entries before they are synced",
    source: "KAFKA-10533, RaftFsync.tla LeaderFsyncBeforeIncludeInQuorum",
    edits: [src("raft-node", "leadership.nextCommitIndex(this.replica.durable.synced.index)", "leadership.nextCommitIndex(this.lastIndex)")],
  },
  {
    id: "R03c",
    bug: "a single voter commits when it appends",
    source: "etcd #14370",
    edits: [
      src(
        "raft-node",
        'return { ok: true, ...this.replica.appendAsLeader("data", payload) };',
        'const appended = this.replica.appendAsLeader("data", payload);\n    if (this.voters.length === 1) this.replica.commitTo(appended.index);\n    return { ok: true, ...appended };',
      ),
    ],
  },
  {
    id: "R04",
    bug: "an entry of an earlier term is committed by counting replicas",
    source: "Raft §5.4.2, figure 8",
    edits: [src("leadership", "return this.log.termAt(index) === this.term ? index : this.commitIndex;", "return index;")],
    focus: { size: 5, families: ["crashes", "cuts", "killsLeaders", "tinyAppends"], stepMaxUs: 60_000, steps: 300 },
  },
  {
    id: "R06",
    bug: "a committed entry may be truncated, and a leader is believed that lacks it",
    source: "KAFKA-12460",
    edits: [
      src("durable-state", 'invariant(index > commitIndex, "a committed entry is never truncated", { index, commitIndex });', "void commitIndex;"),
      src("election", "return (votedFor === undefined || isSameReplica(votedFor, candidate)) && isUpToDate(request, log);", "return votedFor === undefined;"),
      src("election", "return !hasLiveLeader && isUpToDate(request, log);", "return !hasLiveLeader;"),
    ],
  },
  {
    id: "R09",
    bug: "the voters are changed before an entry of the term is committed",
    source: "Ongaro 2015, KIP-853",
    edits: [src("leadership", 'if (!this.isReady) return "not-ready";', "")],
  },
  {
    id: "R09b",
    bug: "the voters are changed again before the last change is committed",
    source: "Ongaro 2015, KIP-853",
    edits: [src("leadership", 'if (index > this.commitIndex) return "change-pending";', "void index;")],
  },
  {
    id: "R10",
    bug: "voters are told apart by their ids alone: one that lost its disk returns as if it had not",
    source: "KAFKA-14077, KIP-853",
    edits: [
      src(
        "voter-set",
        "return voter !== undefined && (voter.directoryId === key.directoryId || voter.directoryId === ANY_DIRECTORY);",
        "return voter !== undefined;",
      ),
      src("replica-key", "a.id === b.id && a.directoryId === b.directoryId;", "a.id === b.id;"),
      src("replica", "to: { id: to.id, directoryId: to.directoryId }", 'to: { id: to.id, directoryId: "" }'),
    ],
    focus: { size: 3, families: ["wipes", "crashes", "cuts", "resets"] },
  },
  {
    id: "R11",
    bug: "a leader that removes itself counts itself all the same",
    source: "KAFKA-16530",
    edits: [
      src(
        "replication",
        "return this.voters.reached((id) => (this.isSelf(id) ? syncedIndex",
        "if (!this.voters.has(this.options.self)) return reachedByMajority([...this.voters.voters.map(({ id }) => this.followers.get(id)?.matchIndex ?? 0), syncedIndex]);\n    return this.voters.reached((id) => (this.isSelf(id) ? syncedIndex",
      ),
      src(
        "replication",
        'import type { RaftLog } from "./raft-log.ts";',
        'import { reachedByMajority } from "./majority.ts";\nimport type { RaftLog } from "./raft-log.ts";',
      ),
    ],
    focus: { size: 4, families: ["membership", "cuts", "resets"] },
  },
  {
    id: "R11b",
    bug: "a leader that removes itself goes when the change is appended, not when it is committed",
    source: "KAFKA-17608, thesis §4.2.2",
    edits: [src("leadership", "return latest.index <= this.commitIndex && !this.isFarewellDue &&", "return !this.isFarewellDue &&")],
  },
  {
    id: "R12",
    bug: "a vote is refused to whoever is not in this node's own voters",
    source: "KIP-853",
    edits: [src("elections", "log }, request, from);", "log }, request, from) && log.voters.latest.voters.has(from);")],
    focus: { families: ["membership", "crashes", "cuts", "killsLeaders"] },
  },
  {
    id: "R12b",
    bug: "a fetch is refused to whoever is no voter",
    source: "KIP-853",
    edits: [
      src(
        "leadership",
        "if (this.replication.has(from)) return [];\n    this.hasObservers",
        "if (this.log.voters.latest.voters.get(from.id) === undefined) return [];\n    this.hasObservers",
      ),
    ],
    focus: THREE,
  },
  {
    id: "R12c",
    bug: "a leader is not followed that is not in this node's own voters",
    source: "KIP-853",
    edits: [
      src(
        "following",
        "if (!replica.follow(from.id)) return;\n    // The leader counts",
        "if (!replica.log.voters.latest.voters.has(from) || !replica.follow(from.id)) return;\n    // The leader counts",
      ),
    ],
    focus: { size: 3, observers: 2, families: ["membership", "cuts", "transfers", "killsLeaders", "crashes"] },
  },
  {
    id: "R13",
    bug: "who is not in the latest voters does not campaign, though it alone may win",
    source: "ScyllaDB #10618, thesis §4.2.2",
    edits: [
      src(
        "replica",
        "return this.log.voters.inForce(this.commitIndex).some((voters) => voters.has(this.self));",
        "return this.log.voters.latest.voters.has(this.self);",
      ),
    ],
    focus: { size: 2, families: ["membership", "crashes", "killsLeaders", "cuts"] },
  },
  {
    id: "R14",
    bug: "no pre-vote",
    source: "KIP-996, KAFKA-16164",
    edits: [src("elections", "ballot.count(replica.self, true);\n    this.settleBallot();", "this.stand();")],
    focus: THREE,
  },
  {
    id: "R14b",
    bug: "a follower of a live leader grants pre-votes",
    source: "KAFKA-17641",
    edits: [src("election", "return !hasLiveLeader && isUpToDate(request, log);", "void hasLiveLeader;\n  return isUpToDate(request, log);")],
    focus: THREE,
  },
  {
    id: "R14c",
    bug: "a follower never grants a pre-vote: two that lost their leader go to and fro",
    source: "KAFKA-17641",
    edits: [
      src(
        "election",
        'if (request.term < term || state.type === "leader") return false;',
        'if (request.term < term || state.type === "leader" || state.type === "follower") return false;',
      ),
    ],
    focus: THREE,
  },
  {
    id: "R15",
    bug: "a leader that hears from no majority leads on",
    source: "KAFKA-15489",
    edits: [src("replication", "return this.lostAtUs;", "return Number.POSITIVE_INFINITY;")],
    focus: THREE,
  },
  {
    id: "R15b",
    bug: "a single voter loses the quorum of itself",
    source: "KAFKA-16144",
    edits: [src("replication", "this.isSelf(id) ? Number.POSITIVE_INFINITY :", "this.isSelf(id) ? 0 :")],
    focus: { size: 1, observers: 0 },
  },
  {
    id: "R16",
    bug: "a vote is refused to the candidate that has it already",
    source: "vesoft nebula #2419",
    edits: [src("election", "(votedFor === undefined || isSameReplica(votedFor, candidate))", "void candidate, votedFor === undefined")],
    transcript: "repeated-vote.txt",
  },
  {
    id: "R20",
    bug: "the log is dropped up to what is committed, not up to what a snapshot covers",
    source: "KAFKA-14238",
    edits: [
      src(
        "following",
        "replica.durable.compact(snapshot, snapshot.index - options.limits.retainedEntries);",
        "replica.durable.compact(snapshot, replica.committed);\n      void options;",
      ),
      src(
        "raft-log",
        'invariant(index <= coveredIndex && coveredIndex <= this.lastIndex, "what is dropped is covered", { index, coveredIndex, lastIndex: this.lastIndex });',
        "",
      ),
    ],
    focus: { size: 3, families: ["snapshots"] },
  },
  {
    id: "R20b",
    bug: "a log that begins behind its snapshot is started from",
    source: "KAFKA-14240",
    edits: [src("recover", "if ((snapshot?.index ?? 0) < past.base.index)", "if (past.base.index < 0)")],
    transcript: "lost-snapshot.txt",
  },
  {
    id: "R21",
    bug: "a snapshot is taken from another node without looking at its checksums",
    source: "KAFKA-14104",
    edits: [
      src("snapshot", 'claim(view.getUint32(28) === crc(file.subarray(HEADER_BYTES)) >>> 0, "the checksum of its content does not fit");', ""),
      src("snapshots", "return isSameSnapshot(snapshot.id, id) ? snapshot : undefined;", "return snapshot;"),
    ],
    focus: { size: 3, observers: 2, families: ["snapshots", "damage", "crashes", "cuts"] },
  },
  {
    id: "R21b",
    bug: "recovery takes a frame of the write-ahead log whose checksum is wrong",
    source: "KAFKA-14104",
    edits: [src("wal-codec", "return expected === crc(body) >>> 0 ? body : undefined;", "void expected;\n  return body;")],
    focus: { families: ["powerLoss", "killsLeaders"] },
  },
  {
    id: "R22",
    bug: "a snapshot is asked for at the end of what is committed, and taken from the state before",
    source: "KAFKA-13114",
    edits: [src("replica", 'this.output({ type: "take-snapshot", index: entry.index });', 'this.output({ type: "take-snapshot", index });')],
    focus: { families: ["snapshots", "cuts", "crashes"] },
  },
  {
    id: "R23",
    bug: "only who knows itself a voter writes to disk: an added one is counted before it does",
    source: "KAFKA-17332",
    edits: [
      src(
        "durable-state",
        "    this.log.append(entries);\n    this.isDirty = true;",
        "    this.log.append(entries);\n    if (this.isVolatile) this.facts = new SyncedFacts({ term: this.currentTerm, votedFor: this.currentVote, index: this.log.lastIndex });\n    this.isDirty = true;",
      ),
      src("following", "replica.durable.makeDurable();", ""),
      src("replica", "this.durable.makeDurable();", ""),
    ],
    focus: { observers: 3, families: ["membership", "crashes"] },
  },
  {
    id: "R24",
    bug: "a leader answers reads from memory, without proof that it still leads",
    source: "etcd #20418, thesis §6.4",
    edits: [
      src(
        "reads",
        "return voters.reached((id) => ((id === self.id && isVoter) || round.confirmed.has(id) ? 1 : 0)) === 1;",
        "void isVoter;\n  return round.ids.length > 0;",
      ),
    ],
    focus: { size: 3, families: ["reads", "pauses", "cuts", "transfers"] },
  },
  {
    id: "R25",
    bug: "a new leader answers reads before its own first entry is committed",
    source: "Redpanda #5090, Raft §8",
    edits: [src("leadership", "commitIndex: this.isReady ? this.commitIndex : undefined,", "commitIndex: this.commitIndex,")],
    focus: { families: ["reads", "transfers", "killsLeaders", "crashes"] },
  },
  {
    id: "self-by-id",
    bug: "a leader counts itself for a voter that has its id and another disk",
    source: "ours, found by the chaos",
    edits: [
      src("replication", "return id === self.id && this.voters.has(self);", "return id === self.id;"),
      src("voter-history", "before.index === 0 || ", ""),
    ],
    focus: { isPinned: false, families: ["wipes", "crashes", "powerLoss", "cuts", "resets", "killsLeaders"] },
  },
  {
    id: "old-file",
    bug: "what follows a snapshot is appended to the file that the snapshot replaced",
    source: "ours, found in review",
    edits: [src("durable-state", "if (base.index > 0 && base.index === snapshot?.index) this.beginNewFile();", "")],
    focus: { families: ["snapshots", "crashes", "powerLoss"] },
  },
  {
    id: "parked-fetch",
    bug: "the answer to a fetch goes to the process that came after the one that asked",
    source: "ours, found in review",
    edits: [src("leadership", "this.observers.onReconnected(peer);", ""), src("observing", "invariant(index > replica.committed,", "invariant(index < 0,")],
    focus: { size: 3, observers: 3, families: ["crashes", "resets"] },
  },
  {
    id: "snapshot-each-fetch",
    bug: "every fetch of one observer is answered with a whole snapshot",
    source: "ours, found by the chaos",
    edits: [src("observers", "transfer?.sequence !== wanted.sequence || !isSame", "transfer === undefined || !isSame")],
    focus: { size: 3, observers: 3, families: ["snapshots", "pauses", "wipes", "crashes", "cuts"] },
  },
];
