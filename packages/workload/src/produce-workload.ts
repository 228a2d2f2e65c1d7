import type { Producer, ProducerEvent } from "@samsa/client";
import type { History, Send } from "@samsa/history";
import { isDefiniteError } from "@samsa/history";
import type { Micros, Now, Prng } from "@samsa/stdx";
import { encodeUtf8, micros } from "@samsa/stdx";
import { AckTimeline } from "./ack-timeline.ts";
import type { ClientHost } from "./client-host.ts";
import type { WorkloadOptions } from "./workload-options.ts";

interface ProducerProcess {
  readonly process: number;
  readonly producer: Producer;
  readonly sends: Map<number, Send>;
}

const MS_US = 1000;
/** Records that one turn sends when the machine was asleep for long: the rest is dropped, and no flood follows a pause. */
const MAX_CATCH_UP = 1000;

/** Processes that send unique values to partitions drawn at random, and write into the history what became of each. */
export class ProduceWorkload {
  readonly timeline = new AckTimeline();
  private readonly history: History;
  private readonly host: ClientHost;
  private readonly options: WorkloadOptions;
  private readonly prng: Prng;
  private readonly processes: ProducerProcess[] = [];
  private nextSendUs: number | undefined;
  private sent = 0;
  private isStopped = false;

  constructor(options: { readonly history: History; readonly host: ClientHost; readonly options: WorkloadOptions; readonly prng: Prng }) {
    this.history = options.history;
    this.host = options.host;
    this.options = options.options;
    this.prng = options.prng;
    for (let i = 0; i < this.options.producers; i++) this.processes.push(this.createProcess());
  }

  get recordsSent(): number {
    return this.sent;
  }

  /** Sends whose outcome is not known yet. */
  get openRecords(): number {
    return this.processes.reduce((sum, { sends }) => sum + sends.size, 0);
  }

  /** All that was to be sent was. */
  get hasSentAll(): boolean {
    return this.options.totalRecords !== undefined && this.sent >= this.options.totalRecords;
  }

  begin(now: Now): void {
    this.nextSendUs = now.monotonicUs;
    this.timeline.begin(now.monotonicUs);
  }

  /** Nothing new is sent; what is on its way gets its outcome. */
  stop(): void {
    this.isStopped = true;
    for (const { producer } of this.processes) producer.flush();
  }

  run(now: Now): void {
    this.processes.forEach((process, index) => {
      for (const event of process.producer.takeEvents()) this.record(process, event, now);
      // A fenced producer is a process that has ended.
      if (process.producer.failure !== undefined && process.sends.size === 0) this.processes[index] = this.createProcess();
    });
    this.sendDue(now);
  }

  nextDeadline(): Micros | undefined {
    return this.isStopped || this.hasSentAll || this.nextSendUs === undefined ? undefined : micros(Math.ceil(this.nextSendUs));
  }

  private createProcess(): ProducerProcess {
    const { process, client } = this.host.create("producer");
    return { process, producer: client.producer(this.options.producer), sends: new Map() };
  }

  private sendDue(now: Now): void {
    const { pace } = this.options;
    for (let i = 0; i < MAX_CATCH_UP && this.isDue(now); i++) {
      const count = pace.type === "bursts" ? pace.records : 1;
      const partition = pace.type === "bursts" && pace.isToOnePartition === true ? this.drawPartition() : undefined;
      for (let j = 0; j < count && !this.hasSentAll; j++) this.sendOne(partition ?? this.drawPartition(), now);
      this.nextSendUs = (this.nextSendUs ?? now.monotonicUs) + this.pauseUs();
    }
    if (this.isDue(now)) this.nextSendUs = now.monotonicUs + this.pauseUs();
  }

  private isDue(now: Now): boolean {
    return !this.isStopped && !this.hasSentAll && this.nextSendUs !== undefined && this.nextSendUs <= now.monotonicUs;
  }

  /** Between half and one and a half of the mean. */
  private pauseUs(): number {
    const { pace } = this.options;
    if (pace.type === "bursts") return pace.everyMs * MS_US;
    return (this.prng.between(500, 1500) / 1000) * (1_000_000 / pace.recordsPerSecond);
  }

  private drawPartition(): number {
    return this.prng.below(this.options.topic.partitions);
  }

  private sendOne(partition: number, now: Now): void {
    const target = { topic: this.options.topic.name, partition };
    const process = this.prng.pick(this.processes);
    if (!process.producer.canSend) return;
    const send = this.history.invokeSend(process.process, target, now.monotonicUs);
    const headers = this.options.paddingBytes > 0 ? [{ key: "padding", value: new Uint8Array(this.options.paddingBytes) }] : [];
    const id = process.producer.send({ ...target, value: encodeUtf8(this.history.payloadOf(send)), headers }, now);
    this.sent++;
    if (id !== undefined) process.sends.set(id, send);
    else this.history.endSend(send, { error: "NOT_SENT", hadIndefiniteAttempt: false }, now.monotonicUs);
  }

  private record({ sends }: ProducerProcess, event: ProducerEvent, now: Now): void {
    event.ids.forEach((id, index) => {
      const send = sends.get(id);
      if (send === undefined) return;
      sends.delete(id);
      if (event.type === "delivered") this.history.ackSend(send, event.baseOffset === undefined ? undefined : event.baseOffset + index, now.monotonicUs);
      else {
        const hadIndefiniteAttempt = event.earlierErrors.some((error) => !isDefiniteError(error));
        this.history.endSend(send, { error: event.error, hadIndefiniteAttempt }, now.monotonicUs);
      }
    });
    this.tell(event, now);
  }

  private tell(event: ProducerEvent, now: Now): void {
    const { topic, partition } = event;
    if (event.type === "undelivered") {
      const { error, sequence } = event;
      return this.host.outbox.trace({ kind: "client-error", topic, partition, error, ...(sequence === undefined ? {} : { sequence }) });
    }
    this.timeline.add(event.ids.length, now.monotonicUs);
    this.host.outbox.trace({ kind: "client-ack", topic, partition, offset: event.baseOffset ?? -1, records: event.ids.length });
  }
}
