import type { GroupConsumer, GroupEvent } from "@samsa/client";
import type { Now } from "@samsa/stdx";
import type { Session } from "../session/session.ts";
import type { ConsumerSettings } from "./consumer-settings.ts";
import { Polling } from "./polling.ts";
import type { Reading, Unused } from "./reading.ts";

/** Reads topics as a member of a group. What is being revoked is given up when `next` is called again: by then what came before it is done. */
export class GroupReading implements Reading {
  readonly consumer: GroupConsumer;
  private readonly session: Session;
  private readonly polling: Polling;
  private readonly revocations: number[] = [];

  private constructor(session: Session, { consumer }: ConsumerSettings, groupId: string) {
    this.session = session;
    this.consumer = session.client.groupConsumer({ ...consumer, groupId });
    this.polling = new Polling((now) => this.poll(now));
  }

  /** It joins with `subscribe`. */
  static async begin(session: Session, settings: ConsumerSettings, groupId: string): Promise<GroupReading> {
    const reading = await session.act(() => new GroupReading(session, settings, groupId));
    session.everyTurn(reading.polling);
    return reading;
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    await this.session.act((now) => this.consumer.subscribe(topics, now));
  }

  async next(timeoutMs: number): Promise<readonly GroupEvent[]> {
    await this.session.act((now) => {
      for (const revocation of this.revocations.splice(0)) this.consumer.finishRevocation(revocation, now);
    });
    return await this.more(timeoutMs);
  }

  /** As `next`, but gives nothing up: what came before is not done yet. */
  async more(timeoutMs: number): Promise<readonly GroupEvent[]> {
    const next = this.polling.next(timeoutMs);
    await this.session.act(() => undefined);
    return await this.session.unlessEnded(next);
  }

  /** Commits what was used, where the group's offsets are committed by itself, and leaves; what happens until then is told. */
  async close(unused: readonly Unused[], told: (event: GroupEvent) => void = () => undefined): Promise<void> {
    this.polling.cancel();
    await this.session.act((now) => {
      for (const { topic, partition, offset } of unused) this.consumer.seek(topic, partition, offset);
      this.consumer.close(now);
    });
    for (let isClosed = false; !isClosed;) {
      for (const event of await this.next(Number.POSITIVE_INFINITY)) {
        told(event);
        isClosed ||= event.type === "closed";
      }
    }
  }

  private poll(now: Now): readonly GroupEvent[] {
    const events = this.consumer.poll(now);
    for (const event of events) if (event.type === "revoking") this.revocations.push(event.revocation);
    return events;
  }
}
