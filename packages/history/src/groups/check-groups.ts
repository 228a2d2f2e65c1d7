import type { History, TopicPartition } from "../history.ts";
import type { TimeSpan } from "../permit.ts";
import type { GroupHistory, GroupPartitionHistory, MemberFailure, OffsetCommit, OffsetFetch, Ownership, ReadingStart } from "./group-history.ts";
import { NO_OFFSET } from "./group-history.ts";

/** What can be wrong with what a group's members did and saw. */
export type GroupAnomalyName =
  /** I-G1: two members held one partition at the same time, each by right. */
  | "double-owned"
  /** I-G4: a commit of an earlier generation was acknowledged though it was sent after a later one had begun. */
  | "stale-commit"
  /** I-G5: an offset that was acknowledged is gone: an older one was told, or one that nobody committed. */
  | "offset-went-back"
  /** I-G6: "nothing committed" of a partition with an acknowledged commit. */
  | "offset-forgotten"
  /** I-G5: a member began to read before what it was told to be committed, or before where it went. */
  | "reprocessed"
  /** I-L8: a member began to read behind that, and a record between is in the log. */
  | "skipped"
  /** I-L8: a consumer has committed by itself what its program had not processed. */
  | "early-commit"
  /** I-L8: a record that is in the log was processed by nobody. */
  | "unprocessed"
  /** I-L9: when all was calm the group did not come to rest. */
  | "unsettled"
  /** I-L9: a member was told an error that will not pass, and that nobody has to expect. */
  | "failed"
  /** Nothing was proved: no commit was acknowledged, or nobody was told of one later, of some partition that has records in the end; or of none at all, and no partition was emptied. */
  | "no-evidence";

export interface GroupAnomaly {
  readonly name: GroupAnomalyName;
  readonly groupId: string;
  /** Empty where it concerns the whole group. */
  readonly topic: string;
  /** −1 where it concerns the whole group. */
  readonly partition: number;
  /** A sentence in words. */
  readonly detail: string;
}

/** A coordinator that was deposed and had not heard of it, as long as it could still answer. */
export interface DeposedCoordinator extends TimeSpan {
  /** What it had as committed for a partition, as far as that is known; −1: nothing. */
  readonly tells: (target: TopicPartition) => readonly number[];
}

export interface GroupCheckOptions {
  /**
   * Between these moments records of the group may have gone, by leave of the faults: from the first one on it may begin anew from an earlier generation
   * and earlier offsets. What was committed from the second one on is owed again.
   */
  readonly offsetsLost?: TimeSpan;
  /**
   * Coordinators of this very group that answered though they had been deposed, as Kafka's may: who was heard of by one was not by the one that counts,
   * and what it had as committed may be old.
   */
  readonly deposed?: readonly DeposedCoordinator[];
  /** When a coordinator of this group was being loaded, and answered heartbeats of whoever asked, as Kafka's do. */
  readonly loading?: readonly TimeSpan[];
  /** When the group was deleted, by whoever may, or because it had neither members nor offsets: the next one of its name counts its generations anew. */
  readonly deletedUs?: readonly number[];
  /** Records of the partition may have been replaced by leave: what is at an offset now need not be what was processed there. */
  readonly mayHaveLostRecords?: (target: TopicPartition) => boolean;
  /** The largest offset at which the partition has ever begun by right: what lies before may come back, as in Kafka, and had not to be read meanwhile. */
  readonly startMax?: (target: TopicPartition) => number;
}

const FENCED = "FENCED_INSTANCE_ID";

/** A request may be so long on its way, and its answer: in cut networks, in the queue of a server that is paused, and to a process that is. */
const ON_THE_WAY_MAX_US = 30_000_000;

const NEVER: TimeSpan = { fromUs: Number.POSITIVE_INFINITY, toUs: Number.POSITIVE_INFINITY };

/** Examples of one name and partition. */
const EXAMPLES_MAX = 8;

interface Known {
  readonly group: GroupHistory;
  readonly lost: TimeSpan;
  readonly deletedUs: readonly number[];
}

