import type { GroupEvent, PartitionConsumer, StartAt, TopicPartition } from "@samsa/client";
import type { JavaException } from "../java-exception.ts";
import type { Session } from "../session/session.ts";
import type { ConsumerSettings } from "./consumer-settings.ts";
import { Polling } from "./polling.ts";
import { failureOfTopic, type Reading } from "./reading.ts";

/** Reads one partition, without a group. */
export class PartitionReading implements Reading {
  private readonly session: Session;
  private readonly place: TopicPartition;
  private readonly polling: Polling;
  private readonly consumer: PartitionConsumer;
  private failure: JavaException | undefined;

  private constructor(session: Session, { consumer }: ConsumerSettings, { from, ...place }: TopicPartition & { readonly from: StartAt }) {
    this.session = session;
    this.place = place;
    this.consumer = session.client.consumer(consumer);
    this.consumer.assign(place.topic, place.partition, from);
    this.polling = new Polling(() => this.poll(consumer.maxPollRecords));
  }

  static async begin(session: Session, settings: ConsumerSettings, place: TopicPartition & { readonly from: StartAt }): Promise<PartitionReading> {
    const reading = await session.act(() => new PartitionReading(session, settings, place));
    session.everyTurn(reading.polling);
    return reading;
  }

  async next(timeoutMs: number): Promise<readonly GroupEvent[]> {
    const next = this.polling.next(timeoutMs);
    await this.session.act(() => undefined);
    const events = await this.session.unlessEnded(next);
    if (this.failure !== undefined) throw this.failure;
    return events;
  }

  async close(): Promise<void> {
    const { topic, partition } = this.place;
    await this.session.act(() => this.consumer.unassign(topic, partition));
  }

  private poll(maxRecords: number): readonly GroupEvent[] {
    this.failure = failureOfTopic(this.session, this.place.topic);
    if (this.failure === undefined) return this.consumer.takeEvents(maxRecords);
    const { topic, partition } = this.place;
    return [{ type: "error", topic, partition, error: "INVALID_TOPIC_EXCEPTION", isFatal: true }];
  }
}
