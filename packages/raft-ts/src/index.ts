export type { Crc } from "./crc.ts";
export { LOG_START, MAX_INDEX, MAX_NODE_ID, MAX_TERM, NO_NODE, type Entry, type EntryKind, type LogPosition } from "./entry.ts";
export { InvariantViolation } from "./invariant.ts";
export type { RaftInput } from "./input.ts";
export { majorityOf, reachedByMajority } from "./majority.ts";
export type {
  AppendConflict,
  AppendMatched,
  AppendRequest,
  AppendResponse,
  EndTerm,
  FetchRedirect,
  FetchRequest,
  FetchResponse,
  PreVoteRequest,
  PreVoteResponse,
  RaftMessage,
  SnapshotChunk,
  SnapshotWanted,
  VoteRequest,
  VoteResponse,
} from "./message.ts";
export { DEFAULT_LIMITS, InvalidOptionsError, MAX_ENTRIES_PER_MESSAGE, type RaftLimits, type RaftOptions } from "./options.ts";
export type { PersistedWrite, Proposed, RaftOutput, ReadRequested, Refusal, TransferStarted, VoterChange } from "./output.ts";
export { parseRaftMessage } from "./parse-message.ts";
export type { PeerProgress } from "./progress.ts";
export { RaftNode } from "./raft-node.ts";
export { recover, type Recovery } from "./recover.ts";
export { EMPTY_PAST, type Recovered } from "./recovered.ts";
export { ANY_DIRECTORY, isDirectoryId, isSameReplica, type ReplicaKey, type Voter } from "./replica-key.ts";
export type { Role } from "./role.ts";
export { CorruptSnapshotError, decodeSnapshot, encodeSnapshot, type Snapshot, type SnapshotId } from "./snapshot.ts";
export { decodeVoters, encodeVoters, MAX_VOTERS } from "./voters-codec.ts";
export { CorruptWalError, encodeWrite, recoverWal, type WalPast } from "./wal-codec.ts";
