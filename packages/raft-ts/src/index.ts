export { EMPTY_PAST, MAX_INDEX, MAX_NODE_ID, MAX_TERM, NO_NODE, type Entry, type Recovered } from "./entry.ts";
export { InvariantViolation } from "./invariant.ts";
export type { RaftInput } from "./input.ts";
export { majorityOf, reachedByMajority } from "./majority.ts";
export type {
  AppendConflict,
  AppendMatched,
  AppendRequest,
  AppendResponse,
  PreVoteRequest,
  PreVoteResponse,
  RaftMessage,
  VoteRequest,
  VoteResponse,
} from "./message.ts";
export { DEFAULT_LIMITS, InvalidOptionsError, MAX_ENTRIES_PER_MESSAGE, type RaftLimits, type RaftOptions } from "./options.ts";
export type { PersistedWrite, Proposed, RaftOutput } from "./output.ts";
export { parseRaftMessage } from "./parse-message.ts";
export type { PeerProgress } from "./progress.ts";
export { RaftNode } from "./raft-node.ts";
export type { Role } from "./role.ts";
export { CorruptWalError, encodeWrite, recoverWal, type Crc } from "./wal-codec.ts";
