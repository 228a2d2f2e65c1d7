import { ToolEnded } from "../command-line/usage.ts";
import { type ConsumerSettings, consumerSettings } from "../consuming/consumer-settings.ts";
import { GroupReading } from "../consuming/group-reading.ts";
import { PartitionReading } from "../consuming/partition-reading.ts";
import type { Reading } from "../consuming/reading.ts";
import { PatternSubscription, topicPattern } from "../consuming/topic-pattern.ts";
import { asJavaException, stackTrace } from "../java-exception.ts";
import { logLine } from "../log-line.ts";
import { Session } from "../session/session.ts";
import { exitCodeOf, type ToolIo } from "../tool.ts";
import { unlessStopped } from "../unless-stopped.ts";
import { type ConsoleConsumption, consoleConsumerOptions } from "./check-options.ts";
import { RecordPrinter } from "./record-printer.ts";

const LOGGER = "org.apache.kafka.tools.consumer.ConsoleConsumer";
const NEW_PROTOCOL =
  "The consumer rebalance protocol (KIP-848) is production-ready! Set group.protocol=consumer to try it out. See https://kafka.apache.org/documentation/#consumer_rebalance_protocol\n";

/** kafka-console-consumer: records of a topic, or of several, on stdout. What ends it is told on stderr; the exit code is 0 also where that is an error of the cluster. */
export async function kafkaConsoleConsumer(args: readonly string[], io: ToolIo): Promise<number> {
  let consumption: ConsoleConsumption;
  try {
    consumption = consoleConsumerOptions(args, io);
  } catch (error) {
    if (error instanceof ToolEnded) return error.tell(io);
    io.err(`Exception in thread "main" ${stackTrace(asJavaException(error))}`);
    return 1;
  }
  // From here on it is told when the process is to end.
  const { stop } = io;
  try {
    await consume(consumption, io);
    return stop.aborted ? exitCodeOf(stop) : 0;
  } catch (error) {
    io.err(logLine({ level: "ERROR", message: "Unknown error when running consumer: ", logger: LOGGER, error: asJavaException(error) }));
    return 1;
  } finally {
    if (consumption.parsed.has("enable-systest-events")) io.out("shutdown_complete\n");
  }
}

async function consume(consumption: ConsoleConsumption, io: ToolIo): Promise<void> {
  const { parsed, properties, partition } = consumption;
  const settings = consumerSettings(parsed.valueOf("bootstrap-server") ?? "", properties);
  if (partition === undefined) io.err(NEW_PROTOCOL);
  await using session = new Session(settings.client);
  using subscription = subscriptionOf(consumption);
  const reading = await unlessStopped(subscription.begin(session, settings), io.stop);
  if (reading === "stopped") return void io.err("Processed a total of 0 messages\n");
  const printer = new RecordPrinter({ format: consumption.format, io, isSkipping: parsed.has("skip-message-on-error"), logger: LOGGER });
  try {
    await printer.print(reading, { maxMessages: parsed.integerOf("max-messages") ?? -1, timeoutMs: consumption.timeoutMs });
  } finally {
    await reading.close(printer.unused);
    io.err(`Processed a total of ${printer.count} messages\n`);
  }
}

/** How the consumer comes to its partitions. */
interface BeginsReading extends Disposable {
  begin(session: Session, settings: ConsumerSettings): Promise<Reading>;
}

function subscriptionOf({ parsed, partition, from }: ConsoleConsumption): BeginsReading {
  const topic = parsed.valueOf("topic") ?? "";
  if (partition !== undefined) {
    return { begin: (session, settings) => PartitionReading.begin(session, settings, { topic, partition, from }), [Symbol.dispose]: () => undefined };
  }
  const pattern = parsed.has("include") ? topicPattern(parsed.valueOf("include") ?? "") : undefined;
  let subscription: PatternSubscription | undefined;
  return {
    begin: async (session, settings) => {
      const reading = await GroupReading.begin(session, settings, settings.groupId ?? "");
      if (pattern === undefined) await reading.subscribe([topic]);
      else {
        subscription = new PatternSubscription({ session, reading, pattern, refreshMs: settings.consumer.metadataMaxAgeMs });
        await subscription.begin();
      }
      return reading;
    },
    [Symbol.dispose]: () => subscription?.[Symbol.dispose](),
  };
}
