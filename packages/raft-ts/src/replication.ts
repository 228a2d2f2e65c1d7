import type { Entry } from "./entry.ts";
import type { AppendRequest, AppendResponse, SnapshotChunk, SnapshotWanted } from "./message.ts";
import type { ResolvedOptions } from "./options.ts";
import { Progress, type PeerProgress } from "./progress.ts";
import type { RaftLog } from "./raft-log.ts";
import { ANY_DIRECTORY, isSameReplica, type ReplicaKey } from "./replica-key.ts";
import { isSameSnapshot, type Snapshot } from "./snapshot.ts";
import type { VoterSet } from "./voter-set.ts";

/** What one leader does for those who vote: push its log to them, count what they have, notice when they are gone. */
export class Replication {
  private readonly options: ResolvedOptions;
  private readonly term: number;
  private readonly log: RaftLog;
  private readonly followers = new Map<number, Progress>();
  private voters: VoterSet;
  /** Follows from when the followers were last heard of; asked for after every turn, so kept. */
  private lostAtUs = 0;

  /** To be made before the leader appends its barrier: a follower is first probed with the barrier alone. */
  constructor(options: ResolvedOptions, leadership: { readonly term: number; readonly log: RaftLog; readonly nowUs: number }) {
    const { term, log, nowUs } = leadership;
    this.options = options;
    this.term = term;
    this.log = log;
    this.voters = log.voters.latest.voters;
    this.votersChanged([this.voters], nowUs);
  }

  get size(): number {
    return this.followers.size;
  }

  /** Check-quorum: no majority, the leader included if it votes, was heard of within the election timeout before it. A single voter never loses itself. */
  get quorumLostAtUs(): number {
    return this.lostAtUs;
  }

  /** The last request to each follower. */
  get sequences(): ReadonlyMap<number, number> {
    return new Map([...this.followers].map(([id, follower]) => [id, follower.lastSequence]));
  }

  get progress(): readonly PeerProgress[] {
    return [...this.followers.values()].map((follower) => follower.view());
  }

  progressOf(id: number): Progress | undefined {
    return this.followers.get(id);
  }

  has(key: ReplicaKey): boolean {
    const follower = this.followers.get(key.id);
    return follower !== undefined && isSameReplica(follower.key, key);
  }

  /** Followers by what they have, the fullest first. */
  get bySuitability(): readonly Progress[] {
    return [...this.followers.values()].toSorted((a, b) => b.matchIndex - a.matchIndex || b.lastHeardUs - a.lastHeardUs);
  }

  /**
   * `sets`: all voter sets in force, the latest last. Those of an earlier one are served on while the change is not committed, so that they
   * hear of it; only the latest ones count.
   */
  votersChanged(sets: readonly VoterSet[], nowUs: number): void {
    this.voters = sets.at(-1) ?? this.voters;
    const served = new Map(sets.flatMap((set) => set.voters).map((voter): [number, ReplicaKey] => [voter.id, voter]));
    for (const [id, follower] of this.followers) {
      const still = served.get(id);
      if (still !== undefined && follower.key.directoryId === ANY_DIRECTORY) follower.key = { id, directoryId: still.directoryId };
      else if (still === undefined || !isSameReplica(still, follower.key)) this.followers.delete(id);
    }
    for (const [id, { directoryId }] of served) {
      if (id !== this.options.self.id && !this.followers.has(id)) this.followers.set(id, new Progress({ id, directoryId }, this.log.lastIndex + 1, nowUs));
    }
    this.lostAtUs = this.whenQuorumIsLost();
  }

  /** The index that is durable on a majority. The leader counts itself only if it votes, and as far as it has synced. */
  majorityIndex(syncedIndex: number): number {
    return this.voters.reached((id) => (this.isSelf(id) ? syncedIndex : (this.followers.get(id)?.matchIndex ?? 0)));
  }

  /** Everybody is sent something in the next pump. */
  heartbeatNow(): void {
    for (const follower of this.followers.values()) follower.isHeartbeatDue = true;
  }

  onResponse(from: ReplicaKey, response: AppendResponse, nowUs: number): void {
    const follower = this.heard(from, nowUs);
    if (follower === undefined) return;
    if (response.type === "append-conflict") follower.conflicted(response, this.log);
    // A follower can't have what we have not: such a claim is false, and would count for entries to come.
    else if (response.matchIndex <= this.log.lastIndex) follower.matched(response.matchIndex, response.sequence);
    if (follower.matchIndex === this.log.lastIndex) follower.lastCaughtUpUs = nowUs;
  }

  onSnapshotWanted(from: ReplicaKey, wanted: SnapshotWanted, nowUs: number): void {
    const follower = this.heard(from, nowUs);
    if (follower?.snapshot === undefined || !isSameSnapshot(follower.snapshot.id, wanted.snapshot)) return;
    follower.wants(wanted.position, wanted.sequence);
  }

