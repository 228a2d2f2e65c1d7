import { apis } from "@samsa/protocol";
import type { PartitionProduceResponse, ProduceResponse } from "@samsa/protocol";
import type { Micros, Now } from "@samsa/stdx";
import { afterMs, ZERO_UUID } from "@samsa/stdx";
import type { Backoff } from "../backoff.ts";
import type { CallFailure } from "../cluster/call.ts";
import type { ClusterConnection } from "../cluster/cluster-connection.ts";
import { hintOf } from "../cluster/leader-hint.ts";
import { earlier } from "../deadline.ts";
import { isStaleMetadataError, isUnsendable, provesNothingAppended } from "../errors.ts";
import { errorName, isRetriable } from "@samsa/protocol";
import type { Batch, ProducerRecord } from "./batch.ts";
import { PartitionQueue } from "./partition-queue.ts";
import type { SentBatch } from "./produce-request.ts";
import { partitionResponses, produceRequest } from "./produce-request.ts";
import type { ProducerConfig } from "./producer-config.ts";
import type { ProducerEvent, RecordId } from "./producer-event.ts";
import { ProducerIdentity } from "./producer-identity.ts";

const MAX_VERSION_WITH_NAMES = 12;

/**
 * Writes records to partitions that the caller names, and says of each what became of it. Retries until
 * `deliveryTimeoutMs`; with idempotence a partition keeps the order of `send` and gets nothing twice, or the outcome is
 * unknown. Synchronous: `send` takes a record, `takeEvents` gives outcomes, `pump` does what can be done now.
 *
 * Three choices differ from Apache's producer.
 * - A batch that may have been appended under its old sequence is never numbered anew: it is given up with
 *   OUT_OF_ORDER_SEQUENCE_NUMBER, for the old attempt may still be on its way (1. attempt 1 is delayed, 2. attempt 2
 *   finds a gap, 3. attempt 1 lands, 4. the renumbered batch is a second copy).
 * - Until the first batch of an epoch is acknowledged, a partition has one batch on its way (1. batch 1 is refused,
 *   2. batch 2 is taken, for the broker knows nothing of the producer, 3. batch 1 can only come behind it).
 * - A batch that the broker finds too large is refused and not split.
 */
export class Producer {
  private readonly cluster: ClusterConnection;
  private readonly config: ProducerConfig;
  private readonly backoff: Backoff;
  private readonly requestTimeoutMs: number;
  private readonly identity: ProducerIdentity;
  private readonly queues = new Map<string, PartitionQueue>();
  private readonly inFlight = new Map<number, number>();
  private events: ProducerEvent[] = [];
  private nextId: RecordId = 0;
  private open = 0;
  private isFlushing = false;
  private fatalError: string | undefined;

  constructor(options: { readonly cluster: ClusterConnection; readonly config: ProducerConfig; readonly backoff: Backoff; readonly requestTimeoutMs: number }) {
    this.cluster = options.cluster;
    this.config = options.config;
    this.backoff = options.backoff;
    this.requestTimeoutMs = options.requestTimeoutMs;
    this.identity = new ProducerIdentity(options.cluster, options.backoff, options.config.firstProducerEpoch);
  }

  /** Records that were taken and whose outcome is open. */
  get openRecords(): number {
    return this.open;
  }

  /** Why the producer can't go on; what was open has ended. */
  get failure(): string | undefined {
    return this.fatalError;
  }

  /** False: `send` takes nothing now. */
  get canSend(): boolean {
    return this.open < this.config.maxBufferedRecords && this.fatalError === undefined;
  }

  /** Undefined: not taken, for `maxBufferedRecords` are open or the producer is fenced. */
  send({ topic, partition, key, value, headers, timestampMs }: ProducerRecord, now: Now): RecordId | undefined {
    if (!this.canSend) return undefined;
    this.cluster.want(topic);
    const id = this.nextId++;
    this.open++;
    this.queueOf(topic, partition).append(id, { timestampMs: timestampMs ?? now.wallMs, key: key ?? null, value, headers: headers ?? [] }, now);
    return id;
  }

  /** What is open leaves without waiting for `lingerMs`, until nothing is open. */
  flush(): void {
    this.isFlushing = true;
  }

  /** Outcomes since the last call, in the order they became known. */
  takeEvents(): readonly ProducerEvent[] {
    const { events } = this;
    if (events.length > 0) this.events = [];
    return events;
  }

