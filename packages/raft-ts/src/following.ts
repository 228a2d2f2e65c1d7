import { NO_NODE } from "./entry.ts";
import { invariant } from "./invariant.ts";
import type { AppendRequest, SnapshotChunk } from "./message.ts";
import type { Observing } from "./observing.ts";
import { reconcile } from "./reconcile.ts";
import { ANY_DIRECTORY, type ReplicaKey } from "./replica-key.ts";
import type { Replica } from "./replica.ts";
import { appendConflict, appendMatched } from "./replies.ts";
import type { Snapshot } from "./snapshot.ts";

/** What a node does with what its leader pushes: appends (Raft §5.3) and snapshots (§7); and with its own snapshots. */
export class Following {
  private readonly replica: Replica;
  private readonly observing: Observing;

  constructor(replica: Replica, observing: Observing) {
    this.replica = replica;
    this.observing = observing;
  }

  onAppendRequest(from: ReplicaKey, request: AppendRequest): void {
    const { replica } = this;
    const { term } = replica;
    const { sequence } = request;
    const { lastIndex } = replica.log;
    // Tells a deposed leader of the later term. What it says of our log is of no use to it.
    const refusal = { term, sequence, lastIndex, conflictTerm: 0, conflictIndex: lastIndex + 1 };
    if (request.term < term) return replica.reply({ to: from, kind: "append", build: (synced) => appendConflict(synced, refusal) });
    if (!replica.follow(from.id)) return;
    // The leader counts on what it pushes: it goes to disk, though the entry that makes this node a voter may come only now.
    replica.durable.makeDurable();
    this.acceptAppend(from, request);
  }

  onSnapshotChunk(from: ReplicaKey, chunk: SnapshotChunk): void {
    const { replica } = this;
    if (chunk.term < replica.term || !replica.follow(from.id)) return;
    this.observing.answered();
    if (chunk.snapshot.index <= replica.committed) return this.tellProgress(from, chunk.sequence);
    const received = replica.snapshots.receive(chunk);
    if (received === undefined) return;
    const { sequence, snapshot } = chunk;
    const position = received.type === "whole" ? snapshot.size : received.position;
    if (received.type === "whole") this.store(received.snapshot);
    replica.send(from, { type: "snapshot-wanted", term: replica.term, sequence, snapshot, position });
  }

  onSnapshotTaken(index: number, data: Uint8Array): void {
    const snapshot = this.replica.snapshots.taken(index, data);
    if (snapshot !== undefined) this.store(snapshot);
  }

  onSnapshotStored(id: number): void {
    const { replica } = this;
    const { snapshots, log, options } = replica;
    const snapshot = snapshots.complete(id);
    if (snapshot === undefined) return;
    const wasBehind = snapshot.index > replica.committed;
    // With the same entry there, the log is the same up to it: what it says need not be thrown away.
    if (log.termAt(snapshot.index) === snapshot.term) replica.commitTo(snapshot.index);
    if (snapshot.index > replica.committed) this.install(snapshot);
    else if (snapshot === snapshots.current && snapshot.index > log.base.index) {
      replica.durable.compact(snapshot, snapshot.index - options.limits.retainedEntries);
    }
    const { leader } = replica;
    if (wasBehind && leader !== NO_NODE && replica.state.type !== "leader") this.tellProgress({ id: leader, directoryId: ANY_DIRECTORY }, 0);
  }

  private acceptAppend(from: ReplicaKey, request: AppendRequest): void {
    const { replica } = this;
    const { term, log } = replica;
    const { sequence } = request;
    const outcome = reconcile(log, request);
    if (outcome.type === "conflict") {
      const { conflictTerm, conflictIndex } = outcome;
      const conflict = { term, sequence, lastIndex: log.lastIndex, conflictTerm, conflictIndex };
      return replica.reply({ to: from, kind: "append", build: (synced) => appendConflict(synced, conflict) });
    }
    replica.takeEntries(outcome);
    // What is committed agrees with any leader's log.
    const match = { term, sequence, lastIndex: log.lastIndex, matchIndex: Math.max(outcome.lastIndex, replica.committed) };
    replica.reply({ to: from, kind: "append", build: (synced) => appendMatched(synced, match) });
    if (request.entries.length === 0) this.answerHeartbeat(from, match);
    replica.commitTo(Math.min(request.commitIndex, outcome.lastIndex));
  }

  /** While a sync lasts, a heartbeat is answered with what is durable already: a slow disk must not look like a dead process. */
  private answerHeartbeat(
    to: ReplicaKey,
    match: { readonly term: number; readonly sequence: number; readonly lastIndex: number; readonly matchIndex: number },
  ): void {
    const { synced } = this.replica.durable;
    if (synced.index >= match.matchIndex) return;
    const message = appendMatched(synced, { ...match, matchIndex: synced.index });
    if (message !== undefined) this.replica.send(to, message);
  }

  private store(snapshot: Snapshot): void {
    this.replica.output({ type: "store-snapshot", id: this.replica.snapshots.store(snapshot), snapshot });
  }

  private install(snapshot: Snapshot): void {
    const { replica } = this;
    const { state, nowUs, clock } = replica;
    invariant(state.type !== "leader", "a leader has all that is committed", { index: snapshot.index, term: replica.term });
    replica.durable.reset(snapshot);
    replica.snapshots.restored();
    replica.output({ type: "restore", snapshot });
    // A ballot was held among voters that may no longer be those of the log.
    if (state.type === "prospective" || state.type === "candidate") replica.become(replica.following(NO_NODE, nowUs + clock.timeout()));
    replica.restoredTo(snapshot.index);
  }

  /** After a snapshot: a follower says how far it is, an observer asks for more. */
  private tellProgress(leader: ReplicaKey, sequence: number): void {
    const { replica } = this;
    if (replica.state.type === "observer") return this.observing.fetchFrom(leader.id);
    const match = { term: replica.term, sequence, lastIndex: replica.log.lastIndex, matchIndex: replica.committed };
    replica.reply({ to: leader, kind: "append", build: (synced) => appendMatched(synced, match) });
  }
}
