import type { Entry } from "./entry.ts";

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

/** What nodes tell each other. Plain data: any codec that keeps numbers, booleans, strings and byte arrays will do. */
export type RaftMessage = PreVoteRequest | PreVoteResponse | VoteRequest | VoteResponse | AppendRequest | AppendResponse;
