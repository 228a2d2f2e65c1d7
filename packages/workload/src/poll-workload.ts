import type { ConsumedRecord, ConsumerEvent, PartitionConsumer } from "@samsa/client";
import type { History, ReadRecord } from "@samsa/history";
import { afterMs, decodeUtf8, type Micros, type Now } from "@samsa/stdx";
import type { ClientHost } from "./client-host.ts";
import type { WorkloadOptions } from "./workload-options.ts";

type RecordsEvent = Extract<ConsumerEvent, { readonly type: "records" }>;

interface Reader {
  readonly process: number;
  readonly consumer: PartitionConsumer;
  /** By partition: what the process knew of the end when it asked for it, and has no answer yet. */
  readonly asked: Map<number, number>;
}

/** Processes that read all partitions from the start while records are written, and ask now and then where they end. */
export class PollWorkload {
  private readonly history: History;
  private readonly options: WorkloadOptions;
  private readonly outbox: ClientHost["outbox"];
  private readonly consumers: Reader[] = [];
  private asksAtUs: Micros | undefined;

  constructor(options: { readonly history: History; readonly host: ClientHost; readonly options: WorkloadOptions }) {
    this.history = options.history;
    this.options = options.options;
    this.outbox = options.host.outbox;
    for (let i = 0; i < this.options.consumers; i++) {
      const { process, client } = options.host.create("consumer");
      this.consumers.push({ process, consumer: client.consumer({ ...this.options.consumer, autoOffsetReset: "earliest" }), asked: new Map() });
    }
  }

  begin(now: Now): void {
    this.asksAtUs = this.nextAsking(now);
    const { name, partitions } = this.options.topic;
    for (const { consumer } of this.consumers) for (let partition = 0; partition < partitions; partition++) consumer.assign(name, partition, "earliest");
  }

  stop(): void {
    this.asksAtUs = undefined;
    const { name, partitions } = this.options.topic;
    for (const { consumer } of this.consumers) for (let partition = 0; partition < partitions; partition++) consumer.unassign(name, partition);
  }

  nextDeadline(): Micros | undefined {
    return this.asksAtUs;
  }

  run(now: Now): void {
    for (const { process, consumer, asked } of this.consumers) {
      for (const event of consumer.takeEvents()) {
        if (event.type === "records") this.read(process, event);
        else if (event.type === "position") this.history.seek(process, event);
        else if (event.type === "offset") {
          const knownEnd = asked.get(event.partition);
          asked.delete(event.partition);
          if (knownEnd !== undefined) this.history.toldEnd(process, event, { knownEnd, endOffset: event.offset });
        } else if (event.type === "error" && event.query !== undefined) asked.delete(event.partition);
      }
    }
    if (this.asksAtUs !== undefined && this.asksAtUs <= now.monotonicUs) this.askEnds(now);
  }

  /** One question at a time for each partition: the answer is compared with what was known when it was asked. */
  private askEnds(now: Now): void {
    this.asksAtUs = this.nextAsking(now);
    const { name: topic, partitions } = this.options.topic;
    for (const { process, consumer, asked } of this.consumers) {
      for (let partition = 0; partition < partitions; partition++) {
        if (asked.has(partition)) continue;
        asked.set(partition, this.history.knownEnd(process, { topic, partition }));
        consumer.queryOffset(topic, partition, "latest");
      }
    }
  }

  private nextAsking(now: Now): Micros | undefined {
    const { asksEndsEveryMs } = this.options;
    return asksEndsEveryMs === undefined ? undefined : afterMs(now, asksEndsEveryMs);
  }

  private read(process: number, event: RecordsEvent): void {
    const { topic, partition, records } = event;
    this.history.poll(process, event, toRead(records));
    this.outbox.trace({ kind: "client-read", topic, partition, lastOffset: records.at(-1)?.offset ?? -1 });
  }
}

/** A record without a value is as foreign as one with a strange value. */
export const toRead = (records: readonly ConsumedRecord[]): readonly ReadRecord[] =>
  records.map(({ offset, value }) => ({ offset, text: value === null ? "" : decodeUtf8(value) }));
