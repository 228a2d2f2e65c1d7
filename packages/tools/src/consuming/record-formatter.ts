import type { ConsumedRecord } from "@samsa/client";
import { encodeUtf8 } from "@samsa/stdx";
import { JavaException } from "../java-exception.ts";
import { logLine } from "../log-line.ts";
import type { Properties } from "../session/config-values.ts";
import type { ByteSink } from "./byte-sink.ts";
import { type Deserializer, deserializerOf } from "./deserializers.ts";

/** Shows a record of a partition. Throws Kafka's exception for one that can't be shown; what was added of it stays. */
export type RecordFormatter = (partition: number, record: ConsumedRecord, sink: ByteSink) => void;

const LOGGER = "org.apache.kafka.tools.consumer.DefaultMessageFormatter";

/** A column, and what it shows. */
interface Column {
  readonly isShown: boolean;
  readonly show: RecordFormatter;
}

/** As Kafka's `DefaultMessageFormatter` shows records by its properties. What it can't find of these is told by `err`. */
export function defaultFormatter(properties: Properties, err: (text: string) => void): RecordFormatter {
  const isShown = (name: string): boolean => properties.get(`print.${name}`)?.trim().toLowerCase() === "true";
  const [separator, lineEnd] = [bytesOf(properties, "key.separator", "\t"), bytesOf(properties, "line.separator", "\n")];
  const [headerSeparator, nullLiteral] = [bytesOf(properties, "headers.separator", ","), bytesOf(properties, "null.literal", "null")];
  const add = (part: string): ((bytes: Uint8Array | null, sink: ByteSink) => void) => {
    const deserializer = namedDeserializer(properties.get(`${part}.deserializer`), err);
    return (bytes, sink) => {
      if (deserializer === undefined) sink.add(bytes ?? nullLiteral);
      else sink.addText(deserializer(bytes ?? nullLiteral));
    };
  };
  const [addKey, addValue, addHeader] = [add("key"), add("value"), add("headers")];
  const columns: readonly Column[] = [
    { isShown: isShown("timestamp"), show: (_partition, record, sink) => sink.addText(timestampOf(record)) },
    { isShown: isShown("partition"), show: (partition, _record, sink) => sink.addText(`Partition:${partition}`) },
    { isShown: isShown("offset"), show: (_partition, { offset }, sink) => sink.addText(`Offset:${offset}`) },
    { isShown: isShown("delivery"), show: (_partition, _record, sink) => sink.addText("Delivery:NOT_PRESENT") },
    // Kafka's consumer knows it, and its tool does not hand it on.
    { isShown: isShown("epoch"), show: (_partition, _record, sink) => sink.addText("Epoch:NOT_PRESENT") },
    {
      isShown: isShown("headers"),
      show: (_partition, { headers }, sink) => {
        if (headers.length === 0) sink.addText("NO_HEADERS");
        headers.forEach(({ key, value }, index) => {
          if (index > 0) sink.add(headerSeparator);
          sink.addText(`${key}:`);
          addHeader(value, sink);
        });
      },
    },
    { isShown: isShown("key"), show: (_partition, { key }, sink) => addKey(key, sink) },
    { isShown: !properties.has("print.value") || isShown("value"), show: (_partition, { value }, sink) => addValue(value, sink) },
  ];
  const shown = columns.filter((column) => column.isShown);
  return (partition, record, sink) =>
    shown.forEach(({ show }, index) => {
      show(partition, record, sink);
      sink.add(index === shown.length - 1 ? lineEnd : separator);
    });
}

const bytesOf = (properties: Properties, key: string, fallback: string): Uint8Array => encodeUtf8(properties.get(key) ?? fallback);

const timestampOf = ({ timestampType, timestampMs }: ConsumedRecord): string =>
  timestampMs < 0 ? "NO_TIMESTAMP" : `${timestampType === "create-time" ? "CreateTime" : "LogAppendTime"}:${timestampMs}`;

/** Without one bytes are shown as they are. */
function namedDeserializer(name: string | undefined, err: (text: string) => void): Deserializer | undefined {
  const found = name === undefined ? undefined : deserializerOf(name);
  if (name !== undefined && found === undefined) {
    const error = new JavaException("java.lang.ClassNotFoundException", name);
    err(logLine({ level: "ERROR", message: `Unable to instantiate a deserializer from ${name}`, logger: LOGGER, error }));
  }
  return found;
}
