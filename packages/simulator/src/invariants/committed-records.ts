import type { HostedReplica } from "@samsa/broker";
import type { BatchHeader } from "@samsa/log";
import type { NodeView } from "../cluster/cluster.ts";
import { batchesOf, isEmptyRun } from "./batches-of.ts";
import { type BatchMark, type GhostPartition, sameBatch } from "./ghost-partition.ts";
import { type Ghost, leadsOn } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/**
 * I-P1, I-P4: what lies below any high watermark is the same batch everywhere and for ever. I-P2: a new leader has all of it,
 * unless its election was an unclean one (the declared case of I-P11). Where it was compacted it may be what that has made of it.
 */
export class CommittedRecords implements InvariantCheck {
  readonly id = "I-P1";
  readonly looksAtChangesOnly = true;
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, ghost: Ghost, { changed, effects }: Turn): void {
    const memory = ghost.memoryOf(view);
    for (const hosted of changed) {
      const before = memory.replicas.get(hosted.key);
      // A broker that stops may commit, answer and begin to close the log in one turn.
      if (!hosted.log.isReady && before?.isCurrent !== true) continue;
      const committed = ghost.partition(hosted);
      const { replica } = hosted;
      const isNewLeader = replica.role === "leader" && !(before?.role === "leader" && before.leaderEpoch === replica.leaderEpoch);
      if (isNewLeader) {
        this.checkCompleteness(view, hosted, committed, ghost);
        if (replica.leaderEpoch >= (ghost.uncleanElections.get(hosted.key)?.leaderEpoch ?? Number.POSITIVE_INFINITY)) ghost.uncleanElections.delete(hosted.key);
      }
      // 1. A replica reads its high watermark of before, of records that are lost since; 2. an unclean election makes it leader: they are committed again.
      const seen = before?.highWatermark ?? 0;
      // What lies before a log's start may be other records, until they are deleted, and is given to nobody; but what a leader commits it may delete at once.
      const start = leadsOn(hosted, before) ? Math.min(before.logStartOffset, hosted.log.logStartOffset) : hosted.log.logStartOffset;
      const from = Math.max(isNewLeader ? Math.min(seen, committed.end) : seen, start);
      if (replica.highWatermark <= from) continue;
      // A leader that commits and is deposed in one turn has committed, and so has one that was elected in that very turn.
      const ledBefore = before?.role === "leader" ? before.leaderEpoch : undefined;
      const ledEpoch = (): number | undefined => (replica.role === "leader" ? replica.leaderEpoch : (lastElection(effects, hosted) ?? ledBefore));
      // What a restarted replica read of its high watermark is as old as its log: an unclean election may have come since.
      const knownIn = before?.isCurrent === true ? replica.leaderEpoch : Math.min(replica.leaderEpoch, hosted.log.latestEpoch);
      this.compare(view, hosted, committed, { from, knownIn, ledEpoch });
    }
  }

  private checkCompleteness(view: NodeView, hosted: HostedReplica, committed: GhostPartition, ghost: Ghost): void {
    const { log, replica } = hosted;
    // A leader that learns of its election late may find that a later one has committed more: that was not its to have.
    const last = committed.lastBefore(replica.leaderEpoch);
    const own = last !== undefined && log.appendedEnd >= last.endOffset ? batchesOf(view, log, last.baseOffset, last.endOffset) : [];
    const has = own[0] !== undefined && last !== undefined && (sameBatch(own[0], last) || holds(committed, own[0], last));
    const isComplete = last === undefined || isDeleted(log, last, committed) || has;
    const divergesAt = isComplete ? committed.end : firstDifference(view, hosted, committed);
    // I-P6 sees to it that such an election was allowed: whoever held it all had lost its power. The leader before it may go on for a while.
    const unclean = ghost.uncleanElections.get(hosted.key);
    // What it has fetched and not written yet may die with it, and nobody else need have it: that is committed when it has been written.
    if (unclean !== undefined && replica.leaderEpoch >= unclean.leaderEpoch) {
      committed.forget(Math.min(divergesAt, log.writtenEnd), replica.leaderEpoch, unclean.because);
      return committed.goesOnAt(batchesOf(view, log, log.logStartOffset, log.appendedEnd)[0]?.baseOffset ?? log.logStartOffset);
    }
    if (isComplete) return;
    this.report(
      "I-P2",
      `node ${view.id} leads ${committed.name} in epoch ${replica.leaderEpoch} without committed records from ${divergesAt} on (committed up to ${committed.end}, its log ends at ${log.appendedEnd})`,
    );
  }

  private compare(
    view: NodeView,
    hosted: HostedReplica,
    committed: GhostPartition,
    { from, knownIn, ledEpoch }: { readonly from: number; readonly knownIn: number; readonly ledEpoch: () => number | undefined },
  ): void {
    const { log, replica } = hosted;
    for (const batch of batchesOf(view, log, from, replica.highWatermark)) {
      if (batch.endOffset > replica.highWatermark) break;
      const known = committed.at(batch.baseOffset);
      if (known !== undefined && sameBatch(known, batch)) continue;
      // What is lost by leave was compacted with what is.
      const isEmpty = isEmptyRun(batch);
      if (committed.isMadeInto(batch, isEmpty) || (committed.hasLost && isEmpty && batch.endOffset <= committed.compactedEndOf(batch.leaderEpoch))) continue;
      const epoch = ledEpoch();
      if (epoch !== undefined && known === undefined && committed.goesOnWith(batch, epoch)) committed.append(batch, epoch);
      else if (committed.isExcusedIn(knownIn, batch)) continue;
      else if (epoch !== undefined && committed.losesAtOnce(markOf(batch), epoch)) continue;
      else
        return this.report(
          this.id,
          `${committed.name} on node ${view.id}: ${describe(batch)} lies below its high watermark ${replica.highWatermark}, but ${known === undefined ? "nothing" : describe(known)} was committed there`,
        );
    }
  }
}