/** Judges one group; `log` tells what is in the topics in the end, by its final reads. */
export function checkGroup(group: GroupHistory, log: History, options: GroupCheckOptions = {}): readonly GroupAnomaly[] {
  const anomalies: GroupAnomaly[] = [];
  const { groupId } = group;
  const add = (name: GroupAnomalyName, { topic, partition }: TopicPartition, details: readonly string[]): void => {
    for (const detail of details.slice(0, EXAMPLES_MAX)) anomalies.push({ name, groupId, topic, partition, detail });
  };
  const offDuty = [...(options.deposed ?? []), ...(options.loading ?? [])];
  const isOffDuty = (atUs: number): boolean => offDuty.some(({ fromUs, toUs }) => fromUs <= atUs && atUs <= toUs);
  const { offsetsLost: lost = NEVER, deletedUs = [] } = options;
  for (const partition of group.partitions()) {
    add("double-owned", partition, doubleOwned(partition, { isOffDuty, lost }));
    add("stale-commit", partition, staleCommits(partition, { group, lost, deletedUs }));
    const fetches = partition.fetches.filter((fetch) => !isToldByDeposed(fetch, partition, options.deposed));
    add("early-commit", partition, earlyCommits(partition));
    add("offset-forgotten", partition, forgotten(partition.commits, fetches, lost));
    add("offset-went-back", partition, wentBack(partition.commits, fetches, { group, lost, deletedUs }));
    if (options.mayHaveLostRecords?.(partition) === true) continue;
    add("reprocessed", partition, reprocessed(partition));
    add("skipped", partition, skipped(partition, log, options.startMax?.(partition) ?? 0));
    add("unprocessed", partition, unprocessed(partition, log, options.startMax?.(partition) ?? 0));
  }
  const whole = { topic: "", partition: -1 };
  if (group.unsettled !== undefined) add("unsettled", whole, [group.unsettled]);
  add(
    "failed",
    whole,
    group.failures
      .filter((failure) => !isExpected(failure, group, options.loading))
      .map(({ process, error }) => `member ${process} can do nothing more because of ${error}`),
  );
  const unproved = [...group.partitions()].filter((partition) => !isProved(partition, log));
  for (const partition of unproved)
    add("no-evidence", partition, ["no commit was acknowledged, or nobody asked for what is committed after that: nothing is proved"]);
  const partitions = [...group.partitions()];
  if (partitions.every((partition) => !hasAcknowledged(partition)) && !partitions.some((partition) => isEmptied(partition, log)))
    add("no-evidence", whole, ["no commit of the group was acknowledged: nothing is proved"]);
  return anomalies;
}

/**
 * Whoever takes a static member's place fences the one before, and so does the one before with a JoinGroup that was long on its way: it ended not long ago.
 * A member may also fence itself, as in Kafka, where the ids of members are written down when their generation has its assignment: 1. it is taken out;
 * 2. it joins again, and is given another id; 3. the coordinator dies before SyncGroup; 4. the next one knows its id of before, and that of now is wrong.
 */
function isExpected({ process, error, atUs }: MemberFailure, group: GroupHistory, loading: readonly TimeSpan[] = []): boolean {
  const sinceUs = atUs - ON_THE_WAY_MAX_US;
  if (error !== FENCED) return false;
  const isNewlyLoaded = loading.some(({ toUs }) => sinceUs <= toUs && toUs <= atUs);
  return group.mayBeReplaced(process, { sinceUs, atUs }) || (isNewlyLoaded && group.isStatic(process));
}

const hasAcknowledged = ({ commits }: GroupPartitionHistory): boolean => commits.some(({ outcome }) => outcome === "ok");

/** There were records, and all are deleted: whoever could commit nothing while they were there has nothing to commit any more. */
const isEmptied = (partition: GroupPartitionHistory, log: History): boolean => {
  const { finalReads } = log.partition(partition);
  return finalReads.length > 0 && finalReads.every(({ isOk, startOffset, stream }) => isOk && startOffset > 0 && stream.offsets.length === 0);
};

