import { MAX_NODE_ID } from "./entry.ts";
import { ANY_DIRECTORY, isDirectoryId, isVoterAddress, type ReplicaKey, type Voter } from "./replica-key.ts";
import { MAX_VOTERS } from "./voters-codec.ts";
import type { Crc } from "./crc.ts";

/** Bounds of what one node sends and holds. All are checked to be integers ≥ 1. */
export interface RaftLimits {
  /** Entries in one append. Default 1,024, at most 65,536 (a receiver refuses more). */
  readonly maxEntriesPerAppend: number;
  /** Payload bytes in one append; a first entry is sent whatever its size. Default 1 MiB. */
  readonly maxBytesPerAppend: number;
  /** Appends with entries on their way to one follower. Default 16. */
  readonly maxInflightAppends: number;
  /** Payload bytes on their way to one follower; one append is sent whatever its size. Default 8 MiB. */
  readonly maxInflightBytes: number;
  /** Bytes of one proposal. Default 8 MiB. */
  readonly maxPayloadBytes: number;
  /** Committed payload bytes after which the application is asked for a snapshot. Default 20 MiB. */
  readonly snapshotAfterBytes: number;
  /** Committed entries after which it is asked whatever their size. Default 100,000. */
  readonly snapshotAfterEntries: number;
  /** Entries that stay in the log behind a snapshot, so that a follower a little behind needs no snapshot. Default 1,024. */
  readonly retainedEntries: number;
  /** Bytes of one piece of a snapshot. Default 256 KiB. */
  readonly maxBytesPerChunk: number;
  /** Bytes of a snapshot that is taken from another node. Default 1 GiB. */
  readonly maxSnapshotBytes: number;
  /** Observers a leader remembers; beyond it the one that was silent longest is forgotten, and fetches anew. Default 1,024. */
  readonly maxObservers: number;
  /** Reads that wait for a proof of leadership. Default 10,000. */
  readonly maxPendingReads: number;
  /** How far an observer may be behind to be made a voter, in entries. Default 1,000. */
  readonly maxVoterLag: number;
}

export const DEFAULT_LIMITS: RaftLimits = {
  maxEntriesPerAppend: 1024,
  maxBytesPerAppend: 1024 * 1024,
  maxInflightAppends: 16,
  maxInflightBytes: 8 * 1024 * 1024,
  maxPayloadBytes: 8 * 1024 * 1024,
  snapshotAfterBytes: 20 * 1024 * 1024,
  snapshotAfterEntries: 100_000,
  retainedEntries: 1024,
  maxBytesPerChunk: 256 * 1024,
  maxSnapshotBytes: 1024 * 1024 * 1024,
  maxObservers: 1024,
  maxPendingReads: 10_000,
  maxVoterLag: 1000,
};

/** A receiver refuses an append with more entries: no honest leader sends one. */
export const MAX_ENTRIES_PER_MESSAGE = 65_536;

/** How one node is set up. All nodes must be given the same `voters` and should have the same times. */
export interface RaftOptions {
  /** This node, and the disk that `recovered` is from. */
  readonly self: ReplicaKey;
  /**
   * Who votes first; once the log names voters it is of no account. A voter's directory may be `ANY_DIRECTORY`: then the first election needs
   * all of them, and its winner writes down which disks they have. Empty for a node that joins a quorum as an observer: see `seeds`.
   */
  readonly voters: readonly Voter[];
  /** Whom a node asks that finds no leader among the voters it knows of: it may observe, or have been away while they were replaced. */
  readonly seeds?: readonly number[];
  /** A follower that hears nothing for a random time in [T, 2T) asks for pre-votes; a leader that hears from no majority for T resigns. */
  readonly electionTimeoutUs: number;
  /** An idle leader sends this often. Less than half of the election timeout. */
  readonly heartbeatIntervalUs: number;
  /** A uniform integer in [0, 2^32). The node draws from it for timeouts only. */
  readonly random: () => number;
  /** CRC-32C is meant; all nodes must have the same. */
  readonly crc: Crc;
  readonly limits?: Partial<RaftLimits>;
}

/** Options that were checked, with every limit filled in. */
export interface ResolvedOptions extends Required<RaftOptions> {
  readonly limits: RaftLimits;
}

/** The options contradict each other or are out of range; nothing was started. */
export class InvalidOptionsError extends Error {
  readonly code = "INVALID_OPTIONS";
}

/** Checks options and fills in the default limits. Throws `InvalidOptionsError`. */
export function resolveOptions(options: RaftOptions): ResolvedOptions {
  const { self, voters, seeds = [], electionTimeoutUs, heartbeatIntervalUs } = options;
  const ids = [self.id, ...voters.map(({ id }) => id), ...seeds];
  check(
    ids.every((id) => Number.isInteger(id) && id >= 0 && id <= MAX_NODE_ID),
    "ids must be integers in [0, 2^31)",
  );
  check(isDirectoryId(self.directoryId), "self.directoryId must be 1 to 64 printable ASCII characters");
  check(
    voters.every(({ directoryId }) => directoryId === ANY_DIRECTORY || isDirectoryId(directoryId)),
    "a voter's directoryId must be 1 to 64 printable ASCII characters, or ANY_DIRECTORY",
  );
  check(
    voters.every(({ address }) => isVoterAddress(address)),
    "a voter's address must be at most 255 printable ASCII characters",
  );
  check(new Set(voters.map(({ id }) => id)).size === voters.length, "voters must differ from each other");
  check(voters.length <= MAX_VOTERS, `at most ${MAX_VOTERS} voters`);
  check(Number.isSafeInteger(electionTimeoutUs) && Number.isSafeInteger(heartbeatIntervalUs), "times must be whole microseconds");
  check(heartbeatIntervalUs >= 1 && 2 * heartbeatIntervalUs < electionTimeoutUs, "heartbeatIntervalUs must be less than half of electionTimeoutUs");
  const limits: RaftLimits = { ...DEFAULT_LIMITS, ...options.limits };
  for (const [name, value] of Object.entries(limits)) check(Number.isSafeInteger(value) && value >= 1, `limits.${name} must be an integer ≥ 1`);
  check(limits.maxEntriesPerAppend <= MAX_ENTRIES_PER_MESSAGE, `limits.maxEntriesPerAppend must be ≤ ${MAX_ENTRIES_PER_MESSAGE}`);
  return { ...options, seeds, limits };
}

function check(condition: boolean, text: string): void {
  if (!condition) throw new InvalidOptionsError(text);
}
