import type { HostedReplica } from "@samsa/broker";
import type { NodeView } from "../cluster/cluster.ts";
import { CommittedKeys, type CommittedRecord, type KeyedBatch, keyedBatchesOf } from "./committed-keys.ts";
import type { GhostPartition } from "./ghost-partition.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/** What a replica was last seen to have. */
interface Seen {
  readonly incarnation: number;
  readonly offsets: Set<number>;
  endOffset: number;
}

/** One replica's log as it is looked at. */
interface Look {
  readonly name: string;
  readonly ghost: Ghost;
  readonly keys: CommittedKeys;
  readonly committed: GhostPartition;
  readonly batches: readonly KeyedBatch[];
  readonly seen: Seen | undefined;
}

/**
 * I-C1: whatever compaction does, and whoever copies what it has left, a log below its high watermark has every committed record but those of which a newer one of
 * the key is committed, and tombstones older than `delete.retention.ms`; what it has is what was committed. What a replica had once is not deleted by a
 * tombstone and comes back: where it has dropped one, it has nothing of the key that is older. I-C2: nothing is compacted at or behind the replica's own
 * high watermark. Looked at when a round of compaction is done, when a process has read its log, and when all is calm.
 */
export class CompactedRecords implements InvariantCheck {
  readonly id = "I-C1";
  private readonly report: Report;
  /** By partition (`topic id:index`). */
  private readonly keys = new Map<string, CommittedKeys>();
  /** By `node/partition`. */
  private readonly seen = new Map<string, Seen>();
  private ghost: Ghost | undefined;

  constructor(report: Report) {
    this.report = report;
  }

  started(view: NodeView, _ghost: Ghost, { lostPower }: { readonly lostPower: boolean }): void {
    if (lostPower) this.wiped(view.id);
  }

  wiped(node: number): void {
    for (const at of this.seen.keys()) if (at.startsWith(`${node}/`)) this.seen.delete(at);
  }

  afterTurn(view: NodeView, ghost: Ghost, { changed, effects }: Turn): void {
    if (!ghost.looksAtKeys) return;
    this.ghost = ghost;
    for (const hosted of changed) {
      if (!hosted.log.isReady || !ghost.isCompacted(hosted.topic)) continue;
      const keys = this.keysOf(hosted);
      keys.learn(view, hosted, ghost.partition(hosted), ghost.nowUs);
      const seen = this.seen.get(`${view.id}/${hosted.key}`);
      if (seen !== undefined) this.cut(seen, hosted.log.appendedEnd);
      if (seen?.incarnation !== view.incarnation) this.check(view, hosted, ghost);
    }
    for (const effect of effects) if (effect.type === "trace" && effect.event.kind === "log-compacted") this.compacted(view, ghost, effect.event);
  }

  atEnd(view: NodeView): void {
    const { ghost } = this;
    if (ghost === undefined) return;
    for (const hosted of view.node.broker?.replicas.all() ?? []) if (hosted.log.isReady && ghost.isCompacted(hosted.topic)) this.check(view, hosted, ghost);
  }

  private compacted(
    view: NodeView,
    ghost: Ghost,
    { topic, partition, endOffset }: { readonly topic: string; readonly partition: number; readonly endOffset: number },
  ): void {
    for (const hosted of view.node.broker?.replicas.all() ?? []) {
      if (hosted.topic !== topic || hosted.partition !== partition || !hosted.log.isReady) continue;
      const { highWatermark } = hosted.replica;
      if (endOffset > highWatermark)
        this.report("I-C2", `${topic}-${partition} on node ${view.id} is compacted up to ${endOffset}, and its high watermark is ${highWatermark}`);
      this.check(view, hosted, ghost);
    }
  }

  private keysOf({ key }: HostedReplica): CommittedKeys {
    const keys = this.keys.get(key) ?? new CommittedKeys();
    this.keys.set(key, keys);
    return keys;
  }

  private cut(seen: Seen, endOffset: number): void {
    if (endOffset < seen.endOffset) for (const offset of seen.offsets) if (offset >= endOffset) seen.offsets.delete(offset);
    seen.endOffset = endOffset;
  }

  private check(view: NodeView, hosted: HostedReplica, ghost: Ghost): void {
    const { log, replica, key, topic, partition } = hosted;
    const keys = this.keysOf(hosted);
    const endOffset = Math.min(replica.highWatermark, keys.endOffset, log.writtenEnd);
    const batches = keyedBatchesOf(view, log, log.firstSegmentOffset, endOffset);
    if (batches === undefined) return;
    const at = `${view.id}/${key}`;
    this.judge({ name: `${topic}-${partition} on node ${view.id}`, ghost, keys, committed: ghost.partition(hosted), batches, seen: this.seen.get(at) });
    const offsets = new Set(batches.flatMap(({ records }) => records.map(({ offset }) => offset)));
    this.seen.set(at, { incarnation: view.incarnation, offsets, endOffset: log.appendedEnd });
  }

  private judge(look: Look): void {
    const { name, keys, batches } = look;
    const oldest = new Map<string, number>();
    for (const { leaderEpoch, records } of batches)
      for (const { offset, key, value } of records) {
        const known = keys.at(offset);
        if (!oldest.has(key)) oldest.set(key, offset);
        if (known?.leaderEpoch === leaderEpoch && (known.key !== key || known.value !== value))
          this.report(this.id, `${name}: the record at ${offset} is not the one that was committed there`);
      }
    for (const batch of batches) this.judgeBatch(look, batch, oldest);
  }

  private judgeBatch(look: Look, { baseOffset, endOffset, leaderEpoch, records }: KeyedBatch, oldest: ReadonlyMap<string, number>): void {
    const present = new Set(records.map(({ offset }) => offset));
    for (let offset = baseOffset; offset < endOffset; offset++) {
      const record = look.keys.at(offset);
      if (record?.leaderEpoch === leaderEpoch && !present.has(offset)) this.judgeMissing(look, record, oldest.get(record.key) ?? offset);
    }
  }

  private judgeMissing({ name, ghost, keys, committed, seen }: Look, { offset, key, value, sinceUs }: CommittedRecord, oldest: number): void {
    // A newer one may have been lost by leave, when this one was gone.
    if (committed.hasLost || keys.newestOf(key) > offset) return;
    if (value !== null) return this.report(this.id, `${name}: the newest record of key ${key}, at ${offset}, is gone`);
    const { deleteRetentionMs } = ghost;
    if (deleteRetentionMs !== undefined && ghost.nowUs - sinceUs < deleteRetentionMs * 1000)
      this.report(this.id, `${name}: the tombstone of key ${key} at ${offset} is gone after ${(ghost.nowUs - sinceUs) / 1000} ms`);
    if (seen?.offsets.has(offset) === true && oldest < offset)
      this.report(this.id, `${name}: the tombstone of key ${key} at ${offset} is gone, and what it deletes is still there, at ${oldest}`);
  }
}
