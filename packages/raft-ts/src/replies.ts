import type { Synced } from "./durable-state.ts";
import { isSameReplica, type ReplicaKey } from "./replica-key.ts";
import type { AppendConflict, AppendMatched, RaftMessage, VoteRequest, VoteResponse } from "./message.ts";

/*
 * The messages that promise something, each built from the proof of what is on disk. A builder returns undefined while
 * the disk does not hold yet what its message promises: persist before send (Raft §5.1, figure 2).
 */

/** A candidate asks only when its own vote is durable: else it could vote for another after a restart. */
export function voteRequest(
  synced: Synced,
  request: { readonly term: number; readonly self: ReplicaKey } & Omit<VoteRequest, "type">,
): VoteRequest | undefined {
  if (synced.term !== request.term || !isVote(synced, request.self)) return undefined;
  return { type: "vote-request", term: request.term, lastIndex: request.lastIndex, lastTerm: request.lastTerm };
}

const isVote = (synced: Synced, candidate: ReplicaKey): boolean => synced.votedFor !== undefined && isSameReplica(synced.votedFor, candidate);

/** A vote that is not durable could be given twice. A refusal promises the term only. */
export function voteResponse(
  synced: Synced,
  vote: { readonly term: number; readonly candidate: ReplicaKey; readonly isGranted: boolean },
): VoteResponse | undefined {
  if (synced.term !== vote.term || (vote.isGranted && !isVote(synced, vote.candidate))) return undefined;
  return { type: "vote-response", term: vote.term, isGranted: vote.isGranted };
}

/** The leader counts this follower up to `matchIndex`, so all of it must be durable. */
export function appendMatched(synced: Synced, match: Omit<AppendMatched, "type">): AppendMatched | undefined {
  if (synced.term !== match.term) return undefined;
  if (synced.index < match.matchIndex) return undefined;
  return { type: "append-matched", ...match };
}

export function appendConflict(synced: Synced, conflict: Omit<AppendConflict, "type">): AppendConflict | undefined {
  if (synced.term !== conflict.term) return undefined;
  return { type: "append-conflict", ...conflict };
}

/** A reply as a function of what is on disk; undefined: not yet. */
export type ReplyBuilder = (synced: Synced) => RaftMessage | undefined;

export interface Reply {
  readonly to: ReplicaKey;
  readonly kind: "vote" | "append";
  readonly build: ReplyBuilder;
}

/**
 * Replies that wait for a sync: at most one of a kind to a peer, the newest, which says all that an older one did.
 * They are forgotten when the term changes: a reply of a passed term helps nobody.
 */
export class PendingReplies {
  private readonly waiting = new Map<string, Reply>();

  /** Returns the message if the disk holds already what it promises; else keeps the reply for later. */
  ask(reply: Reply, synced: Synced): RaftMessage | undefined {
    const key = `${reply.kind} ${reply.to.id}`;
    const message = reply.build(synced);
    if (message === undefined) this.waiting.set(key, reply);
    return message;
  }

  /** Takes out what may be sent now. */
  release(synced: Synced): readonly { readonly to: ReplicaKey; readonly message: RaftMessage }[] {
    const released: { to: ReplicaKey; message: RaftMessage }[] = [];
    for (const [key, reply] of this.waiting) {
      const message = reply.build(synced);
      if (message === undefined) continue;
      this.waiting.delete(key);
      released.push({ to: reply.to, message });
    }
    return released;
  }

  forget(): void {
    this.waiting.clear();
  }
}
