import type { ErrorName } from "@samsa/protocol";
import type { Now } from "@samsa/stdx";
import type { Settled } from "../../runtime/coordinator-shard.ts";
import type { GroupRecord } from "../records/group-record.ts";
import { recordBatches } from "../records/record-batches.ts";
import type { DraftParts } from "./group-draft.ts";

type Write = (records: readonly GroupRecord[], settled: Settled, now: Now) => void;
/** Says why the log takes nothing; else tells what becomes of it. */
type Attempt = (records: readonly GroupRecord[], told: Settled) => ErrorName | undefined;

const NOBODY: Settled = () => {};

/** The log never takes these records in one batch. */
export const isTooLarge = (error: ErrorName | undefined): boolean => error === "MESSAGE_TOO_LARGE" || error === "RECORD_LIST_TOO_LARGE";

/**
 * Writes a decision: as one batch, or as several where it does not fit into one. Says why the log has not taken it, and then tells nobody. What it may have
 * taken of it then is of a group that is not there, and goes before there is one; or it is a later epoch of a group, and some of the targets for that:
 * members go by targets when their epoch is there, which is written behind all of them, and who comes next makes them anew.
 */
export function writeDraft({ ahead, decided, behind }: DraftParts, write: Write, settled: Settled, now: Now): ErrorName | undefined {
  const all = [...ahead, ...decided, ...behind];
  let allRefused: ErrorName | undefined;
  const attempt: Attempt = (records, told) => {
    if (allRefused !== undefined && records.length === all.length) return allRefused;
    let refused: ErrorName | undefined;
    let isWritten = false;
    write(records, (error, at) => (isWritten || error === undefined ? told(error, at) : (refused = error)), now);
    isWritten = true;
    return refused;
  };
  if (ahead.length + behind.length === 0 || [...recordBatches(all)].length === 1) {
    allRefused = attempt(all, settled);
    if (!isTooLarge(allRefused)) return allRefused;
  }
  for (const batch of recordBatches(ahead)) {
    const refused = inHalves(batch, attempt, NOBODY);
    if (refused !== undefined) return refused;
  }
  const refused = behind.length > 0 ? attempt(decided, settled) : inParts(decided, attempt, settled);
  // What is left of it now goes later where the log does not take these.
  if (refused === undefined) for (const batch of recordBatches(behind)) write(batch, NOBODY, now);
  return refused;
}

/** First what brings the group into its epoch, as a whole; then targets. */
function inParts(decided: readonly GroupRecord[], attempt: Attempt, settled: Settled): ErrorName | undefined {
  const epochAt = decided.findLastIndex(isEpoch);
  const targets = decided.slice(epochAt + 1);
  const isLast = targets.length === 0;
  const refused = epochAt < 0 ? undefined : withEpoch(decided.slice(0, epochAt + 1), attempt, isLast ? settled : NOBODY);
  return refused !== undefined || isLast ? refused : inHalves(targets, attempt, settled);
}

/** Members may go one after the other, when the group is in the epoch that gives what they had to others. */
function withEpoch(records: readonly GroupRecord[], attempt: Attempt, settled: Settled): ErrorName | undefined {
  const rest = records.filter((record) => !isEpoch(record));
  const refused = attempt(records, settled);
  const areTombstones = rest.length > 0 && rest.every(({ value }) => value === null);
  return isTooLarge(refused) && areTombstones ? inHalves([...records.slice(-1), ...rest], attempt, settled) : refused;
}

/** In their order, as large as the log takes them. */
function inHalves(records: readonly GroupRecord[], attempt: Attempt, settled: Settled): ErrorName | undefined {
  const refused = attempt(records, settled);
  if (!isTooLarge(refused) || records.length < 2) return refused;
  const half = Math.ceil(records.length / 2);
  return inHalves(records.slice(0, half), attempt, NOBODY) ?? inHalves(records.slice(half), attempt, settled);
}

const isEpoch = ({ name, value }: GroupRecord): boolean => name === "ConsumerGroupMetadata" && value !== null;
