import type { HostedReplica } from "@samsa/broker";
import type { NodeView } from "../cluster/cluster.ts";
import { batchesOf, isEmptyRun } from "./batches-of.ts";
import type { BatchMark, GhostPartition } from "./ghost-partition.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/** The last batch of one producer in one log. */
interface LastBatch {
  readonly epoch: number;
  readonly lastSequence: number;
  readonly endOffset: number;
  readonly leaderEpoch: number;
}

/** How far a replica's log was looked at, and what was found. */
interface Progress {
  readonly incarnation: number;
  readonly producers: Map<number, LastBatch>;
  last: BatchMark | undefined;
  endOffset: number;
  /** After the last batch that compaction has emptied; 0 without any. */
  emptiedEnd: number;
}

type ProducedBatch = ReturnType<HostedReplica["log"]["batchesIn"]>[number];

const SEQUENCES = 0x8000_0000;

const isNumbered = ({ producerId, isControl }: ProducedBatch): boolean => producerId >= 0 && !isControl;

const isBump = (producers: ReadonlyMap<number, LastBatch>, { producerId, producerEpoch }: ProducedBatch): boolean =>
  producerEpoch > (producers.get(producerId)?.epoch ?? producerEpoch);

/**
 * I-T4: in every log the sequences of a producer's epoch follow each other without a gap, so that no batch is there twice; epochs
 * of a producer rise, and each but the first in a log begins at 0. They count up to 2^31 − 1 and begin again (KIP-98, KAFKA-7692). A producer
 * needs a new epoch only where records of its topic were lost by leave, or it has given some up. Behind what compaction has emptied a sequence may be any that
 * is still to come; behind what others have deleted any at all, where an unclean election has lost what came then.
 */
export class ProducerSequences implements InvariantCheck {
  readonly id = "I-T4";
  readonly looksAtChangesOnly = true;
  private readonly report: Report;
  /** By `node/partition`. */
  private readonly progress = new Map<string, Progress>();

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, ghost: Ghost, { changed }: Turn): void {
    for (const hosted of changed) if (hosted.log.isReady) this.look(view, hosted, ghost);
  }

  private look(view: NodeView, hosted: HostedReplica, ghost: Ghost): void {
    const place = `${view.id}/${hosted.key}`;
    const known = this.progress.get(place);
    const isCompacted = ghost.isCompacted(hosted.topic);
    const progress = known?.incarnation === view.incarnation && hasKept(view, hosted, known, isCompacted) ? known : begin(view, hosted);
    this.progress.set(place, progress);
    const { log } = hosted;
    const added = progress.endOffset === log.appendedEnd ? [] : batchesOf(view, log, progress.endOffset, log.appendedEnd);
    const at = { key: hosted.key, node: view.id, isCompacted };
    if (progress !== known) ghost.forgottenBatches.begin(at, added.filter(isNumbered));
    if (hosted.replica.role === "leader") ghost.forgottenBatches.led(at);
    for (const batch of added) {
      if (isCompacted && isEmptyRun(batch)) progress.emptiedEnd = batch.endOffset;
      if (isNumbered(batch)) {
        const name = `${hosted.topic}-${hosted.partition} on node ${view.id}`;
        if (isBump(progress.producers, batch) && !ghost.hasLost(hosted.topic, batch.producerId))
          this.report(
            this.id,
            `${name}: at ${batch.baseOffset} producer ${batch.producerId} begins epoch ${batch.producerEpoch}, and no record was lost or given up`,
          );
        this.follow(name, progress, batch, ghost.partition(hosted));
      }
      const { baseOffset, endOffset, leaderEpoch, crc } = batch;
      progress.last = { baseOffset, endOffset, leaderEpoch, crc };
      progress.endOffset = endOffset;
    }
  }

  private follow(name: string, { producers, emptiedEnd }: Progress, batch: ProducedBatch, committed: GhostPartition): void {
    const { producerId, producerEpoch: epoch, baseSequence, baseOffset, endOffset, leaderEpoch } = batch;
    const before = producers.get(producerId);
    producers.set(producerId, { epoch, lastSequence: (baseSequence + endOffset - baseOffset - 1) % SEQUENCES, endOffset, leaderEpoch });
    // As Kafka: behind a batch in no epoch (−1) any sequence may come.
    if (before === undefined || before.epoch < 0) return;
    const expected = epoch === before.epoch ? (before.lastSequence + 1) % SEQUENCES : 0;
    if (epoch < before.epoch)
      this.report(this.id, `${name}: at ${baseOffset} producer ${producerId} writes in epoch ${epoch}, after its epoch ${before.epoch}`);
    else if (baseSequence !== expected && !(emptiedEnd > before.endOffset && mayFollow(before, batch)) && !isUnknownTo(batch, before, committed))
      this.report(this.id, `${name}: at ${baseOffset} producer ${producerId}, epoch ${epoch}, writes sequence ${baseSequence} where ${expected} is next`);
  }
}

const begin = ({ incarnation }: NodeView, { log }: HostedReplica): Progress => ({
  incarnation,
  producers: new Map(),
  last: undefined,
  endOffset: log.logStartOffset,
  emptiedEnd: 0,
});

/** Some batches of the producer may have stood between the two: of an epoch later they are any, of the same one less than half of all sequences. */
const mayFollow = ({ epoch, lastSequence }: LastBatch, { producerEpoch, baseSequence }: ProducedBatch): boolean =>
  producerEpoch > epoch || (producerEpoch === epoch && (baseSequence - lastSequence - 1 + SEQUENCES) % SEQUENCES < SEQUENCES / 2);

/**
 * 1. A replica deletes all that it has of a producer; 2. its power goes, and what the producer wrote since; 3. it is elected all the same, and knows no
 * producer: it takes any sequence, as Kafka does; 4. its follower has not deleted what was there before.
 */
const isUnknownTo = ({ leaderEpoch }: ProducedBatch, before: LastBatch, { startMax, hasLost }: GhostPartition): boolean =>
  hasLost && before.endOffset <= startMax && before.leaderEpoch < leaderEpoch;

/** Nothing that was looked at has been cut off or replaced. */
function hasKept(view: NodeView, { log }: HostedReplica, { last, endOffset }: Progress, isCompacted: boolean): boolean {
  if (log.appendedEnd < endOffset) return false;
  if (last === undefined) return log.logStartOffset === endOffset;
  if (last.baseOffset < log.logStartOffset) return false;
  const [now] = batchesOf(view, log, last.baseOffset, last.endOffset);
  // Of an epoch there is one batch at an offset (I-P4).
  if (isCompacted) return now?.leaderEpoch === last.leaderEpoch;
  return now?.baseOffset === last.baseOffset && now.leaderEpoch === last.leaderEpoch && now.crc === last.crc;
}
