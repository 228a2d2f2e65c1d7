import type { Entry } from "./entry.ts";
import { reachedByMajority } from "./majority.ts";
import type { AppendRequest, AppendResponse } from "./message.ts";
import type { ResolvedOptions } from "./options.ts";
import { Progress, type PeerProgress } from "./progress.ts";
import type { RaftLog } from "./raft-log.ts";

/** What one leader does in its term: push its log to the followers, count what they have, notice when they are gone. */
export class Replication {
  private readonly options: ResolvedOptions;
  private readonly term: number;
  private readonly log: RaftLog;
  private readonly followers: ReadonlyMap<number, Progress>;
  private heartbeatAtUs: number;
  /** Follows from when the followers were last heard of; asked for after every turn, so kept. */
  private quorumLostAtUs: number;

  /** To be made before the leader appends its barrier: a follower is first probed with the barrier alone. */
  constructor(options: ResolvedOptions, leadership: { readonly term: number; readonly log: RaftLog; readonly nowUs: number }) {
    const { term, log, nowUs } = leadership;
    this.options = options;
    this.term = term;
    this.log = log;
    this.followers = new Map(options.peers.map((peer) => [peer, new Progress(peer, log.lastIndex + 1, nowUs)]));
    this.heartbeatAtUs = nowUs + options.heartbeatIntervalUs;
    this.quorumLostAtUs = this.whenQuorumIsLost();
  }

  /** The next heartbeat, or the moment the quorum would be lost; undefined for a single voter, which has neither. */
  get deadlineUs(): number | undefined {
    return this.followers.size === 0 ? undefined : Math.min(this.heartbeatAtUs, this.quorumLostAtUs);
  }

  get progress(): readonly PeerProgress[] {
    return [...this.followers.values()].map((follower) => follower.view());
  }

  /** Check-quorum: no majority, the leader included, was heard of within the election timeout. A single voter never loses itself. */
  isQuorumLost(nowUs: number): boolean {
    return nowUs >= this.quorumLostAtUs;
  }

  /** The index that is durable on a majority. The leader counts itself only as far as it has synced. */
  majorityIndex(syncedIndex: number): number {
    return reachedByMajority([syncedIndex, ...this.matchIndexes()]);
  }

  onDeadline(nowUs: number): void {
    if (nowUs < this.heartbeatAtUs) return;
    this.heartbeatAtUs = nowUs + this.options.heartbeatIntervalUs;
    for (const follower of this.followers.values()) follower.isHeartbeatDue = true;
  }

  onResponse(from: number, response: AppendResponse, nowUs: number): void {
    const follower = this.followers.get(from);
    if (follower === undefined) return;
    follower.lastHeardUs = nowUs;
    this.quorumLostAtUs = this.whenQuorumIsLost();
    if (response.type === "append-conflict") follower.conflicted(response, this.log);
    // A follower can't have what we have not: such a claim is false, and would count for entries to come.
    else if (response.matchIndex <= this.log.lastIndex) follower.matched(response.matchIndex, response.sequence);
  }

  onReconnected(peer: number): void {
    this.followers.get(peer)?.restart();
  }

  /** What to send now. Called once a turn, so that a burst of proposals leaves as one append. */
  pump(commitIndex: number): readonly { readonly to: number; readonly message: AppendRequest }[] {
    const requests: { readonly to: number; readonly message: AppendRequest }[] = [];
    for (const follower of this.followers.values()) {
      if (this.isQuiet(follower, commitIndex)) continue;
      for (const message of this.requestsFor(follower, commitIndex)) requests.push({ to: follower.peer, message });
    }
    return requests;
  }

  private whenQuorumIsLost(): number {
    const heard = [...this.followers.values()].map((follower) => follower.lastHeardUs);
    return reachedByMajority([Number.POSITIVE_INFINITY, ...heard]) + this.options.electionTimeoutUs;
  }

  private matchIndexes(): readonly number[] {
    return [...this.followers.values()].map((follower) => follower.matchIndex);
  }

  /** Most turns have nothing for a follower. */
  private isQuiet(follower: Progress, commitIndex: number): boolean {
    if (follower.isHeartbeatDue) return false;
    if (follower.mode === "probe") return follower.hasProbed;
    return follower.nextIndex > this.log.lastIndex && follower.toldCommitIndex >= commitIndex;
  }

  private requestsFor(follower: Progress, commitIndex: number): readonly AppendRequest[] {
    const requests: AppendRequest[] = [];
    if (follower.mode === "probe" && !follower.hasProbed) {
      requests.push(this.request(follower, commitIndex, this.batchFor(follower)));
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
    const previousIndex = follower.nextIndex - 1;
    follower.toldCommitIndex = commitIndex;
    return {
      type: "append-request",
      term: this.term,
      sequence: follower.nextSequence(),
      previousIndex,
      previousTerm: this.log.termAt(previousIndex) ?? 0,
      commitIndex,
      entries,
    };
  }
}

function payloadBytes(entries: readonly Entry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.payload.length;
  return bytes;
}
