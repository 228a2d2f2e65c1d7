import type { ConsumerEvent, PartitionConsumer } from "@samsa/client";
import type { FinalRead, History, TopicPartition } from "@samsa/history";
import { UNKNOWN_OFFSET } from "@samsa/history";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs } from "@samsa/stdx";
import { earlier } from "@samsa/client";
import type { ClientHost } from "./client-host.ts";
import { toRead } from "./poll-workload.ts";
import type { WorkloadOptions } from "./workload-options.ts";

/** Pause between two questions for the end of a partition, and after a failure. */
const ASK_AGAIN_MS = 200;

/**
 * One partition's way to its end.
 *
 * | step | on | to |
 * |---|---|---|
 * | settling | the same end for `settleMs`, not below what was acknowledged | starting |
 * | settling | half of the time is over | starting, with the end as it is |
 * | starting | the earliest offset | reading |
 * | reading | position at the end | done |
 * | reading | a fatal error | settling, anew |
 */
type Step =
  | { readonly type: "settling"; readonly endOffset: number | undefined; readonly sinceUs: number; readonly askAt: Micros | undefined }
  | { readonly type: "starting"; readonly endOffset: number }
  | { readonly type: "reading"; readonly read: FinalRead }
  | { readonly type: "done" };

interface PartitionRead {
  readonly target: TopicPartition;
  step: Step;
}

/** The final read of all partitions: what is found now is what the cluster has kept. */
export class ReadBack {
  private readonly history: History;
  private readonly options: WorkloadOptions;
  private readonly process: number;
  private readonly consumer: PartitionConsumer;
  private readonly partitions: PartitionRead[];
  private readonly settleBy: Micros;
  private readonly deadline: Micros;

  constructor(options: { readonly history: History; readonly host: ClientHost; readonly options: WorkloadOptions }, now: Now) {
    this.history = options.history;
    this.options = options.options;
    const { process, client } = options.host.create("reader");
    this.process = process;
    this.consumer = client.consumer({ ...this.options.consumer, autoOffsetReset: "none" });
    this.settleBy = afterMs(now, this.options.finalReadTimeoutMs / 2);
    this.deadline = afterMs(now, this.options.finalReadTimeoutMs);
    const { name, partitions } = this.options.topic;
    this.partitions = Array.from({ length: partitions }, (_, partition) => ({ target: { topic: name, partition }, step: settling(now, now.monotonicUs) }));
  }

  /** All partitions were read to their end, or the time is over. */
  isDone(now: Now): boolean {
    return now.monotonicUs >= this.deadline || this.partitions.every(({ step }) => step.type === "done");
  }

  run(now: Now): void {
    for (const event of this.consumer.takeEvents()) this.handle(event, now);
    for (const partition of this.partitions) {
      const { step, target } = partition;
      if (step.type === "settling" && step.askAt !== undefined && step.askAt <= now.monotonicUs) {
        partition.step = { ...step, askAt: undefined };
        this.consumer.queryOffset(target.topic, target.partition, "latest");
      } else if (step.type === "reading") this.completeIfAtEnd(partition, step.read);
    }
  }

  nextDeadline(): Micros {
    let at = this.deadline;
    for (const { step } of this.partitions) if (step.type === "settling") at = earlier(at, step.askAt) ?? at;
    return at;
  }

  private handle(event: ConsumerEvent, now: Now): void {
    const partition = this.partitions[event.partition];
    if (partition === undefined) return;
    const { step } = partition;
    if (event.type === "offset" && event.query === "latest" && step.type === "settling") this.settle(partition, step, { endOffset: event.offset, now });
    else if (event.type === "offset" && step.type === "starting") this.start(partition, event.offset, step.endOffset);
    else if (event.type === "records" && step.type === "reading") this.add(partition, step.read, event);
    else if (event.type === "error" && event.isFatal && step.type !== "done") partition.step = settling(now, afterMs(now, ASK_AGAIN_MS));
  }

  private settle(
    partition: PartitionRead,
    step: Extract<Step, { type: "settling" }>,
    { endOffset, now }: { readonly endOffset: number; readonly now: Now },
  ): void {
    const sinceUs = step.endOffset === endOffset ? step.sinceUs : now.monotonicUs;
    const isStable = now.monotonicUs - sinceUs >= this.options.settleMs * 1000 && endOffset > this.highestAcked(partition.target);
    if (!isStable && now.monotonicUs < this.settleBy) {
      partition.step = { type: "settling", endOffset, sinceUs, askAt: afterMs(now, ASK_AGAIN_MS) };
      return;
    }
    partition.step = { type: "starting", endOffset };
    this.consumer.queryOffset(partition.target.topic, partition.target.partition, "earliest");
  }

  private start(partition: PartitionRead, startOffset: number, endOffset: number): void {
    const { target } = partition;
    const read = this.history.beginFinalRead(this.process, target, { startOffset, endOffset: Math.max(startOffset, endOffset) });
    partition.step = { type: "reading", read };
    this.consumer.assign(target.topic, target.partition, { offset: startOffset });
  }

  private add({ target }: PartitionRead, read: FinalRead, event: Extract<ConsumerEvent, { type: "records" }>): void {
    this.history.addToFinalRead(read, target, toRead(event.records.filter(({ offset }) => offset < read.endOffset)));
  }

  private completeIfAtEnd(partition: PartitionRead, read: FinalRead): void {
    const { topic, partition: index } = partition.target;
    if ((this.consumer.positionOf(topic, index) ?? 0) < read.endOffset) return;
    read.complete();
    partition.step = { type: "done" };
    this.consumer.unassign(topic, index);
  }

  private highestAcked(target: TopicPartition): number {
    let highest = UNKNOWN_OFFSET;
    for (const offset of this.history.partition(target).ackOffsets) if (offset > highest) highest = offset;
    return highest;
  }
}

const settling = (now: Now, askAt: Micros): Step => ({ type: "settling", endOffset: undefined, sinceUs: now.monotonicUs, askAt });
