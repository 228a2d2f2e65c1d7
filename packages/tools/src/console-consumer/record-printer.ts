import type { ConsumedRecord, GroupEvent } from "@samsa/client";
import { ByteSink } from "../consuming/byte-sink.ts";
import { failureOf, type Reading, type Unused } from "../consuming/reading.ts";
import type { RecordFormatter } from "../consuming/record-formatter.ts";
import { asJavaException, clientError } from "../java-exception.ts";
import { logLine } from "../log-line.ts";
import type { ToolIo } from "../tool.ts";
import { unlessStopped } from "../unless-stopped.ts";

/** So much is written at once, at most about. */
const WRITE_BYTES = 65_536;
const TERMINATING = "Error processing message, terminating consumer process: ";

export interface PrintLimits {
  /** −1: none. */
  readonly maxMessages: number;
  /** Without a message for so long it ends. */
  readonly timeoutMs: number;
}

type RecordsEvent = Extract<GroupEvent, { readonly type: "records" }>;

/** Shows records as they come, no quicker than they are taken. */
export class RecordPrinter {
  private readonly options: { readonly format: RecordFormatter; readonly io: ToolIo; readonly isSkipping: boolean; readonly logger: string };
  private readonly sink = new ByteSink();
  private printed = 0;
  /** What was given last: responses, which of them is being shown, and which record of it comes next. */
  private given: readonly RecordsEvent[] = [];
  private at = 0;
  private next = 0;
  /** Where it was when all that had been shown was written. */
  private read = { at: 0, next: 0 };

  constructor(options: RecordPrinter["options"]) {
    this.options = options;
  }

  /** Records that were shown, or skipped. */
  get count(): number {
    return this.printed;
  }

  /** Where each partition goes on of which there was more. */
  get unused(): readonly Unused[] {
    const first = new Map<string, Unused>();
    this.given.slice(this.at).forEach(({ topic, partition, records }, index) => {
      const record = records[index === 0 ? this.next : 0];
      const place = `${topic}-${partition}`;
      if (record !== undefined && !first.has(place)) first.set(place, { topic, partition, offset: record.offset });
    });
    return [...first.values()];
  }

  /** Until there were as many as there may be, none for too long, nobody reads them any more, or somebody ends it. Throws what a formatter throws. */
  async print(reading: Reading, { maxMessages, timeoutMs }: PrintLimits): Promise<void> {
    let waitingSinceMs = performance.now();
    const isFull = (): boolean => maxMessages !== -1 && this.printed >= maxMessages;
    while (!isFull()) {
      const events = await this.nextEvents(reading, timeoutMs - (performance.now() - waitingSinceMs));
      if (events === "over") return;
      const records = events.filter((event) => event.type === "records");
      if (records.length > 0) {
        if (!(await this.showOrFlush(records, isFull))) return;
        waitingSinceMs = performance.now();
      }
      // What came with it has been shown: it counts as read, and would be committed.
      const [failure] = events.flatMap((event) => failureOf(event) ?? []);
      if (failure !== undefined && !isFull()) return this.log(TERMINATING, failure);
    }
  }

  /** What has no end of its own ends with a line of the log. */
  private async nextEvents(reading: Reading, timeoutMs: number): Promise<readonly GroupEvent[] | "over"> {
    try {
      if (timeoutMs < 0) throw clientError("TimeoutException", "");
      const events = await unlessStopped(reading.next(timeoutMs), this.options.io.stop);
      return events === "stopped" ? "over" : events;
    } catch (error) {
      this.log(TERMINATING, error);
      return "over";
    }
  }

  /** What came before a record that can't be shown is written. */
  private async showOrFlush(events: readonly RecordsEvent[], isFull: () => boolean): Promise<boolean> {
    try {
      return await this.show(events, isFull);
    } catch (error) {
      await this.flush();
      throw error;
    }
  }

  /** False: it is over. */
  private async show(events: readonly RecordsEvent[], isFull: () => boolean): Promise<boolean> {
    this.given = events;
    this.read = { at: 0, next: 0 };
    for (this.at = 0; this.at < events.length; this.at++) {
      this.next = 0;
      const { partition, records } = events[this.at] ?? NOTHING;
      while (this.next < records.length && !isFull()) {
        const record = records[this.next];
        this.next++;
        this.printed++;
        if (record !== undefined) this.add(partition, record);
        if (this.sink.size >= WRITE_BYTES && !(await this.flush())) return false;
      }
      if (isFull()) break;
    }
    return this.flush();
  }

  private add(partition: number, record: ConsumedRecord): void {
    try {
      this.options.format(partition, record, this.sink);
    } catch (error) {
      if (!this.options.isSkipping) throw error;
      this.log("Error processing message, skipping this message: ", error);
    }
  }

  private async flush(): Promise<boolean> {
    if (this.sink.size === 0) return true;
    const { io } = this.options;
    const written = await unlessStopped(io.write(this.sink.take()), io.stop);
    if (written === true) this.read = { at: this.at, next: this.next };
    if (written !== false) return written === true;
    io.err("Unable to write to standard out, closing consumer.\n");
    // What was not written nobody has read.
    ({ at: this.at, next: this.next } = this.read);
    return false;
  }

  private log(message: string, error: unknown): void {
    const { io, logger } = this.options;
    io.err(logLine({ level: "ERROR", message, logger, error: asJavaException(error) }));
  }
}

const NOTHING: Pick<RecordsEvent, "partition" | "records"> = { partition: 0, records: [] };
