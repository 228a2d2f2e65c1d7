import { type ParsedArguments } from "../command-line/argparse/parse-arguments.ts";
import { type ConsumerSettings, consumerSettings } from "../consuming/consumer-settings.ts";
import { GroupReading } from "../consuming/group-reading.ts";
import { illegalArgument } from "../java-exception.ts";
import type { Properties } from "../session/config-values.ts";
import { Session } from "../session/session.ts";
import { exitCodeOf, type ToolIo } from "../tool.ts";
import { fileProperties, tellFailure, understood } from "../verifiable/understood.ts";
import { VERIFIABLE_CONSUMER } from "./arguments.ts";
import { Consumption } from "./consumption.ts";

/** kafka-verifiable-consumer: reads a topic in a group, and tells on stdout all that happens to it there. */
export async function kafkaVerifiableConsumer(args: readonly string[], io: ToolIo): Promise<number> {
  let parsed: ParsedArguments;
  let settings: ConsumerSettings;
  try {
    parsed = understood(VERIFIABLE_CONSUMER, args);
    settings = consumerSettings(parsed.text("bootstrap-server") ?? "", consumerProperties(parsed, fileProperties(parsed, "consumer.config", io)));
  } catch (error) {
    return tellFailure(VERIFIABLE_CONSUMER, error, io);
  }
  await using session = new Session(settings.client);
  const reading = await GroupReading.begin(session, settings, parsed.text("group-id") ?? "");
  const consumption = new Consumption({
    session,
    reading,
    io,
    topic: parsed.text("topic") ?? "",
    maxMessages: parsed.number("max-messages") ?? -1,
    isVerbose: parsed.flag("verbose"),
    isCommitting: !parsed.flag("enable-autocommit"),
  });
  await consumption.run();
  return io.stop.aborted ? exitCodeOf(io.stop) : 0;
}

function consumerProperties(parsed: ParsedArguments, file: Properties): Properties {
  const protocol = parsed.text("group-protocol") ?? "";
  if (!["CLASSIC", "CONSUMER"].includes(protocol.toUpperCase())) {
    throw illegalArgument(`No enum constant org.apache.kafka.clients.consumer.GroupProtocol.${protocol.toUpperCase()}`);
  }
  const optional = [
    ["session.timeout.ms", parsed.text("session-timeout")],
    ["group.instance.id", parsed.text("group-instance-id")],
  ] as const;
  const groupId = parsed.text("group-id") ?? "";
  return new Map([
    ["client.id", `consumer-${groupId}-1`],
    ...file,
    ["group.protocol", protocol],
    ["partition.assignment.strategy", parsed.text("assignment-strategy") ?? ""],
    ["group.id", groupId],
    ["enable.auto.commit", String(parsed.flag("enable-autocommit"))],
    ["auto.offset.reset", parsed.text("reset-policy") ?? ""],
    ...optional.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  ]);
}