  pump(now: Now): void {
    if (this.config.isIdempotent) this.pumpIdentity(now);
    for (const queue of this.queues.values()) for (const batch of queue.expired(now)) this.giveUp(queue, batch, batch.verdictOfTimeout);
    if (this.fatalError !== undefined) return this.giveUpAll();
    while (this.sendSome(now));
    if (this.open === 0) this.isFlushing = false;
  }

  nextDeadline(now: Now): Micros | undefined {
    let at = this.config.isIdempotent ? this.identity.nextDeadline(now) : undefined;
    for (const queue of this.queues.values()) at = earlier(at, queue.nextDeadline(now));
    return at;
  }

  private pumpIdentity(now: Now): void {
    this.identity.pump(now);
    this.fatalError ??= this.identity.refusal;
    for (const queue of this.queues.values()) if (queue.needsNewEpoch) this.restart(queue);
  }

  /** Sequences begin anew under the next epoch; see the class for the batches that are not taken along. */
  private restart(queue: PartitionQueue): void {
    const retrying = queue.openBatches.filter((batch) => batch.state === "retrying");
    for (const batch of retrying) if (!batch.allErrors.every(provesNothingAppended)) this.giveUp(queue, batch, batch.verdictOfTimeout);
    // Not once more for an identity that the queue has not used yet: behind the last epoch a new id is asked for, and comes later.
    if (queue.isNumberedBy(this.identity.current)) this.identity.bump();
    const identity = this.identity.current;
    if (identity !== undefined) queue.restart(identity);
  }

  /** One request to every broker that may be sent something; true if there was any. */
  private sendSome(now: Now): boolean {
    if (this.open === 0 || (this.config.isIdempotent && this.identity.current === undefined)) return false;
    const byBroker = new Map<number, SentBatch[]>();
    const sizes = new Map<number, number>();
    for (const queue of this.queues.values()) {
      const batch = queue.sendable(now, this.isFlushing);
      const broker = batch === undefined ? undefined : this.brokerFor(queue, now);
      if (batch === undefined || broker === undefined) continue;
      const size = (sizes.get(broker) ?? 0) + batch.sizeBytes;
      const chosen = byBroker.get(broker) ?? [];
      if (chosen.length > 0 && size > this.config.maxRequestBytes) continue;
      chosen.push({ queue, batch, topicId: this.cluster.metadata.topicId(queue.topic) });
      byBroker.set(broker, chosen);
      sizes.set(broker, size);
    }
    for (const [broker, batches] of byBroker) this.sendTo(broker, batches, now);
    return byBroker.size > 0;
  }

  private brokerFor({ topic, partition }: PartitionQueue, now: Now): number | undefined {
    const leader = this.cluster.metadata.leaderOf(topic, partition)?.leader;
    if (leader === undefined) {
      this.cluster.requestMetadata();
      return undefined;
    }
    return this.cluster.isReady(leader, now) && (this.inFlight.get(leader) ?? 0) < this.config.maxInFlight ? leader : undefined;
  }

  private sendTo(broker: number, batches: readonly SentBatch[], now: Now): void {
    for (const { queue, batch } of batches) queue.sent(batch, this.config.isIdempotent ? this.identity.current : undefined);
    const hasResponse = this.config.acks !== 0;
    if (hasResponse) this.inFlight.set(broker, (this.inFlight.get(broker) ?? 0) + 1);
    this.cluster.send(
      broker,
      {
        api: apis.Produce,
        request: () => produceRequest(batches, { acks: this.config.acks, timeoutMs: this.requestTimeoutMs, compression: this.config }),
        ...(batches.every(({ topicId }) => topicId !== ZERO_UUID) ? {} : { maxVersion: MAX_VERSION_WITH_NAMES }),
        hasResponse,
        answered: (response, at) => {
          this.responded(broker);
          this.answered(batches, response, at);
        },
        failed: (failure, at) => {
          if (hasResponse) this.responded(broker);
          this.failed(batches, failure, at);
        },
      },
      now,
    );
    if (!hasResponse) for (const { queue, batch } of batches) if (batch.state === "in-flight") this.delivered(queue, batch, undefined);
  }

  private responded(broker: number): void {
    this.inFlight.set(broker, (this.inFlight.get(broker) ?? 1) - 1);
  }

