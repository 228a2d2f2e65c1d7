import type { Entry } from "./entry.ts";
import type { SnapshotId } from "./snapshot.ts";

/** "Would you vote for me?" Changes no state and raises no term (KIP-996; thesis §9.6). `term` is the sender's, not raised yet. */
export interface PreVoteRequest {
  readonly type: "pre-vote-request";
  readonly term: number;
  /** Counts the sender's rounds: an answer to an earlier round is no answer. */
  readonly round: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
}

export interface PreVoteResponse {
  readonly type: "pre-vote-response";
  /** The answering node's term, which may be lower than the asker's. */
  readonly term: number;
  readonly round: number;
  readonly isGranted: boolean;
  /** Whom the answering node follows, −1 for nobody: a voter that was removed and does not know learns there that it was. */
  readonly leader: number;
}

/** RequestVote of Raft §5.2. */
export interface VoteRequest {
  readonly type: "vote-request";
  readonly term: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
}

export interface VoteResponse {
  readonly type: "vote-response";
  readonly term: number;
  readonly isGranted: boolean;
}

/** AppendEntries of Raft §5.3; without entries it is a heartbeat, a probe or the news of a commit. */
export interface AppendRequest {
  readonly type: "append-request";
  readonly term: number;
  /** Counts the leader's requests to this follower from 1, so that (term, sequence) names one request. */
  readonly sequence: number;
  readonly previousIndex: number;
  readonly previousTerm: number;
  readonly commitIndex: number;
  /** Contiguous from `previousIndex + 1`. */
  readonly entries: readonly Entry[];
}

/** What a follower found: its log agrees with the leader's up to `matchIndex`, and that much is synced. */
export interface AppendMatched {
  readonly type: "append-matched";
  readonly term: number;
  readonly sequence: number;
  readonly lastIndex: number;
  readonly matchIndex: number;
}

/**
 * What a follower found: its entry at `previousIndex` is missing or of another term, or the request's term has passed.
 * Missing: `conflictTerm` 0 and `conflictIndex` behind its last entry. Else the term it has there and that term's first index.
 */
export interface AppendConflict {
  readonly type: "append-conflict";
  readonly term: number;
  readonly sequence: number;
  readonly lastIndex: number;
  readonly conflictTerm: number;
  readonly conflictIndex: number;
}

export type AppendResponse = AppendMatched | AppendConflict;

/** InstallSnapshot of Raft §7, one piece: to a follower, or in answer to an observer, whose next entry the leader no longer has. */
export interface SnapshotChunk {
  readonly type: "snapshot-chunk";
  readonly term: number;
  readonly sequence: number;
  readonly snapshot: SnapshotId;
  /** Where in the file `bytes` begin. */
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** Which byte of the snapshot is wanted next. A promise of nothing: a snapshot counts when it is stored, and then it is an append that matched. */
export interface SnapshotWanted {
  readonly type: "snapshot-wanted";
  readonly term: number;
  readonly sequence: number;
  readonly snapshot: SnapshotId;
  readonly position: number;
}

/** An observer, or whoever does not know whether it still votes, asks for what was committed behind `commitIndex`. */
export interface FetchRequest {
  readonly type: "fetch-request";
  readonly term: number;
  /** Counts the sender's fetches. */
  readonly sequence: number;
  readonly commitIndex: number;
}

/** Committed entries only, from the fetch's `commitIndex + 1`; none if none came within a heartbeat interval. */
export interface FetchResponse {
  readonly type: "fetch-response";
  readonly term: number;
  readonly sequence: number;
  readonly previousIndex: number;
  readonly previousTerm: number;
  readonly commitIndex: number;
  readonly entries: readonly Entry[];
}

/** The node asked does not lead; it follows `leader`, −1 for nobody. */
export interface FetchRedirect {
  readonly type: "fetch-redirect";
  readonly term: number;
  readonly sequence: number;
  readonly leader: number;
}

/** The leader leads no more, and says who should campaign, best first (thesis §3.10; Kafka's EndQuorumEpoch). */
export interface EndTerm {
  readonly type: "end-term";
  readonly term: number;
  readonly successors: readonly number[];
}

/** What nodes tell each other. Plain data: any codec that keeps numbers, booleans, strings and byte arrays will do. */
export type RaftMessage =
  | PreVoteRequest
  | PreVoteResponse
  | VoteRequest
  | VoteResponse
  | AppendRequest
  | AppendResponse
  | SnapshotChunk
  | SnapshotWanted
  | FetchRequest
  | FetchResponse
  | FetchRedirect
  | EndTerm;
