import type { HostedReplica } from "@samsa/broker";
import type { BatchHeader } from "@samsa/log";
import type { NodeView } from "../cluster/cluster.ts";
import { batchesOf, isEmptyRun } from "./batches-of.ts";
import type { BatchMark, GhostPartition } from "./ghost-partition.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/** The end of a replica's log when it was last looked at. */
interface Tail {
  readonly incarnation: number;
  readonly last: BatchMark | undefined;
  readonly endOffset: number;
}

/**
 * I-P4: batches of equal offset and leader epoch are the same batch on all replicas, committed or not. I-P13: offsets are dense.
 * I-P12: leader epochs and their start offsets rise, each batch lies where its epoch says, and a leader's last epoch is its own, also while it
 * has written nothing. Where it was compacted a batch may have lost records, and several in a row may have become one without any.
 */
export class MatchingBatches implements InvariantCheck {
  readonly id = "I-P4";
  readonly looksAtChangesOnly = true;
  private readonly report: Report;
  /** By `partition@base offset/epoch`. */
  private readonly known = new Map<string, BatchMark>();
  /** By `node/partition`. */
  private readonly tails = new Map<string, Tail>();

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, ghost: Ghost, { changed }: Turn): void {
    for (const hosted of changed) {
      if (!hosted.log.isReady) continue;
      this.checkOwnEpoch(view, hosted);
      this.look(view, hosted, ghost.partition(hosted));
    }
  }

  private look(view: NodeView, hosted: HostedReplica, committed: GhostPartition): void {
    const { log, key } = hosted;
    const at = `${view.id}/${key}`;
    const tail = this.tails.get(at);
    const from = tail?.incarnation === view.incarnation && hasKept(view, hosted, tail) ? tail : undefined;
    if (from?.endOffset === log.appendedEnd) return;
    // Its files begin there: where the log's start lies within a batch, that batch is whole.
    let endOffset: number = from?.endOffset ?? log.firstSegmentOffset;
    let last = from?.last;
    const name = `${hosted.topic}-${hosted.partition} on node ${view.id}`;
    for (const batch of batchesOf(view, log, endOffset, log.appendedEnd)) {
      if (batch.baseOffset !== endOffset) this.report("I-P13", `${name}: offset ${endOffset} is missing before ${batch.baseOffset}`);
      if (batch.leaderEpoch !== last?.leaderEpoch && batch.endOffset > log.logStartOffset) this.checkEpochs(name, hosted, batch);
      if (batch.endOffset > committed.compactedEndOf(batch.leaderEpoch) || !this.isCompacted(key, batch)) this.compare(name, key, batch);
      ({ endOffset } = batch);
      last = batch;
    }
    if (endOffset !== log.appendedEnd) this.report("I-P13", `${name}: its batches end at ${endOffset}, its log at ${log.appendedEnd}`);
    this.tails.set(at, { incarnation: view.incarnation, last: last === undefined ? undefined : markOf(last), endOffset });
  }

  private checkOwnEpoch(view: NodeView, { replica, log, topic, partition }: HostedReplica): void {
    const last = log.epochEntries.at(-1)?.epoch;
    if (replica.role === "leader" && last !== replica.leaderEpoch)
      this.report("I-P12", `${topic}-${partition} on node ${view.id}: it leads epoch ${replica.leaderEpoch}, and its log's last one is ${last ?? "none"}`);
  }

  /** What it may have become is another's to judge (`CompactedRecords`). */
  private isCompacted(key: string, batch: BatchHeader): boolean {
    const known = this.known.get(`${key}@${batch.baseOffset}/${batch.leaderEpoch}`);
    return isEmptyRun(batch) || known?.endOffset === batch.endOffset;
  }

  private compare(name: string, key: string, batch: BatchMark): void {
    const place = `${key}@${batch.baseOffset}/${batch.leaderEpoch}`;
    const known = this.known.get(place);
    if (known === undefined) this.known.set(place, markOf(batch));
    else if (known.crc !== batch.crc || known.endOffset !== batch.endOffset)
      this.report(this.id, `${name}: the batch at ${batch.baseOffset} of epoch ${batch.leaderEpoch} is not the one that another replica has`);
  }

  private checkEpochs(name: string, { log }: HostedReplica, batch: BatchMark): void {
    const entries = log.epochEntries;
    for (const [i, entry] of entries.entries()) {
      const before = entries[i - 1];
      if (before !== undefined && (entry.epoch <= before.epoch || entry.startOffset <= before.startOffset))
        this.report("I-P12", `${name}: epoch ${entry.epoch} starts at ${entry.startOffset}, after epoch ${before.epoch} at ${before.startOffset}`);
    }
    const epoch = entries.findLast(({ startOffset }) => startOffset <= Math.max(batch.baseOffset, log.logStartOffset))?.epoch;
    if (epoch !== batch.leaderEpoch)
      this.report("I-P12", `${name}: the batch at ${batch.baseOffset} is of epoch ${batch.leaderEpoch}, and its log says ${epoch ?? "none"} there`);
  }
}

/** Nothing that was looked at has been cut off or replaced, and the last of it is not deleted: a log may begin anew further on, and grow, within one turn. */
function hasKept(view: NodeView, { log }: HostedReplica, { last, endOffset }: Tail): boolean {
  if (log.appendedEnd < endOffset) return false;
  if (last === undefined) return log.firstSegmentOffset === endOffset;
  const [now] = batchesOf(view, log, last.baseOffset, last.endOffset);
  return now?.baseOffset === last.baseOffset && now.leaderEpoch === last.leaderEpoch && now.crc === last.crc;
}

const markOf = ({ baseOffset, endOffset, leaderEpoch, crc }: BatchMark): BatchMark => ({ baseOffset, endOffset, leaderEpoch, crc });
