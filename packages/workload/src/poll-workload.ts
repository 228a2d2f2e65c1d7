import type { ConsumedRecord, ConsumerEvent, PartitionConsumer } from "@samsa/client";
import type { History, ReadRecord } from "@samsa/history";
import { decodeUtf8 } from "@samsa/stdx";
import type { ClientHost } from "./client-host.ts";
import type { WorkloadOptions } from "./workload-options.ts";

type RecordsEvent = Extract<ConsumerEvent, { readonly type: "records" }>;

/** Processes that read all partitions from the start while records are written. */
export class PollWorkload {
  private readonly history: History;
  private readonly options: WorkloadOptions;
  private readonly outbox: ClientHost["outbox"];
  private readonly consumers: { readonly process: number; readonly consumer: PartitionConsumer }[] = [];

  constructor(options: { readonly history: History; readonly host: ClientHost; readonly options: WorkloadOptions }) {
    this.history = options.history;
    this.options = options.options;
    this.outbox = options.host.outbox;
    for (let i = 0; i < this.options.consumers; i++) {
      const { process, client } = options.host.create("consumer");
      this.consumers.push({ process, consumer: client.consumer({ ...this.options.consumer, autoOffsetReset: "earliest" }) });
    }
  }

  begin(): void {
    const { name, partitions } = this.options.topic;
    for (const { consumer } of this.consumers) for (let partition = 0; partition < partitions; partition++) consumer.assign(name, partition, "earliest");
  }

  stop(): void {
    const { name, partitions } = this.options.topic;
    for (const { consumer } of this.consumers) for (let partition = 0; partition < partitions; partition++) consumer.unassign(name, partition);
  }

  run(): void {
    for (const { process, consumer } of this.consumers) {
      for (const event of consumer.takeEvents()) {
        if (event.type === "records") this.read(process, event);
        else if (event.type === "position") this.history.seek(process, event);
      }
    }
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