  private failed(batches: readonly SentBatch[], { error }: CallFailure, now: Now): void {
    if (isStaleMetadataError(error)) this.cluster.requestMetadata();
    for (const { queue, batch } of batches) {
      if (batch.state !== "in-flight") continue;
      batch.attemptFailed(error);
      if (isUnsendable(error)) this.giveUp(queue, batch, error);
      else this.retryLater(queue, batch, now);
    }
  }

  private answered(batches: readonly SentBatch[], response: ProduceResponse, now: Now): void {
    const results = partitionResponses(batches, response);
    batches.forEach(({ queue, batch }, index) => {
      // Given up meanwhile: its outcome was told.
      if (batch.state !== "in-flight") return;
      const result = results[index];
      if (result === undefined) {
        batch.attemptFailed("MALFORMED_RESPONSE");
        return this.retryLater(queue, batch, now);
      }
      this.resolve({ queue, batch }, result, { response, now });
    });
  }

  private resolve(
    { queue, batch }: Pick<SentBatch, "queue" | "batch">,
    result: PartitionProduceResponse,
    { response, now }: { readonly response: ProduceResponse; readonly now: Now },
  ): void {
    const error = errorName(result.errorCode);
    if (error === "NONE") return this.delivered(queue, batch, result.baseOffset < 0 ? undefined : result.baseOffset);
    // The broker has the batch already, and does not remember where.
    if (error === "DUPLICATE_SEQUENCE_NUMBER") return this.delivered(queue, batch, undefined);
    batch.attemptFailed(error);
    if (error === "OUT_OF_ORDER_SEQUENCE_NUMBER" || error === "UNKNOWN_PRODUCER_ID") return this.outOfOrder(queue, batch, now);
    if (error === "PRODUCER_FENCED") this.fatalError = error;
    if (!isRetriable(result.errorCode)) return this.giveUp(queue, batch, error);
    this.config.onRetriableError(error);
    if (!isStaleMetadataError(error)) return this.retryLater(queue, batch, now);
    const hint = hintOf(queue, result.currentLeader, response.nodeEndpoints);
    if (this.cluster.applyHint(hint, now)) return this.retry(queue, batch, now.monotonicUs);
    this.cluster.requestMetadata();
    this.retryLater(queue, batch, now);
  }

  /** Behind a batch that is open the gap may close by itself; at the head the broker lacks something for good. */
  private outOfOrder(queue: PartitionQueue, batch: Batch, now: Now): void {
    if (batch.sequence === undefined) return this.giveUp(queue, batch, "OUT_OF_ORDER_SEQUENCE_NUMBER");
    if (queue.isHead(batch)) queue.markGap();
    this.retryLater(queue, batch, now);
  }

  private retryLater(queue: PartitionQueue, batch: Batch, now: Now): void {
    this.retry(queue, batch, afterMs(now, this.backoff.delayMs(batch.attempts)));
  }

  /** Unless it was tried as often as it may be. */
  private retry(queue: PartitionQueue, batch: Batch, at: Micros): void {
    if (batch.attempts > this.config.retries) this.giveUp(queue, batch, batch.verdictOfRetries);
    else queue.retry(batch, at);
  }

  private delivered(queue: PartitionQueue, batch: Batch, baseOffset: number | undefined): void {
    queue.finish(batch, true);
    this.open -= batch.ids.length;
    this.events.push({ type: "delivered", topic: queue.topic, partition: queue.partition, ids: batch.ids, baseOffset });
  }

  private giveUp(queue: PartitionQueue, batch: Batch, error: string): void {
    queue.finish(batch, false);
    this.open -= batch.ids.length;
    const { ids, sequence } = batch;
    this.events.push({ type: "undelivered", topic: queue.topic, partition: queue.partition, ids, error, earlierErrors: batch.errorsBefore(error), sequence });
  }

  private giveUpAll(): void {
    for (const queue of this.queues.values()) for (const batch of queue.openBatches) this.giveUp(queue, batch, batch.verdictOfTimeout);
  }

  private queueOf(topic: string, partition: number): PartitionQueue {
    const key = `${topic}-${partition}`;
    const known = this.queues.get(key);
    if (known !== undefined) return known;
    const created = new PartitionQueue(this.config, topic, partition);
    this.queues.set(key, created);
    return created;
  }
}