/** An offset of it was acknowledged, and asked for later; or there is nothing to commit. */
function isProved(partition: GroupPartitionHistory, log: History): boolean {
  const { commits, fetches } = partition;
  if (log.partition(partition).finalReads.every(({ isOk, stream }) => !isOk || stream.offsets.length === 0)) return true;
  return commits.some(({ outcome, completedUs }) => outcome === "ok" && fetches.some(({ askedUs }) => askedUs >= completedUs));
}

/** Members that follow each other may touch at one moment. Of whom a group had, and lost, it gives everything to others. */
function doubleOwned(
  { ownerships }: GroupPartitionHistory,
  { isOffDuty, lost }: { readonly isOffDuty: (atUs: number) => boolean; readonly lost: TimeSpan },
): readonly string[] {
  const byBeginning = ownerships.toSorted((a, b) => a.assignedUs - b.assignedUs);
  return byBeginning.flatMap((later, index) =>
    byBeginning
      .slice(0, index)
      .filter((earlier) => earlier.process !== later.process && earlier.exclusiveUntilUs > later.assignedUs && later.exclusiveUntilUs > later.assignedUs)
      .filter((earlier) => (later.assignedUs < lost.fromUs ? !mayBeBack(earlier, lost) : earlier.assignedUs >= lost.toUs + ON_THE_WAY_MAX_US))
      .filter(({ heardOfUs }) => heardOfUs === undefined || !isOffDuty(heardOfUs))
      .map(
        (earlier) =>
          `member ${later.process} was given it at ${later.assignedUs} µs, and it was member ${earlier.process}'s until ${earlier.exclusiveUntilUs} µs`,
      ),
  );
}

/**
 * It was heard of when records had gone: 1. a silent member is taken out, and another is given what it had; 2. an election loses the records of that; 3. the
 * silent one wakes, and is a member.
 */
const mayBeBack = ({ heardOfUs = Number.MAX_VALUE }: Ownership, lost: TimeSpan): boolean => heardOfUs >= lost.fromUs;

/** One may have answered that was deposed in between, and told what it had. */
const isToldByDeposed = ({ askedUs, answeredUs, offset }: OffsetFetch, target: TopicPartition, deposed: readonly DeposedCoordinator[] = []): boolean =>
  deposed.some(({ fromUs, toUs, tells }) => fromUs <= answeredUs && askedUs <= toUs && tells(target).includes(offset));

function staleCommits({ commits }: GroupPartitionHistory, known: Known): readonly string[] {
  const { lost } = known;
  return commits.flatMap(({ outcome, generationId, invokedUs, completedUs, process, offset }) => {
    const isJudged = outcome === "ok" && (completedUs < lost.fromUs || invokedUs >= lost.toUs + ON_THE_WAY_MAX_US);
    const later = isJudged ? firstAfter(generationId, { ...known, atUs: invokedUs }) : undefined;
    if (later === undefined || later.atUs >= invokedUs) return [];
    return [
      `member ${process} committed ${offset} at ${invokedUs} µs in generation ${generationId}; generation ${later.generationId} had begun by ${later.atUs} µs`,
    ];
  });
}

/** It was acknowledged before the question came, and is not among what was lost. */
const isOwed = (commit: OffsetCommit, fetch: OffsetFetch, lost: TimeSpan): boolean =>
  commit.outcome === "ok" && commit.completedUs <= fetch.askedUs && (fetch.answeredUs < lost.fromUs || commit.invokedUs >= lost.toUs);

function forgotten(commits: readonly OffsetCommit[], fetches: readonly OffsetFetch[], lost: TimeSpan): readonly string[] {
  return fetches.flatMap((fetch) => {
    const owed = fetch.offset === NO_OFFSET ? commits.find((commit) => isOwed(commit, fetch, lost)) : undefined;
    if (owed === undefined) return [];
    return [`member ${fetch.process} was told at ${fetch.answeredUs} µs that nothing is committed; ${owed.offset} was acknowledged at ${owed.completedUs} µs`];
  });
}

