import type { Entry } from "./entry.ts";
import { MAX_INDEX, MAX_TERM } from "./entry.ts";
import type { AppendRequest, RaftMessage } from "./message.ts";
import { MAX_ENTRIES_PER_MESSAGE } from "./options.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Checks the shape of a decoded message of unknown origin and returns a copy with the known fields only, or undefined.
 * Payloads are shared, not copied. What it lets through can be a lie, but not one that `step` would throw on for its shape.
 */
export function parseRaftMessage(value: unknown): RaftMessage | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Fields;
  const term = natural(fields["term"], MAX_TERM);
  if (term === undefined) return undefined;
  switch (fields["type"]) {
    case "pre-vote-request":
    case "vote-request":
      return parseVoteRequest(fields, term);
    case "pre-vote-response":
    case "vote-response":
      return parseVoteResponse(fields, term);
    case "append-request":
      return parseAppendRequest(fields, term);
    case "append-matched":
    case "append-conflict":
      return parseAppendResponse(fields, term);
    default:
      return undefined;
  }
}

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
  return round === undefined ? undefined : { type: "pre-vote-response", term, round, isGranted };
}

function parseAppendRequest(fields: Fields, term: number): AppendRequest | undefined {
  const sequence = natural(fields["sequence"], MAX_INDEX);
  const previousIndex = natural(fields["previousIndex"], MAX_INDEX - MAX_ENTRIES_PER_MESSAGE);
  const previousTerm = natural(fields["previousTerm"], term);
  const commitIndex = natural(fields["commitIndex"], MAX_INDEX);
  if (sequence === undefined || previousIndex === undefined || previousTerm === undefined || commitIndex === undefined) return undefined;
  if ((previousIndex === 0) !== (previousTerm === 0)) return undefined;
  const entries = parseEntries(fields["entries"], { previousIndex, previousTerm, term });
  return entries === undefined ? undefined : { type: "append-request", term, sequence, previousIndex, previousTerm, commitIndex, entries };
}

function parseEntries(value: unknown, after: { previousIndex: number; previousTerm: number; term: number }): readonly Entry[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_ENTRIES_PER_MESSAGE) return undefined;
  const entries: Entry[] = [];
  let lastTerm = Math.max(1, after.previousTerm);
  for (const item of value as readonly unknown[]) {
    if (typeof item !== "object" || item === null) return undefined;
    const { index, term, payload } = item as Fields;
    const entryTerm = natural(term, after.term);
    if (index !== after.previousIndex + entries.length + 1 || entryTerm === undefined || entryTerm < lastTerm) return undefined;
    if (!(payload instanceof Uint8Array)) return undefined;
    entries.push({ index, term: entryTerm, payload });
    lastTerm = entryTerm;
  }
  return entries;
}

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

function natural(value: unknown, max: number): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= max ? value : undefined;
}
