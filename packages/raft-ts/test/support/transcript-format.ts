import {
  ANY_DIRECTORY,
  decodeVoters,
  type Entry,
  NO_NODE,
  type PersistedWrite,
  type RaftMessage,
  type ReplicaKey,
  type SnapshotId,
  type Voter,
} from "../../src/index.ts";

/** A replica on its first disk is its id. */
export function describeReplica({ id, directoryId }: ReplicaKey): string {
  if (directoryId === ANY_DIRECTORY) return `${id}/any`;
  return directoryId === `d${id}` ? `${id}` : `${id}/${directoryId}`;
}

export const describeVoters = (voters: readonly Voter[]): string => voters.map(describeReplica).join(" ");

export function describeEntry({ index, term, kind, payload }: Entry): string {
  if (kind === "voters") return `${index}/${term}:voters(${describeVoters(decodeVoters(payload) ?? [])})`;
  return `${index}/${term}${kind === "data" ? `:${String.fromCharCode(...payload)}` : ""}`;
}

export const describeEntries = (entries: readonly Entry[]): string => entries.map((entry) => ` ${describeEntry(entry)}`).join("");

export function describeWrite({ base, term, votedFor, truncateFrom, entries }: PersistedWrite): string {
  const file = base === undefined || base.index === 0 ? "" : `new file behind ${base.index}/${base.term}, `;
  const vote = votedFor === undefined ? "none" : `${votedFor.id}`;
  const cut = truncateFrom > 0 ? `, cut at ${truncateFrom}` : "";
  return `${file}term ${term}, vote ${vote}${cut}${entries.length > 0 ? `,${describeEntries(entries)}` : ""}`;
}

const describeSnapshot = ({ index, term, size }: SnapshotId): string => `snapshot ${index}/${term} of ${size} bytes`;
const describeLeader = (leader: number): string => (leader === NO_NODE ? "" : `, leader is ${leader}`);

export function describeMessage(message: RaftMessage): string {
  const term = `term ${message.term}`;
  switch (message.type) {
    case "pre-vote-request":
    case "vote-request":
      return `${message.type} ${term}, log ends ${message.lastIndex}/${message.lastTerm}`;
    case "pre-vote-response":
      return `${message.type} ${term}, ${message.isGranted ? "granted" : `refused${describeLeader(message.leader)}`}`;
    case "vote-response":
      return `${message.type} ${term}, ${message.isGranted ? "granted" : "refused"}`;
    case "append-request":
      return `append ${term} #${message.sequence} after ${message.previousIndex}/${message.previousTerm}, commit ${message.commitIndex}${describeEntries(message.entries)}`;
    case "append-matched":
      return `matched ${term} #${message.sequence} up to ${message.matchIndex}`;
    case "append-conflict":
      return `conflict ${term} #${message.sequence}: term ${message.conflictTerm} from ${message.conflictIndex}`;
    case "snapshot-chunk":
      return `${describeSnapshot(message.snapshot)} ${term} #${message.sequence}: bytes ${message.position} to ${message.position + message.bytes.length}`;
    case "snapshot-wanted":
      return `${describeSnapshot(message.snapshot)} ${term} #${message.sequence}: wants byte ${message.position}`;
    case "fetch-request":
      return `fetch ${term} #${message.sequence} behind commit ${message.commitIndex}`;
    case "fetch-response":
      return `fetched ${term} #${message.sequence} after ${message.previousIndex}/${message.previousTerm}, commit ${message.commitIndex}${describeEntries(message.entries)}`;
    case "fetch-redirect":
      return `redirected ${term} #${message.sequence}${describeLeader(message.leader)}`;
    case "end-term":
      return `end of ${term}, successors ${message.successors.join(" ")}`;
  }
}