  onReconnected(peer: number): void {
    this.followers.get(peer)?.restart();
  }

  /** What to send now. Called once a turn, so that a burst of proposals leaves as one append. */
  pump(commitIndex: number, snapshot: Snapshot | undefined): readonly { readonly to: ReplicaKey; readonly message: AppendRequest | SnapshotChunk }[] {
    const requests: { readonly to: ReplicaKey; readonly message: AppendRequest | SnapshotChunk }[] = [];
    for (const follower of this.followers.values()) {
      if (follower.mode !== "snapshot" && follower.nextIndex <= this.log.base.index && snapshot !== undefined) follower.installs(snapshot);
      if (this.isQuiet(follower, commitIndex)) continue;
      for (const message of this.requestsFor(follower, commitIndex)) requests.push({ to: follower.key, message });
    }
    return requests;
  }

  private heard(from: ReplicaKey, nowUs: number): Progress | undefined {
    // What a replica with another disk says is not about what this one promised.
    const follower = this.has(from) ? this.followers.get(from.id) : undefined;
    if (follower === undefined) return undefined;
    follower.lastHeardUs = nowUs;
    this.lostAtUs = this.whenQuorumIsLost();
    return follower;
  }

  private whenQuorumIsLost(): number {
    const { electionTimeoutUs } = this.options;
    return this.voters.reached((id) => (this.isSelf(id) ? Number.POSITIVE_INFINITY : (this.followers.get(id)?.lastHeardUs ?? 0))) + electionTimeoutUs;
  }

  /** The voter is this very replica, not one that had its id and another disk. */
  private isSelf(id: number): boolean {
    const { self } = this.options;
    return id === self.id && this.voters.has(self);
  }

  /** Most turns have nothing for a follower. */
  private isQuiet(follower: Progress, commitIndex: number): boolean {
    if (follower.isHeartbeatDue) return false;
    if (follower.mode !== "replicate") return follower.hasProbed;
    return follower.nextIndex > this.log.lastIndex && follower.toldCommitIndex >= commitIndex;
  }

  private requestsFor(follower: Progress, commitIndex: number): readonly (AppendRequest | SnapshotChunk)[] {
    const requests: (AppendRequest | SnapshotChunk)[] = [];
    if (follower.mode !== "replicate" && !follower.hasProbed) {
      requests.push(follower.snapshot === undefined ? this.request(follower, commitIndex, this.batchFor(follower)) : this.chunk(follower, follower.snapshot));
      follower.hasProbed = true;
    }
    while (follower.mode === "replicate" && follower.nextIndex <= this.log.lastIndex && follower.hasRoom(this.options.limits)) {
      const entries = this.batchFor(follower);
      requests.push(this.request(follower, commitIndex, entries));
      follower.sent(follower.nextIndex + entries.length - 1, payloadBytes(entries));
    }
    const isNews = follower.mode === "replicate" && follower.toldCommitIndex < commitIndex;
    if (requests.length === 0 && (isNews || follower.isHeartbeatDue)) requests.push(this.request(follower, commitIndex, []));
    follower.isHeartbeatDue = false;
    return requests;
  }

  private batchFor(follower: Progress): readonly Entry[] {
    const { maxEntriesPerAppend, maxBytesPerAppend } = this.options.limits;
    return this.log.batch(follower.nextIndex, { maxEntries: maxEntriesPerAppend, maxBytes: maxBytesPerAppend });
  }

  private request(follower: Progress, commitIndex: number, entries: readonly Entry[]): AppendRequest {
    const { term } = this;
    const sequence = follower.nextSequence();
    // While it gets a snapshot nothing is known that its log could be asked for but its very beginning.
    if (follower.mode === "snapshot") return { type: "append-request", term, sequence, previousIndex: 0, previousTerm: 0, commitIndex: 0, entries: [] };
    const previousIndex = follower.nextIndex - 1;
    follower.toldCommitIndex = commitIndex;
    return { type: "append-request", term, sequence, previousIndex, previousTerm: this.log.termAt(previousIndex) ?? 0, commitIndex, entries };
  }

  private chunk(follower: Progress, snapshot: Snapshot): SnapshotChunk {
    return chunkOf(snapshot, {
      term: this.term,
      sequence: follower.nextChunkSequence(),
      position: follower.snapshotPosition,
      maxBytes: this.options.limits.maxBytesPerChunk,
    });
  }
}

export interface ChunkOptions {
  readonly term: number;
  readonly sequence: number;
  readonly position: number;
  readonly maxBytes: number;
}

export function chunkOf(snapshot: Snapshot, { term, sequence, position, maxBytes }: ChunkOptions): SnapshotChunk {
  const bytes = snapshot.file.subarray(position, position + maxBytes);
  return { type: "snapshot-chunk", term, sequence, snapshot: snapshot.id, position, bytes };
}

function payloadBytes(entries: readonly Entry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.payload.length;
  return bytes;
}
