import type { ConsumedRecord, GroupEvent, TopicPartition } from "@samsa/client";
import { decodeUtf8 } from "@samsa/stdx";
import type { GroupReading } from "../consuming/group-reading.ts";
import { failureOf } from "../consuming/reading.ts";
import { asJavaException, brokerErrorNamed } from "../java-exception.ts";
import { logLine } from "../log-line.ts";
import type { Session } from "../session/session.ts";
import type { ToolIo } from "../tool.ts";
import { unlessStopped } from "../unless-stopped.ts";
import { OutputLines } from "../verifiable/output-lines.ts";

const LOGGER = "org.apache.kafka.tools.VerifiableConsumer";
/** Polls whose records wait for the outcome of a commit; then nothing more is read meanwhile. */
const POLLS_AHEAD_MAX = 20;

export interface ConsumptionOptions {
  readonly session: Session;
  readonly reading: GroupReading;
  readonly io: ToolIo;
  readonly topic: string;
  /** −1: no end. */
  readonly maxMessages: number;
  /** Tells of each record. */
  readonly isVerbose: boolean;
  /** Commits what each poll gave, before the next one. */
  readonly isCommitting: boolean;
}

interface ReadPartition extends TopicPartition {
  readonly records: readonly ConsumedRecord[];
}

type CommitOutcome = Extract<GroupEvent, { readonly type: "committed" | "commit-failed" }>;

/** What a verifiable consumer does, and tells of itself. */
export class Consumption {
  private readonly options: ConsumptionOptions;
  private readonly lines: OutputLines;
  /** What came while a commit was under way. */
  private readonly ahead: (readonly GroupEvent[])[] = [];
  private consumed = 0;

  constructor(options: ConsumptionOptions) {
    this.options = options;
    this.lines = new OutputLines(options.io);
    const { stop } = options.io;
    const requested = (): void => this.lines.event("shutdown_requested");
    if (stop.aborted) requested();
    else stop.addEventListener("abort", requested, { once: true });
  }

  /** Until there were as many records as there may be, an error that will not pass, nobody reads its lines, or somebody ends it. */
  async run(): Promise<void> {
    const { reading, topic, io } = this.options;
    this.lines.event("startup_complete");
    try {
      if (!this.isFull) await reading.subscribe([topic]);
      while (!this.isFull && !io.stop.aborted && (await this.lines.room())) {
        const events = this.ahead.shift() ?? (await unlessStopped(reading.next(Number.POSITIVE_INFINITY), io.stop));
        if (events === "stopped") break;
        await this.handle(events);
      }
    } catch (error) {
      const message = "Error during processing, terminating consumer process: ";
      io.err(logLine({ level: "ERROR", message, logger: LOGGER, error: asJavaException(error) }));
    }
    await reading.close([], (event) => this.tellMembership(event));
    this.lines.event("shutdown_complete");
    if (!io.stop.aborted) this.lines.event("shutdown_requested");
    await this.lines.end();
  }

  private get isFull(): boolean {
    const { maxMessages } = this.options;
    return maxMessages >= 0 && this.consumed >= maxMessages;
  }

  private async handle(events: readonly GroupEvent[]): Promise<void> {
    for (const event of events) this.tellMembership(event);
    const read = byPartition(events);
    if (read.length > 0) {
      const used = this.tellRecords(read);
      if (this.options.isCommitting) await this.commit(used);
    }
    // What came with it counts as read, and has been told.
    const [failure] = events.flatMap((event) => failureOf(event) ?? []);
    if (failure !== undefined) throw failure;
  }

  private tellMembership(event: GroupEvent): void {
    if (event.type === "assigned") this.lines.event("partitions_assigned", { partitions: event.partitions.map(placeOf) });
    else if (event.type === "revoking" || event.type === "lost") this.lines.event("partitions_revoked", { partitions: event.partitions.map(placeOf) });
  }

  /** What of it was within the limit. */
  private tellRecords(read: readonly ReadPartition[]): readonly ReadPartition[] {
    const { maxMessages, isVerbose } = this.options;
    const used: ReadPartition[] = [];
    for (const { records, ...place } of read) {
      const within = maxMessages < 0 ? records : records.slice(0, maxMessages - this.consumed);
      if (within.length === 0) continue;
      used.push({ ...place, records: within });
      this.consumed += within.length;
      if (!isVerbose) continue;
      for (const { key, value, offset } of within) this.lines.event("record_data", { key: textOf(key), value: textOf(value), ...place, offset });
    }
    const partitions = used.map(({ records, ...place }) => ({
      ...place,
      count: records.length,
      minOffset: records[0]?.offset,
      maxOffset: records.at(-1)?.offset,
    }));
    this.lines.event("records_consumed", { count: read.reduce((sum, { records }) => sum + records.length, 0), partitions });
    return used;
  }

  /** Waits for the outcome, as Java's `commitSync`. */
  private async commit(used: readonly ReadPartition[]): Promise<void> {
    const { session, reading } = this.options;
    const offsets = used.map(({ topic, partition, records }) => {
      const last = records.at(-1);
      return { topic, partition, offset: (last?.offset ?? 0) + 1, leaderEpoch: last?.leaderEpoch ?? -1 };
    });
    const told = offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset }));
    const id = await session.act((now) => reading.consumer.commit(offsets, now));
    let paused: readonly TopicPartition[] = [];
    for (;;) {
      // Also what it was given meanwhile.
      if (this.ahead.length >= POLLS_AHEAD_MAX) paused = await this.pauseAll();
      const events = await reading.more(Number.POSITIVE_INFINITY);
      const outcome = events.find((event): event is CommitOutcome => (event.type === "committed" || event.type === "commit-failed") && event.id === id);
      this.ahead.push(events);
      if (outcome?.type === "committed") this.lines.event("offsets_committed", { offsets: told, success: true });
      if (outcome?.type === "commit-failed")
        this.lines.event("offsets_committed", { offsets: told, error: brokerErrorNamed(outcome.error).message, success: false });
      if (outcome !== undefined || id === undefined) break;
    }
    if (paused.length > 0) await session.act(() => paused.forEach(({ topic, partition }) => reading.consumer.resume(topic, partition)));
  }

  private pauseAll(): Promise<readonly TopicPartition[]> {
    const { session, reading } = this.options;
    return session.act(() => {
      const held = reading.consumer.assignment;
      for (const { topic, partition } of held) reading.consumer.pause(topic, partition);
      return held;
    });
  }
}

/** Records in the order in which partitions came first. */
function byPartition(events: readonly GroupEvent[]): readonly ReadPartition[] {
  const read = new Map<string, ReadPartition>();
  for (const event of events) {
    if (event.type !== "records" || event.records.length === 0) continue;
    const place = `${event.topic}-${event.partition}`;
    read.set(place, { ...placeOf(event), records: [...(read.get(place)?.records ?? []), ...event.records] });
  }
  return [...read.values()];
}

const placeOf = ({ topic, partition }: TopicPartition): TopicPartition => ({ topic, partition });

const textOf = (bytes: Uint8Array | null): string | null => (bytes === null ? null : decodeUtf8(bytes));
