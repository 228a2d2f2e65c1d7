import { MAX_NODE_ID } from "./entry.ts";

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
}

export const DEFAULT_LIMITS: RaftLimits = {
  maxEntriesPerAppend: 1024,
  maxBytesPerAppend: 1024 * 1024,
  maxInflightAppends: 16,
  maxInflightBytes: 8 * 1024 * 1024,
  maxPayloadBytes: 8 * 1024 * 1024,
};

/** A receiver refuses an append with more entries: no honest leader sends one. */
export const MAX_ENTRIES_PER_MESSAGE = 65_536;

/** How one node is set up. Every voter must have the same `voters` and should have the same times. */
export interface RaftOptions {
  readonly self: number;
  /** All voters, `self` among them, in any order. */
  readonly voters: readonly number[];
  /** A follower that hears nothing for a random time in [T, 2T) asks for pre-votes; a leader that hears from no majority for T resigns. */
  readonly electionTimeoutUs: number;
  /** An idle leader sends this often. Less than half of the election timeout. */
  readonly heartbeatIntervalUs: number;
  /** A uniform integer in [0, 2^32). The node draws from it for timeouts only. */
  readonly random: () => number;
  readonly limits?: Partial<RaftLimits>;
}

/** Options that were checked, with every limit filled in. */
export interface ResolvedOptions extends Required<RaftOptions> {
  readonly limits: RaftLimits;
  /** The voters but `self`. */
  readonly peers: readonly number[];
}

/** The options contradict each other or are out of range; nothing was started. */
export class InvalidOptionsError extends Error {
  readonly code = "INVALID_OPTIONS";
}

/** Checks options and fills in the default limits. Throws `InvalidOptionsError`. */
export function resolveOptions(options: RaftOptions): ResolvedOptions {
  const { self, voters, electionTimeoutUs, heartbeatIntervalUs } = options;
  require(voters.every((id) => Number.isInteger(id) && id >= 0 && id <= MAX_NODE_ID), "voters must be integers in [0, 2^31)");
  require(new Set(voters).size === voters.length, "voters must differ from each other");
  require(voters.includes(self), "self must be one of the voters");
  require(Number.isSafeInteger(electionTimeoutUs) && Number.isSafeInteger(heartbeatIntervalUs), "times must be whole microseconds");
  require(heartbeatIntervalUs >= 1 && 2 * heartbeatIntervalUs < electionTimeoutUs, "heartbeatIntervalUs must be less than half of electionTimeoutUs");
  const limits: RaftLimits = { ...DEFAULT_LIMITS, ...options.limits };
  for (const [name, value] of Object.entries(limits)) require(Number.isSafeInteger(value) && value >= 1, `limits.${name} must be an integer ≥ 1`);
  require(limits.maxEntriesPerAppend <= MAX_ENTRIES_PER_MESSAGE, `limits.maxEntriesPerAppend must be ≤ ${MAX_ENTRIES_PER_MESSAGE}`);
  return { ...options, limits, peers: voters.filter((id) => id !== self) };
}

function require(condition: boolean, text: string): void {
  if (!condition) throw new InvalidOptionsError(text);
}
