import type { ParsedOptions } from "../command-line/option.ts";
import { defaultFormatter, type RecordFormatter } from "../consuming/record-formatter.ts";
import { JavaException } from "../java-exception.ts";
import { readProperties } from "../session/command-config.ts";
import { keyValues, type Properties } from "../session/config-values.ts";
import type { ToolIo } from "../tool.ts";

const PACKAGE = "org.apache.kafka.tools.consumer.";

type FormatterClass = (properties: Properties, err: ToolIo["err"]) => RecordFormatter;

/** By the names of their Java classes. What a `LoggingMessageFormatter` logs besides is below the level that tools show. */
const FORMATTERS: ReadonlyMap<string, FormatterClass> = new Map<string, FormatterClass>([
  ["DefaultMessageFormatter", defaultFormatter],
  ["LoggingMessageFormatter", defaultFormatter],
  ["NoOpMessageFormatter", () => () => undefined],
]);

/** The formatter that the options name, with its properties. Throws where there is none, or the file of its properties can't be read. */
export function formatterOf(parsed: ParsedOptions, io: ToolIo, warnOfProperty: () => void): RecordFormatter {
  const name = parsed.valueOf("formatter") ?? "";
  const make = name.startsWith(PACKAGE) ? FORMATTERS.get(name.slice(PACKAGE.length)) : undefined;
  if (make === undefined) throw new JavaException("java.lang.ClassNotFoundException", name);
  if (parsed.has("property")) warnOfProperty();
  const properties = new Map(readProperties(parsed.valueOf("formatter-config")));
  for (const part of ["key", "value"]) {
    const deserializer = parsed.valueOf(`${part}-deserializer`) ?? "";
    if (deserializer !== "") properties.set(`${part}.deserializer`, deserializer);
  }
  for (const [key, value] of keyValues(parsed.valuesOf(parsed.has("property") ? "property" : "formatter-property"))) properties.set(key, value);
  return make(properties, (text) => io.err(text));
}
