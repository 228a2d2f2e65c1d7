import { outcomeOfError } from "./outcome.ts";
import { PartitionHistory, UNKNOWN_OFFSET } from "./partition-history.ts";
import type { ReadRecord } from "./read-stream.ts";
import { FinalRead } from "./read-stream.ts";

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** One record on its way; names the value that its payload carries. */
export interface Send extends TopicPartition {
  readonly value: number;
}

export interface SendError {
  /** Kafka's name of the error, or the client's own (`DELIVERY_TIMEOUT`, `DISCONNECTED`): unknown names are indefinite. */
  readonly error: string;
  /** True if an earlier attempt of the same record may have been appended: then no later error is definite. */
  readonly hadIndefiniteAttempt: boolean;
}

/**
 * What clients did and saw, written while it happens. Times are monotonic microseconds of one clock; a process is one
 * client that does one thing after the other, and gets a new number when it is replaced. The topics are plain logs:
 * no transactions, no compaction, no retention that bites during the run.
 */
export class History {
  readonly runId: string;
  private readonly all: PartitionHistory[] = [];
  /** By topic and index: a key made of both would be made for every record several times. */
  private readonly byTopic = new Map<string, Map<number, PartitionHistory>>();

  constructor(runId: string) {
    this.runId = runId;
  }

  /** In the order of their first use. */
  partitions(): IterableIterator<PartitionHistory> {
    return this.all.values();
  }

  partition({ topic, partition }: TopicPartition): PartitionHistory {
    const known = this.byTopic.get(topic)?.get(partition);
    if (known !== undefined) return known;
    const created = new PartitionHistory(this.runId, topic, partition);
    const siblings = this.byTopic.get(topic) ?? new Map<number, PartitionHistory>();
    this.byTopic.set(topic, siblings.set(partition, created));
    this.all.push(created);
    return created;
  }

  /** Call before the record leaves: the order of calls of one process is the order it owes to one partition. */
  invokeSend(process: number, { topic, partition }: TopicPartition, atUs: number): Send {
    return { topic, partition, value: this.partition({ topic, partition }).invoke(process, atUs) };
  }

  invokeBatch(process: number, target: TopicPartition, count: number, atUs: number): readonly Send[] {
    return Array.from({ length: count }, () => this.invokeSend(process, target, atUs));
  }

  /** The text that the record must carry as its value. */
  payloadOf(send: Send): string {
    return this.partition(send).payloadOf(send.value);
  }

  /** Acknowledged; without `offset` where the client was told none. */
  ackSend(send: Send, offset: number | undefined, atUs: number): void {
    this.partition(send).complete(send.value, atUs, { outcome: "ok", offset: offset ?? UNKNOWN_OFFSET });
  }

  /** The records of one batch have consecutive offsets. */
  ackBatch(sends: readonly Send[], baseOffset: number | undefined, atUs: number): void {
    sends.forEach((send, index) => this.ackSend(send, baseOffset === undefined ? undefined : baseOffset + index, atUs));
  }

  /** Not acknowledged: `fail` where the error proves that nothing was appended, else `info`. */
  endSend(send: Send, { error, hadIndefiniteAttempt }: SendError, atUs: number): "fail" | "info" {
    const outcome = outcomeOfError(error, hadIndefiniteAttempt);
    this.partition(send).complete(send.value, atUs, { outcome, offset: UNKNOWN_OFFSET, error });
    return outcome;
  }

  /** One response that the process was given; an empty one is worth nothing and may be left out. */
  poll(process: number, target: TopicPartition, records: readonly ReadRecord[]): void {
    const partition = this.partition(target);
    partition.read(partition.streamOf(process), records);
  }

  /** What the process knows of the log's end: take it when it asks for the end, and hand it back with the answer. */
  knownEnd(process: number, target: TopicPartition): number {
    return this.partition(target).knownEndOf(process);
  }

  /** The process was told the log's end; `knownEnd`: what it knew when it asked. */
  toldEnd(process: number, target: TopicPartition, { knownEnd, endOffset }: { readonly knownEnd: number; readonly endOffset: number }): void {
    const { knownEnds, endsBehind } = this.partition(target);
    if (endOffset < knownEnd) endsBehind.push({ process, knownEnd, toldEnd: endOffset });
    // After it went back by leave, what is owed goes from there.
    knownEnds.set(process, endOffset);
  }

  /** The process was told to read from elsewhere (assignment, seek, reset): its position starts anew. */
  seek(process: number, target: TopicPartition): void {
    this.partition(target).streamOf(process).seek();
  }

  /** `endOffset` is what the cluster says is the end, asked for after all sends had ended and all faults were healed. */
  beginFinalRead(process: number, target: TopicPartition, range: { readonly startOffset: number; readonly endOffset: number }): FinalRead {
    const read = new FinalRead({ process, ...range });
    this.partition(target).finalReads.push(read);
    return read;
  }

  addToFinalRead(read: FinalRead, target: TopicPartition, records: readonly ReadRecord[]): void {
    this.partition(target).read(read.stream, records);
  }
}
