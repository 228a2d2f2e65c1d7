/**
 * Who a replica is: its id, and the disk it remembers with. A node that lost its disk is another replica under the same id, for it has
 * forgotten what it promised (KIP-853; KAFKA-14077).
 */
export interface ReplicaKey {
  /** In [0, 2^31). At most one process answers under an id at a time. */
  readonly id: number;
  /** 1 to 64 printable ASCII characters, drawn at random when the disk was made; `ANY_DIRECTORY` only among the voters a quorum starts with. */
  readonly directoryId: string;
}

/** A replica whose vote counts. */
export interface Voter extends ReplicaKey {
  /** Where it is reached, for the shell; opaque, at most 255 printable ASCII characters, may be empty. */
  readonly address: string;
}

/** A voter whose disk is not known yet. A set with such a voter needs them all for its first election, which makes their disks known. */
export const ANY_DIRECTORY = "";

export const isSameReplica = (a: ReplicaKey, b: ReplicaKey): boolean => a.id === b.id && a.directoryId === b.directoryId;

/** True for what may name a disk. */
export const isDirectoryId = (value: unknown): value is string => typeof value === "string" && /^[\x21-\x7e]{1,64}$/.test(value);

/** True for what may be a voter's address. */
export const isVoterAddress = (value: unknown): value is string => typeof value === "string" && /^[\x20-\x7e]{0,255}$/.test(value);
