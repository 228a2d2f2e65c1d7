import { encodeUtf8 } from "@samsa/stdx";
import type { ParsedArguments } from "../command-line/argparse/parse-arguments.ts";
import { javaDouble } from "../java-number.ts";
import { type ProducerSettings, producerSettings } from "../producing/producer-settings.ts";
import { RecordProducer, type RecordToSend, type SendOutcome } from "../producing/record-producer.ts";
import { Session } from "../session/session.ts";
import { exitCodeOf, type ToolIo } from "../tool.ts";
import { unlessStopped } from "../unless-stopped.ts";
import { OutputLines } from "../verifiable/output-lines.ts";
import { fileProperties, tellFailure, understood } from "../verifiable/understood.ts";
import { VERIFIABLE_PRODUCER } from "./arguments.ts";
import { Pace } from "./pace.ts";

/** kafka-verifiable-producer: writes increasing numbers, and says of each on stdout what became of it. The exit code is 0 also where some could not be written. */
export async function kafkaVerifiableProducer(args: readonly string[], io: ToolIo): Promise<number> {
  let parsed: ParsedArguments;
  let settings: ProducerSettings;
  try {
    parsed = understood(VERIFIABLE_PRODUCER, args);
    const acks = parsed.text("acks") ?? "-1";
    // Attempts are not hidden: whoever uses it wants to know of each.
    const properties = new Map([["client.id", "producer-1"], ["acks", acks], ["retries", "0"], ...fileProperties(parsed, "producer.config", io)]);
    settings = producerSettings(parsed.text("bootstrap-server") ?? "", properties);
  } catch (error) {
    return tellFailure(VERIFIABLE_PRODUCER, error, io);
  }
  await using session = new Session(settings.client);
  const topic = parsed.text("topic") ?? "";
  const producer = await RecordProducer.begin({ session, settings, topic });
  await new Production({ parsed, producer, topic, io }).run();
  return io.stop.aborted ? exitCodeOf(io.stop) : 0;
}

/** Records that are handed over together, at most. */
const BURST = 500;

class Production {
  private readonly options: { readonly parsed: ParsedArguments; readonly producer: RecordProducer; readonly topic: string; readonly io: ToolIo };
  private readonly lines: OutputLines;
  private readonly startMs = Date.now();
  private sent = 0;
  private acked = 0;
  private nextKey = 0;
  private createTimeMs: number | undefined;

  constructor(options: Production["options"]) {
    this.options = options;
    this.lines = new OutputLines(options.io);
    const createTimeMs = options.parsed.number("message-create-time") ?? -1;
    this.createTimeMs = createTimeMs === -1 ? undefined : createTimeMs;
  }

  async run(): Promise<void> {
    const { parsed, producer, io } = this.options;
    const throughput = parsed.number("throughput") ?? -1;
    const maxMessages = parsed.number("max-messages") ?? -1;
    const max = maxMessages < 0 ? Number.POSITIVE_INFINITY : maxMessages;
    const pace = new Pace({ perSecond: throughput, startMs: this.startMs, stop: io.stop });
    const { stop } = io;
    this.lines.event("startup_complete");
    while (this.sent < max && !stop.aborted && (await this.lines.room())) {
      const due = Math.min(BURST, max - this.sent, await pace.due(this.sent));
      const records = Array.from({ length: stop.aborted ? 0 : due }, () => this.nextRecord());
      await unlessStopped(
        producer.send(records, (record, outcome) => this.told(record, outcome)),
        stop,
      );
    }
    await producer.flush();
    this.lines.event("shutdown_complete");
    const perSecond = (1000 * this.acked) / (Date.now() - this.startMs);
    this.lines.event("tool_data", { sent: this.sent, acked: this.acked, target_throughput: throughput }, `"avg_throughput":${javaDouble(perSecond)}`);
    await this.lines.end();
  }

  private nextRecord(): RecordToSend {
    const { parsed } = this.options;
    const prefix = parsed.number("value-prefix");
    const number = this.sent++;
    const timestampMs = this.createTimeMs;
    if (timestampMs !== undefined) this.createTimeMs = timestampMs + Date.now() - this.startMs;
    return {
      key: this.key(),
      value: encodeUtf8(prefix === undefined ? String(number) : `${prefix}.${number}`),
      ...(timestampMs !== undefined && { timestampMs }),
    };
  }

  /** From 0 on, again and again. */
  private key(): Uint8Array | null {
    const keys = this.options.parsed.number("repeating-keys");
    if (keys === undefined) return null;
    const key = this.nextKey++;
    if (this.nextKey === keys) this.nextKey = 0;
    return encodeUtf8(String(key));
  }

  private told(record: RecordToSend, outcome: SendOutcome): void {
    const { topic } = this.options;
    const [key, value] = [textOf(record.key), textOf(record.value)];
    if ("error" in outcome) {
      const { javaClass, message } = outcome.error;
      return this.lines.event("producer_send_error", { topic, key, value, exception: `class ${javaClass}`, message });
    }
    this.acked++;
    this.lines.event("producer_send_success", { key, value, offset: outcome.offset, topic, partition: outcome.partition });
  }
}

const textOf = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());
