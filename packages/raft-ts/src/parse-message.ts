import type { Entry, EntryKind } from "./entry.ts";
import { MAX_INDEX, MAX_NODE_ID, MAX_TERM, NO_NODE } from "./entry.ts";
import type { AppendRequest, FetchResponse, RaftMessage } from "./message.ts";
import { MAX_ENTRIES_PER_MESSAGE } from "./options.ts";
import type { SnapshotId } from "./snapshot.ts";
import { decodeVoters, MAX_VOTERS } from "./voters-codec.ts";

type Fields = Readonly<Record<string, unknown>>;
type Parser = (fields: Fields, term: number) => RaftMessage | undefined;

/**
 * Checks the shape of a decoded message of unknown origin and returns a copy with the known fields only, or undefined.
 * Payloads are shared, not copied. What it lets through can be a lie, but not one that `step` would throw on for its shape.
 */
export function parseRaftMessage(value: unknown): RaftMessage | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Fields;
  const term = natural(fields["term"], MAX_TERM);
  const type = fields["type"];
  if (term === undefined || typeof type !== "string") return undefined;
  return PARSERS.get(type)?.(fields, term);
}

const PARSERS: ReadonlyMap<string, Parser> = new Map<RaftMessage["type"], Parser>([
  ["pre-vote-request", parseVoteRequest],
  ["vote-request", parseVoteRequest],
  ["pre-vote-response", parseVoteResponse],
  ["vote-response", parseVoteResponse],
  ["append-request", parseEntryMessage],
  ["fetch-response", parseEntryMessage],
  ["append-matched", parseAppendResponse],
  ["append-conflict", parseAppendResponse],
  ["snapshot-chunk", parseSnapshotMessage],
  ["snapshot-wanted", parseSnapshotMessage],
  ["fetch-request", parseFetchRequest],
  ["fetch-redirect", parseFetchRedirect],
  ["end-term", parseEndTerm],
]);

function parseVoteRequest(fields: Fields, term: number): RaftMessage | undefined {
  const lastIndex = natural(fields["lastIndex"], MAX_INDEX);
  const lastTerm = natural(fields["lastTerm"], term);
  if (lastIndex === undefined || lastTerm === undefined) return undefined;
  if (fields["type"] === "vote-request") return { type: "vote-request", term, lastIndex, lastTerm };
  const round = natural(fields["round"], MAX_INDEX);
  return round === undefined ? undefined : { type: "pre-vote-request", term, round, lastIndex, lastTerm };
}

function parseVoteResponse(fields: Fields, term: number): RaftMessage | undefined {
  const isGranted = fields["isGranted"];
  if (typeof isGranted !== "boolean") return undefined;
  if (fields["type"] === "vote-response") return { type: "vote-response", term, isGranted };
  const round = natural(fields["round"], MAX_INDEX);
  const leader = nodeOrNone(fields["leader"]);
  return round === undefined || leader === undefined ? undefined : { type: "pre-vote-response", term, round, isGranted, leader };
}

function parseEntryMessage(fields: Fields, term: number): AppendRequest | FetchResponse | undefined {
  const sequence = natural(fields["sequence"], MAX_INDEX);
  const previousIndex = natural(fields["previousIndex"], MAX_INDEX - MAX_ENTRIES_PER_MESSAGE);
  const previousTerm = natural(fields["previousTerm"], term);
  const commitIndex = natural(fields["commitIndex"], MAX_INDEX);
  if (sequence === undefined || previousIndex === undefined || previousTerm === undefined || commitIndex === undefined) return undefined;
  if ((previousIndex === 0) !== (previousTerm === 0)) return undefined;
  const entries = parseEntries(fields["entries"], { previousIndex, previousTerm, term });
  if (entries === undefined) return undefined;
  const type = fields["type"] === "append-request" ? "append-request" : "fetch-response";
  // What an observer is given is committed.
  if (type === "fetch-response" && commitIndex < previousIndex + entries.length) return undefined;
  return { type, term, sequence, previousIndex, previousTerm, commitIndex, entries };
}

