import type { Partitioner, Producer, ProducerEvent, RecordHeader, RecordId } from "@samsa/client";
import { ErrorCode, errorName, isRetriable } from "@samsa/protocol";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs } from "@samsa/stdx";
import { brokerErrorNamed, clientError, JavaException } from "../java-exception.ts";
import type { Session, TurnProgram } from "../session/session.ts";
import type { ProducerSettings } from "./producer-settings.ts";

/** A record to be written, in a partition of the producer's choice. */
export interface RecordToSend {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly RecordHeader[];
  /** The moment it is sent if it is left out. */
  readonly timestampMs?: number;
}

/** `offset` −1: it is not known, as without acknowledgements. */
export type SendOutcome = { readonly partition: number; readonly offset: number } | { readonly error: JavaException };

interface Entry {
  readonly record: RecordToSend;
  readonly sizeBytes: number;
  readonly told: (outcome: SendOutcome) => void;
}

/** Around a batch of one record, at most. */
const OVERHEAD_BYTES = 88;
const HEADER_OVERHEAD_BYTES = 10;

/** Writes records to one topic as Kafka's producer does: whoever sends waits while there is no room, and is told of each record what became of it. */
export class RecordProducer implements TurnProgram {
  private readonly session: Session;
  private readonly settings: ProducerSettings;
  private readonly topic: string;
  private readonly producer: Producer;
  private readonly partitioner: Partitioner;
  private readonly waiting: Entry[] = [];
  private readonly open = new Map<RecordId, Entry>();
  private openBytes = 0;
  /** Until when the first of those that wait may. */
  private blockedUntil: Micros | undefined;
  private whenTaken: (() => void)[] = [];
  private whenDone: (() => void)[] = [];

  private constructor(options: { readonly session: Session; readonly settings: ProducerSettings; readonly topic: string }) {
    const { session, settings, topic } = options;
    this.session = session;
    this.settings = settings;
    this.topic = topic;
    session.client.want(topic);
    this.producer = session.client.producer(settings.producer);
    this.partitioner = session.client.partitioner({ batchSizeBytes: settings.producer.batchSizeBytes });
  }

  /** It ends with the session. */
  static async begin(options: { readonly session: Session; readonly settings: ProducerSettings; readonly topic: string }): Promise<RecordProducer> {
    const { session } = options;
    const producer = await session.act(() => new RecordProducer(options));
    session.everyTurn(producer);
    return producer;
  }

  /** Resolves when all of them were taken, or refused; `told` is called once for each, then or later. */
  send(records: readonly RecordToSend[], told: (record: RecordToSend, outcome: SendOutcome) => void): Promise<void> {
    return this.session
      .act((now) => {
        for (const record of records) this.waiting.push({ record, sizeBytes: sizeOf(record), told: (outcome) => told(record, outcome) });
        this.pump(now);
      })
      .then(() => (this.waiting.length === 0 ? undefined : this.session.unlessEnded(new Promise((resolve) => this.whenTaken.push(resolve)))));
  }

  /** Resolves when every record that was given to `send` has its outcome; they leave without waiting for more. */
  flush(): Promise<void> {
    return this.session
      .act(() => this.producer.flush())
      .then(() => (this.isDone ? undefined : this.session.unlessEnded(new Promise((resolve) => this.whenDone.push(resolve)))));
  }

  run(now: Now): void {
    for (const event of this.producer.takeEvents()) this.finish(event);
    this.pump(now);
    // A flush is for what was sent before it.
    if (this.whenDone.length > 0) this.producer.flush();
    if (this.waiting.length === 0) for (const resolve of this.whenTaken.splice(0)) resolve();
    if (this.isDone) for (const resolve of this.whenDone.splice(0)) resolve();
  }

  nextDeadline(): Micros | undefined {
    return this.blockedUntil;
  }

  private get isDone(): boolean {
    return this.open.size === 0 && this.waiting.length === 0;
  }

  private pump(now: Now): void {
    let taken = 0;
    for (const entry of this.waiting) {
      if (!this.take(entry, now)) break;
      this.blockedUntil = undefined;
      taken++;
    }
    this.waiting.splice(0, taken);
  }

