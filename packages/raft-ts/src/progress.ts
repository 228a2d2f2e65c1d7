import type { RaftLog } from "./raft-log.ts";
import type { AppendConflict } from "./message.ts";
import type { RaftLimits } from "./options.ts";

/** What an operator wants to know of one follower. */
export interface PeerProgress {
  readonly peer: number;
  /** `probe`: where the logs part is being looked for, one request at a time. `replicate`: entries are streamed. */
  readonly mode: "probe" | "replicate";
  /** Durable on the follower up to here. */
  readonly matchIndex: number;
  readonly nextIndex: number;
  readonly inflightAppends: number;
  readonly inflightBytes: number;
  readonly lastHeardUs: number;
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
 */
export class Progress {
  readonly peer: number;
  mode: "probe" | "replicate" = "probe";
  matchIndex = 0;
  nextIndex: number;
  lastHeardUs: number;
  /** The commit index the follower was last told. */
  toldCommitIndex = 0;
  isHeartbeatDue = false;
  hasProbed = false;
  private lastSequence = 0;
  /** Conflicts of requests before this one were answered with a new probe already. */
  private firstLiveSequence = 1;
  private inflight: Inflight[] = [];
  private inflightBytes = 0;

  constructor(peer: number, nextIndex: number, nowUs: number) {
    this.peer = peer;
    this.nextIndex = nextIndex;
    this.lastHeardUs = nowUs;
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
    if (sequence >= this.firstLiveSequence) this.mode = "replicate";
  }

  /**
   * Backs off by a whole term at a time (Raft §5.3, end). If our log has entries of the follower's conflicting term before
   * the conflict, the logs agree up to the last of them or part within that term on the follower's side; else they part before its first index.
   */
  conflicted(conflict: AppendConflict, log: RaftLog): void {
    if (conflict.sequence < this.firstLiveSequence) return;
    const last = log.lastIndexOfTerm(conflict.conflictTerm, this.nextIndex - 1);
    const isShared = conflict.conflictTerm > 0 && log.termAt(last) === conflict.conflictTerm;
    const hint = isShared ? last + 1 : conflict.conflictIndex;
    const refused = this.nextIndex;
    this.probeFrom(Math.min(hint, refused - 1));
    // A follower that denies what it had acknowledged has lost its disk. It is asked again with each heartbeat, not at once for ever.
    this.hasProbed = this.nextIndex >= refused;
  }

  /** What was in flight may be lost. */
  restart(): void {
    this.probeFrom(this.matchIndex + 1);
  }

  view(): PeerProgress {
    const { peer, mode, matchIndex, nextIndex, inflightBytes, lastHeardUs } = this;
    return { peer, mode, matchIndex, nextIndex, inflightAppends: this.inflight.length, inflightBytes, lastHeardUs };
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