/** The leader epoch that the replica took up last in this turn. */
function lastElection(effects: Turn["effects"], { topic, partition }: HostedReplica): number | undefined {
  for (const effect of effects.toReversed()) {
    if (effect.type !== "trace" || effect.event.kind !== "became-leader") continue;
    if (effect.event.topic === topic && effect.event.partition === partition) return effect.event.leaderEpoch;
  }
  return undefined;
}

/** What was deleted since, with reason, is nobody's to have. */
const isDeleted = (log: HostedReplica["log"], { endOffset }: BatchMark, { startMax }: GhostPartition): boolean =>
  startMax >= endOffset && log.logStartOffset >= endOffset && log.appendedEnd >= endOffset;

const markOf = ({ baseOffset, endOffset, leaderEpoch, crc }: BatchMark): BatchMark => ({ baseOffset, endOffset, leaderEpoch, crc });

const describe = (batch: BatchMark): string =>
  `offsets ${batch.baseOffset}–${batch.endOffset - 1} of epoch ${batch.leaderEpoch} (CRC ${batch.crc.toString(16)})`;

/** What compaction has made of the batch, and perhaps of others. */
const holds = (committed: GhostPartition, batch: BatchHeader, { endOffset }: BatchMark): boolean =>
  batch.endOffset >= endOffset && committed.isMadeInto(batch, isEmptyRun(batch));

/** Where a log and the committed records part. */
function firstDifference(view: NodeView, { log }: HostedReplica, committed: GhostPartition): number {
  let at = log.logStartOffset as number;
  for (const batch of batchesOf(view, log, log.logStartOffset, log.appendedEnd)) {
    const known = committed.at(batch.baseOffset);
    const isSame = known !== undefined && sameBatch(known, batch);
    if (!isSame && !committed.isMadeInto(batch, isEmptyRun(batch))) break;
    at = batch.endOffset;
  }
  return at;
}