  /** False: it has to wait. */
  private take(entry: Entry, now: Now): boolean {
    const refusal = this.refusalOf(entry);
    if (refusal !== undefined) return tell(entry, refusal);
    const { key, value, headers, timestampMs } = entry.record;
    const hasRoom = this.open.size === 0 || this.openBytes + memoryOf(entry) <= this.settings.bufferMemoryBytes;
    const partition = hasRoom ? this.partitioner.partitionOf({ topic: this.topic, key, sizeBytes: entry.sizeBytes }) : undefined;
    const toSend = { topic: this.topic, partition: partition ?? 0, key, value, ...(headers && { headers }), ...(timestampMs !== undefined && { timestampMs }) };
    const id = partition === undefined ? undefined : this.producer.send(toSend, now);
    if (id === undefined) return this.blocked(entry, hasRoom, now);
    this.open.set(id, entry);
    this.openBytes += memoryOf(entry);
    return true;
  }

  private blocked(entry: Entry, hasRoom: boolean, now: Now): boolean {
    const { maxBlockMs } = this.settings;
    this.blockedUntil ??= afterMs(now, Math.min(maxBlockMs, LONGEST_MS));
    if (this.blockedUntil > now.monotonicUs) return false;
    const why = hasRoom
      ? clientError("TimeoutException", `Topic ${this.topic} not present in metadata after ${maxBlockMs} ms.`)
      : new JavaException(
          "org.apache.kafka.clients.producer.BufferExhaustedException",
          `Failed to allocate ${entry.sizeBytes} bytes within the configured max blocking time ${maxBlockMs} ms. Total memory: ${this.settings.bufferMemoryBytes} bytes.`,
        );
    return tell(entry, why);
  }

  /** Why it can't be sent, now or ever. */
  private refusalOf({ sizeBytes }: Entry): JavaException | undefined {
    const { maxRequestBytes } = this.settings.producer;
    if (sizeBytes > maxRequestBytes) {
      const limit = `which is larger than ${maxRequestBytes}, which is the value of the max.request.size configuration.`;
      return clientError("RecordTooLargeException", `The message is ${sizeBytes} bytes when serialized ${limit}`);
    }
    if (this.producer.failure !== undefined) return brokerErrorNamed(this.producer.failure);
    const errorCode = this.session.client.metadata.topic(this.topic)?.errorCode ?? ErrorCode.NONE;
    if (errorCode === ErrorCode.NONE || isRetriable(errorCode)) return undefined;
    return errorCode === ErrorCode.INVALID_TOPIC_EXCEPTION
      ? clientError("InvalidTopicException", `Invalid topics: [${this.topic}]`)
      : brokerErrorNamed(errorName(errorCode));
  }

  private finish(event: ProducerEvent): void {
    const offsetOf = (index: number): number => (event.type === "delivered" && event.baseOffset !== undefined ? event.baseOffset + index : -1);
    event.ids.forEach((id, index) => {
      const entry = this.open.get(id);
      if (entry === undefined) return;
      this.open.delete(id);
      this.openBytes -= memoryOf(entry);
      const { partition } = event;
      entry.told(event.type === "delivered" ? { partition, offset: offsetOf(index) } : { error: this.failureOf(event.error, event) });
    });
  }

  private failureOf(error: string, { topic, partition, ids }: ProducerEvent): JavaException {
    if (error !== "NOT_SENT" && error !== "DELIVERY_TIMEOUT") return brokerErrorNamed(error);
    const { deliveryTimeoutMs } = this.settings.producer;
    return clientError(
      "TimeoutException",
      `Expiring ${ids.length} record(s) for ${topic}-${partition}:${deliveryTimeoutMs} ms has passed since batch creation`,
    );
  }
}

/** What a record takes besides its bytes as long as it is open: a short line is the least of it. */
const OBJECTS_BYTES = 600;

const memoryOf = ({ sizeBytes }: Entry): number => sizeBytes + OBJECTS_BYTES;

/** Some three months: a wait without an end. */
const LONGEST_MS = 8e9;

function tell({ told }: Entry, error: JavaException): true {
  told({ error });
  return true;
}

function sizeOf({ key, value, headers = [] }: RecordToSend): number {
  const ofHeaders = headers.reduce((sum, header) => sum + HEADER_OVERHEAD_BYTES + header.key.length + (header.value?.length ?? 0), 0);
  return OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0) + ofHeaders;
}
