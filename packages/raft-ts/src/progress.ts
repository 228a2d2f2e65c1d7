import type { RaftLog } from "./raft-log.ts";
import type { AppendConflict } from "./message.ts";
import type { RaftLimits } from "./options.ts";
import type { ReplicaKey } from "./replica-key.ts";
import type { Snapshot } from "./snapshot.ts";

/** What an operator wants to know of one replica, as its leader sees it. */
export interface PeerProgress extends ReplicaKey {
  /**
   * `probe`: where the logs part is being looked for, one request at a time. `replicate`: entries are streamed. `snapshot`: it gets one, piece by piece.
   * `fetch`: an observer, it asks for itself.
   */
  readonly mode: "probe" | "replicate" | "snapshot" | "fetch";
  /** Durable on the follower up to here; of an observer, what it has. */
  readonly matchIndex: number;
  readonly nextIndex: number;
  readonly inflightAppends: number;
  readonly inflightBytes: number;
  readonly lastHeardUs: number;
  /** When it last had all that the leader had then. */
  readonly lastCaughtUpUs: number;
}

interface Inflight {
  readonly lastIndex: number;
  readonly bytes: number;
}

/**
 * What a leader knows of one follower, and what it has on the way to it.
 *
 *   probe      one request with entries, then only heartbeats; `nextIndex` stays. A match → replicate. A conflict → back off, probe again.
 *   replicate  requests are pipelined within the bounds; `nextIndex` runs ahead. A conflict, or a new connection → probe from the match.
 *   snapshot   from either, when `nextIndex` is no longer in the log: one piece at a time, from where the follower wants it. A match at or behind the
 *              snapshot's end → replicate. A new connection → the piece is sent again.
 */
export class Progress {
  /** The disk is filled in when the first leader of a quorum learns of it. */
  key: ReplicaKey;
  mode: "probe" | "replicate" | "snapshot" = "probe";
  matchIndex = 0;
  nextIndex: number;
  lastHeardUs: number;
  lastCaughtUpUs: number;
  /** The commit index the follower was last told. */
  toldCommitIndex = 0;
  isHeartbeatDue = false;
  hasProbed = false;
  /** What is being sent; kept until it is over, though a newer one may be there. */
  snapshot: Snapshot | undefined;
  snapshotPosition = 0;
  /** The last request with a piece of it: answers to earlier ones, sent again after a new connection perhaps, ask for nothing. */
  private chunkSequence = 0;
  lastSequence = 0;
  /** Conflicts of requests before this one were answered with a new probe already. */
  private firstLiveSequence = 1;
  private inflight: Inflight[] = [];
  private inflightBytes = 0;

  constructor(key: ReplicaKey, nextIndex: number, nowUs: number) {
    this.key = key;
    this.nextIndex = nextIndex;
    this.lastHeardUs = nowUs;
    this.lastCaughtUpUs = nowUs;
  }

  nextSequence(): number {
    return ++this.lastSequence;
  }

  hasRoom(limits: RaftLimits): boolean {
    return this.inflight.length < limits.maxInflightAppends && (this.inflight.length === 0 || this.inflightBytes < limits.maxInflightBytes);
  }

  sent(lastIndex: number, bytes: number): void {
    this.inflight.push({ lastIndex, bytes });
    this.inflightBytes += bytes;
    this.nextIndex = lastIndex + 1;
  }

  /** A match is true for the whole term, whichever request it answers; only one of a live request ends a probe. */
  matched(matchIndex: number, sequence: number): void {
    this.matchIndex = Math.max(this.matchIndex, matchIndex);
    while (this.inflight[0] !== undefined && this.inflight[0].lastIndex <= this.matchIndex) this.inflightBytes -= this.inflight.shift()?.bytes ?? 0;
    this.nextIndex = Math.max(this.nextIndex, this.matchIndex + 1);
    if (this.snapshot !== undefined && this.matchIndex < this.snapshot.index) {
      // It answers what was sent after the piece, and has not asked for the next one: it was not running yet when the piece came.
      if (sequence > this.chunkSequence) this.hasProbed = false;
      return;
    }
    const isInstalled = this.snapshot !== undefined;
    this.snapshot = undefined;
    if (isInstalled || sequence >= this.firstLiveSequence) this.mode = "replicate";
  }

  /**
   * Backs off by a whole term at a time (Raft §5.3, end). If our log has entries of the follower's conflicting term before
   * the conflict, the logs agree up to the last of them or part within that term on the follower's side; else they part before its first index.
   */
  conflicted(conflict: AppendConflict, log: RaftLog): void {
    if (conflict.sequence < this.firstLiveSequence || this.mode === "snapshot") return;
    const last = log.lastIndexOfTerm(conflict.conflictTerm, this.nextIndex - 1);
    const isShared = conflict.conflictTerm > 0 && log.termAt(last) === conflict.conflictTerm;
    const hint = isShared ? last + 1 : conflict.conflictIndex;
    const refused = this.nextIndex;
    this.probeFrom(Math.min(hint, refused - 1));
    // A follower that denies what it had acknowledged has lost its disk. It is asked again with each heartbeat, not at once for ever.
    this.hasProbed = this.nextIndex >= refused;
  }

  /** The entry it needs next is gone from the log. */
  installs(snapshot: Snapshot): void {
    this.probeFrom(this.matchIndex + 1);
    this.mode = "snapshot";
    this.snapshot = snapshot;
    this.snapshotPosition = 0;
  }

  /** The number of the request that carries the next piece. */
  nextChunkSequence(): number {
    this.chunkSequence = this.nextSequence();
    return this.chunkSequence;
  }

  /** The follower has the snapshot up to `position`: the next piece may leave. */
  wants(position: number, sequence: number): void {
    if (sequence !== this.chunkSequence) return;
    this.snapshotPosition = position;
    // Every byte is there, it is being stored: the match will tell. Until then a piece without bytes asks how far it is.
    this.hasProbed = position === this.snapshot?.id.size;
  }

  /** What was in flight may be lost. */
  restart(): void {
    if (this.mode === "snapshot") this.hasProbed = false;
    else this.probeFrom(this.matchIndex + 1);
  }

  view(): PeerProgress {
    const { key, mode, matchIndex, nextIndex, inflightBytes, lastHeardUs, lastCaughtUpUs } = this;
    return { ...key, mode, matchIndex, nextIndex, inflightAppends: this.inflight.length, inflightBytes, lastHeardUs, lastCaughtUpUs };
  }

  private probeFrom(index: number): void {
    this.mode = "probe";
    this.nextIndex = Math.max(index, this.matchIndex + 1);
    this.hasProbed = false;
    this.toldCommitIndex = 0;
    this.firstLiveSequence = this.lastSequence + 1;
    this.inflight = [];
    this.inflightBytes = 0;
  }
}
