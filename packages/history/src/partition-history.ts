import { invariant } from "@samsa/stdx";
import type { Outcome } from "./outcome.ts";
import { encodePayload, parsePayload } from "./payload.ts";
import type { FinalRead, Phantom, ReadRecord } from "./read-stream.ts";
import { NO_VALUE, ReadStream } from "./read-stream.ts";

/** The offset of an acknowledgement that named none (acks=0, or a client that does not tell). */
export const UNKNOWN_OFFSET = -1;
/** `Send.completedUs` of a send that has not ended. */
export const NOT_COMPLETED = Number.POSITIVE_INFINITY;

/** An end of the log that a reader was told, below what it knew when it asked. */
export interface EndBehind {
  readonly process: number;
  readonly knownEnd: number;
  readonly toldEnd: number;
}

/** Bounded memory for what can't be a value; beyond it phantoms are counted only. */
const MAX_PHANTOMS = 1000;

/**
 * Everything that was sent to and read from one partition. A value is the index of its send, so that the columns below
 * are looked up by value. A send without completion counts as `info`.
 */
export class PartitionHistory {
  readonly topic: string;
  readonly partition: number;
  readonly processes: number[] = [];
  readonly invokedUs: number[] = [];
  readonly completedUs: number[] = [];
  readonly outcomes: Outcome[] = [];
  readonly ackOffsets: number[] = [];
  /** Error that ended the send, by value; only for those that were not acknowledged. */
  readonly errors = new Map<number, string>();
  readonly polls = new Map<number, ReadStream>();
  readonly finalReads: FinalRead[] = [];
  readonly phantoms: Phantom[] = [];
  /** By process: the furthest end that it was ever told. */
  readonly knownEnds = new Map<number, number>();
  readonly endsBehind: EndBehind[] = [];
  phantomCount = 0;
  private readonly runId: string;

  constructor(runId: string, topic: string, partition: number) {
    this.runId = runId;
    this.topic = topic;
    this.partition = partition;
  }

  /** Number of values; they are 0 ≤ value < sends. */
  get sends(): number {
    return this.processes.length;
  }

  invoke(process: number, atUs: number): number {
    const value = this.sends;
    invariant(atUs >= (this.invokedUs.at(-1) ?? atUs), "sends are invoked in the order of one clock", { topic: this.topic, partition: this.partition, atUs });
    this.processes.push(process);
    this.invokedUs.push(atUs);
    this.completedUs.push(NOT_COMPLETED);
    this.outcomes.push("info");
    this.ackOffsets.push(UNKNOWN_OFFSET);
    return value;
  }

  complete(value: number, atUs: number, end: { readonly outcome: Outcome; readonly offset: number; readonly error?: string }): void {
    invariant(this.completedUs[value] === NOT_COMPLETED, "a send is invoked once and completes once", { topic: this.topic, partition: this.partition, value });
    this.completedUs[value] = atUs;
    this.outcomes[value] = end.outcome;
    this.ackOffsets[value] = end.offset;
    if (end.error !== undefined) this.errors.set(value, end.error);
  }

  payloadOf(value: number): string {
    const process = this.processes[value];
    invariant(process !== undefined, "a payload belongs to a send", { value });
    return encodePayload(this.topic, { runId: this.runId, partition: this.partition, value, process });
  }

  streamOf(process: number): ReadStream {
    const known = this.polls.get(process);
    if (known !== undefined) return known;
    const stream = new ReadStream(process);
    this.polls.set(process, stream);
    return stream;
  }

  /** What a process knows of the end: what it was told, and what it has read. */
  knownEndOf(process: number): number {
    return Math.max(this.knownEnds.get(process) ?? 0, (this.polls.get(process)?.offsets.at(-1) ?? -1) + 1);
  }

  read(stream: ReadStream, records: readonly ReadRecord[]): void {
    stream.beginResponse();
    for (const record of records) stream.add(record.offset, this.valueOf(record));
  }

  private valueOf(record: ReadRecord): number {
    const parsed = parsePayload(this.topic, record.text);
    if (!parsed.ok) return this.phantom(record, parsed.because);
    const { runId, partition, value, process } = parsed.payload;
    if (runId !== this.runId) return this.phantom(record, `it was written by run ${runId}`);
    if (partition !== this.partition) return this.phantom(record, `it was written to partition ${partition}`);
    if (this.processes[value] === undefined) return this.phantom(record, "nobody wrote this value");
    if (this.processes[value] !== process) return this.phantom(record, `process ${this.processes[value]} wrote this value, not process ${process}`);
    return value;
  }

  private phantom(record: ReadRecord, because: string): number {
    this.phantomCount++;
    if (this.phantoms.length < MAX_PHANTOMS) this.phantoms.push({ ...record, because });
    return NO_VALUE;
  }
}
