import { OptionException, type ParsedOptions } from "../command-line/option.ts";
import { ToolEnded } from "../command-line/usage.ts";
import { asJavaException, executionException, JavaException, stackTrace } from "../java-exception.ts";
import { logLine } from "../log-line.ts";
import { producerSettings } from "../producing/producer-settings.ts";
import { RecordProducer, type RecordToSend, type SendOutcome } from "../producing/record-producer.ts";
import { readProperties } from "../session/command-config.ts";
import { keyValues } from "../session/config-values.ts";
import { Session } from "../session/session.ts";
import { exitCodeOf, type ToolIo } from "../tool.ts";
import { unlessStopped } from "../unless-stopped.ts";
import { consoleProducerOptions } from "./check-options.ts";
import { LineParser } from "./line-parser.ts";
import { Lines } from "./lines.ts";
import { producerProperties } from "./producer-properties.ts";

const LINE_READER = "org.apache.kafka.tools.LineMessageReader";
const LOGGER = "org.apache.kafka.clients.producer.internals.ErrorLoggingCallback";

/** kafka-console-producer: each line that is typed is a record. What could not be written is told on stderr, with exit code 0. */
export async function kafkaConsoleProducer(args: readonly string[], io: ToolIo): Promise<number> {
  try {
    const parsed = consoleProducerOptions(args, io);
    const parser = lineParser(parsed);
    const settings = producerSettings(parsed.valueOf("bootstrap-server") ?? "", producerProperties(parsed));
    const topic = parsed.valueOf("topic") ?? "";
    await using session = new Session(settings.client);
    const producer = await RecordProducer.begin({ session, settings, topic });
    return await produceLines({ parser, producer, topic, io, isSync: parsed.has("sync") });
  } catch (error) {
    if (error instanceof ToolEnded) return error.tell(io);
    io.err(error instanceof OptionException ? `${error.message}\n` : stackTrace(asJavaException(error)));
    return 1;
  }
}

/** Others are Java's. */
function lineParser(parsed: ParsedOptions): LineParser {
  const name = parsed.valueOf("line-reader") ?? "";
  if (name !== LINE_READER) throw new JavaException("java.lang.ClassNotFoundException", name);
  const words = parsed.valuesOf(parsed.has("property") ? "property" : "reader-property");
  return new LineParser(new Map([...readProperties(parsed.valueOf("reader-config")), ...keyValues(words)]));
}

interface Production {
  readonly parser: LineParser;
  readonly producer: RecordProducer;
  readonly topic: string;
  readonly io: ToolIo;
  readonly isSync: boolean;
}

/** Until the input ends, or somebody ends it: what was read by then is written, also where the next line makes no sense. */
async function produceLines(production: Production): Promise<number> {
  const { producer, io } = production;
  const lines = new Lines();
  const stdin = io.stdin[Symbol.asyncIterator]();
  if (io.isTerminal) io.out(PROMPT);
  try {
    for (;;) {
      const next = await unlessStopped(stdin.next(), io.stop);
      if (next === "stopped") return exitCodeOf(io.stop);
      const read = next.done === true ? lines.end() : lines.push(next.value);
      const sent = await unlessStopped(produce(production, read), io.stop);
      if (sent === "stopped") return exitCodeOf(io.stop);
      if (next.done === true) return 0;
      if (io.isTerminal) io.out(PROMPT.repeat(read.length));
    }
  } catch (error) {
    io.err(stackTrace(asJavaException(error)));
    return 1;
  } finally {
    await producer.flush();
  }
}

const PROMPT = ">";

async function produce({ parser, producer, topic, io, isSync }: Production, lines: readonly string[]): Promise<void> {
  if (isSync) {
    for (const line of lines) await sendAlone(producer, parser.parse(line));
    return;
  }
  const records: RecordToSend[] = [];
  try {
    for (const line of lines) records.push(parser.parse(line));
  } finally {
    await producer.send(records, (record, outcome) => logFailure(topic, record, outcome, io));
  }
}

/** Throws what it came to. */
async function sendAlone(producer: RecordProducer, record: RecordToSend): Promise<void> {
  const outcomes: SendOutcome[] = [];
  await producer.send([record], (_record, outcome) => void outcomes.push(outcome));
  await producer.flush();
  for (const outcome of outcomes) if ("error" in outcome) throw executionException(outcome.error);
}

function logFailure(topic: string, { key, value }: RecordToSend, outcome: SendOutcome, io: ToolIo): void {
  if (!("error" in outcome)) return;
  const message = `Error when sending message to topic ${topic} with key: ${lengthOf(key)}, value: ${lengthOf(value)} with error:`;
  io.err(logLine({ level: "ERROR", message, logger: LOGGER, error: outcome.error }));
}

const lengthOf = (bytes: Uint8Array | null): string => (bytes === null ? "null" : `${bytes.length} bytes`);