function wentBack(commits: readonly OffsetCommit[], fetches: readonly OffsetFetch[], known: Known): readonly string[] {
  return fetches
    .filter((fetch) => fetch.offset !== NO_OFFSET && !isExplained(fetch, commits, known))
    .map(({ process, offset, answeredUs }) => `member ${process} was told ${offset} at ${answeredUs} µs, which no commit that may have been the last one says`);
}

/** A commit of this offset had begun by then, and none that was acknowledged before the question came certainly after it. */
const isExplained = (fetch: OffsetFetch, commits: readonly OffsetCommit[], known: Known): boolean =>
  commits.some((commit) => {
    if (commit.offset !== fetch.offset || commit.invokedUs > fetch.answeredUs || commit.outcome === "fail") return false;
    const effectiveUntilUs = commit.mayComeLater ? endOfGeneration(commit, known) : commit.completedUs;
    return !commits.some((other) => other.invokedUs > effectiveUntilUs && isOwed(other, fetch, known.lost));
  });

/** When a member was first told of a generation later than one of `atUs`; undefined: none was, or this one is not known. A group that begins anew counts anew. */
function firstAfter(
  generationId: number,
  { group, lost, deletedUs, atUs }: Known & { readonly atUs: number },
): GroupHistory["generations"][number] | undefined {
  if (generationId < 0) return undefined;
  const anewUs = [...deletedUs.filter((one) => one <= atUs), ...(atUs < lost.fromUs ? [] : [lost.toUs])];
  const sinceUs = Math.max(Number.NEGATIVE_INFINITY, ...anewUs) + ON_THE_WAY_MAX_US;
  return group.generations.find((begun) => begun.generationId > generationId && begun.atUs >= sinceUs);
}

/** Until when an attempt may be carried out that nobody knows the outcome of: those of a generation that is over are refused (I-G4). */
const endOfGeneration = ({ generationId, invokedUs }: OffsetCommit, known: Known): number =>
  firstAfter(generationId, { ...known, atUs: invokedUs })?.atUs ?? Number.POSITIVE_INFINITY;

function reprocessed({ starts }: GroupPartitionHistory): readonly string[] {
  return starts
    .filter(({ fromOffset, firstOffset }) => firstOffset < fromOffset)
    .map((start) => `${startOf(start)}, and was given the record at offset ${start.firstOffset} first, at ${start.atUs} µs`);
}

const startOf = ({ process, fromOffset, isSought }: ReadingStart): string =>
  isSought === true ? `member ${process} went to ${fromOffset}` : `member ${process} was told that ${fromOffset} is committed`;

/** Records that are in the log in the end were there when one behind them was read, unless they had been deleted and are back. */
function skipped(partition: GroupPartitionHistory, log: History, startMax: number): readonly string[] {
  const kept = log.partition(partition).finalReads.flatMap(({ isOk, stream }) => (isOk ? stream.offsets : []));
  return partition.starts.flatMap((start) => {
    const passed = kept.find((offset) => offset >= Math.max(start.fromOffset, startMax) && offset < start.firstOffset);
    return passed === undefined ? [] : [`${startOf(start)}, and was given ${start.firstOffset} first, at ${start.atUs} µs; the record at ${passed} is there`];
  });
}

function earlyCommits({ commits }: GroupPartitionHistory): readonly string[] {
  return commits.flatMap(({ process, offset, invokedUs, automatic }) => {
    const unprocessedFrom = automatic?.unprocessedFrom ?? offset;
    if (unprocessedFrom >= offset) return [];
    return [`member ${process}'s consumer committed ${offset} at ${invokedUs} µs, and what it was given from ${unprocessedFrom} on was not processed`];
  });
}

/** Whatever was deleted before it was read, and is back, need not have been processed by anybody. */
function unprocessed(partition: GroupPartitionHistory, log: History, startMax: number): readonly string[] {
  const { finalReads } = log.partition(partition);
  return finalReads
    .filter(({ isOk }) => isOk)
    .flatMap(({ stream }) => [...stream.offsets].filter((offset) => offset >= startMax && !partition.processed.has(offset)))
    .map((offset) => `the record at offset ${offset} was processed by no member`);
}
