import type { Entry, EntryKind, ReplicaKey, Voter } from "../../src/index.ts";

/** The replica with this id, and a disk named after it. */
export const replica = (id: number): ReplicaKey => ({ id, directoryId: `d${id}` });
export const voter = (id: number): Voter => ({ ...replica(id), address: "" });
export const voters = (...ids: readonly number[]): readonly Voter[] => ids.map(voter);

export const entry = (index: number, term: number, payload: readonly number[] = [index, term], kind: EntryKind = "data"): Entry => ({
  index,
  term,
  kind,
  payload: Uint8Array.from(payload),
});