function parseEntries(value: unknown, after: { previousIndex: number; previousTerm: number; term: number }): readonly Entry[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_ENTRIES_PER_MESSAGE) return undefined;
  const entries: Entry[] = [];
  let lastTerm = Math.max(1, after.previousTerm);
  for (const item of value as readonly unknown[]) {
    if (typeof item !== "object" || item === null) return undefined;
    const { index, term, kind, payload } = item as Fields;
    const entryTerm = natural(term, after.term);
    if (index !== after.previousIndex + entries.length + 1 || entryTerm === undefined || entryTerm < lastTerm) return undefined;
    if (!(payload instanceof Uint8Array) || !isKind(kind) || (kind === "voters" && decodeVoters(payload) === undefined)) return undefined;
    entries.push({ index, term: entryTerm, kind, payload });
    lastTerm = entryTerm;
  }
  return entries;
}

const isKind = (value: unknown): value is EntryKind => value === "data" || value === "barrier" || value === "voters";

function parseAppendResponse(fields: Fields, term: number): RaftMessage | undefined {
  const sequence = natural(fields["sequence"], MAX_INDEX);
  const lastIndex = natural(fields["lastIndex"], MAX_INDEX);
  if (sequence === undefined || lastIndex === undefined) return undefined;
  if (fields["type"] === "append-matched") {
    const matchIndex = natural(fields["matchIndex"], lastIndex);
    return matchIndex === undefined ? undefined : { type: "append-matched", term, sequence, lastIndex, matchIndex };
  }
  const conflictTerm = natural(fields["conflictTerm"], term);
  const conflictIndex = natural(fields["conflictIndex"], MAX_INDEX);
  if (conflictTerm === undefined || conflictIndex === undefined) return undefined;
  return { type: "append-conflict", term, sequence, lastIndex, conflictTerm, conflictIndex };
}

function parseSnapshotMessage(fields: Fields, term: number): RaftMessage | undefined {
  const sequence = natural(fields["sequence"], MAX_INDEX);
  const snapshot = parseSnapshotId(fields["snapshot"], term);
  if (sequence === undefined || snapshot === undefined) return undefined;
  const position = natural(fields["position"], snapshot.size);
  if (position === undefined) return undefined;
  if (fields["type"] === "snapshot-wanted") return { type: "snapshot-wanted", term, sequence, snapshot, position };
  const bytes = fields["bytes"];
  if (!(bytes instanceof Uint8Array) || position + bytes.length > snapshot.size) return undefined;
  return { type: "snapshot-chunk", term, sequence, snapshot, position, bytes };
}

function parseSnapshotId(value: unknown, term: number): SnapshotId | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Fields;
  const index = natural(fields["index"], MAX_INDEX);
  const snapshotTerm = natural(fields["term"], term);
  const size = natural(fields["size"], MAX_INDEX);
  const checksum = natural(fields["checksum"], 0xffff_ffff);
  if (index === undefined || index === 0 || snapshotTerm === undefined || snapshotTerm === 0 || size === undefined || checksum === undefined) return undefined;
  return { index, term: snapshotTerm, size, checksum };
}

function parseFetchRequest(fields: Fields, term: number): RaftMessage | undefined {
  const sequence = natural(fields["sequence"], MAX_INDEX);
  const commitIndex = natural(fields["commitIndex"], MAX_INDEX);
  return sequence === undefined || commitIndex === undefined ? undefined : { type: "fetch-request", term, sequence, commitIndex };
}

function parseFetchRedirect(fields: Fields, term: number): RaftMessage | undefined {
  const sequence = natural(fields["sequence"], MAX_INDEX);
  const leader = nodeOrNone(fields["leader"]);
  return sequence === undefined || leader === undefined ? undefined : { type: "fetch-redirect", term, sequence, leader };
}

function parseEndTerm(fields: Fields, term: number): RaftMessage | undefined {
  const value = fields["successors"];
  if (!Array.isArray(value) || value.length > MAX_VOTERS) return undefined;
  const successors = value.map((id: unknown) => natural(id, MAX_NODE_ID));
  return successors.every((id) => id !== undefined) ? { type: "end-term", term, successors } : undefined;
}

function natural(value: unknown, max: number): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= max ? value : undefined;
}

const nodeOrNone = (value: unknown): number | undefined => (value === NO_NODE ? NO_NODE : natural(value, MAX_NODE_ID));
