import type { RecordHeader } from "@samsa/client";
import { encodeUtf8 } from "@samsa/stdx";
import { JavaException } from "../java-exception.ts";
import type { RecordToSend } from "../producing/record-producer.ts";
import type { Properties } from "../session/config-values.ts";

/** What a line consists of, in this order: headers, key, value. */
interface LineFormat {
  readonly hasKey: boolean;
  readonly keySeparator: string;
  readonly hasHeaders: boolean;
  readonly headersDelimiter: string;
  readonly headersSeparator: string;
  readonly headersKeySeparator: string;
  readonly areErrorsIgnored: boolean;
  /** What equals it is null. */
  readonly nullMarker: string | undefined;
}

const kafkaException = (message: string): JavaException => new JavaException("org.apache.kafka.common.KafkaException", message);

/** Makes records of lines, as Kafka's `LineMessageReader` is told to by its properties. */
export class LineParser {
  private readonly format: LineFormat;
  private readonly headersPattern: RegExp;
  private lineNumber = 0;

  /** Throws where two separators are the same. */
  constructor(properties: Properties) {
    this.format = formatOf(properties);
    this.headersPattern = new RegExp(this.format.headersSeparator, "u");
  }

  /** The record of the next line. Throws Kafka's exception where a separator is missing. */
  parse(line: string): RecordToSend {
    this.lineNumber++;
    const { hasHeaders, headersDelimiter, hasKey, keySeparator } = this.format;
    const headers = hasHeaders ? this.part(line, { from: 0, separator: headersDelimiter, name: "headers delimiter" }) : undefined;
    const keyAt = headers === undefined ? 0 : headers.length + headersDelimiter.length;
    const key = hasKey ? this.part(line, { from: keyAt, separator: keySeparator, name: "key separator" }) : undefined;
    const valueAt = key === undefined ? keyAt : keyAt + key.length + keySeparator.length;
    return {
      key: key === undefined ? null : this.bytesOf(key),
      value: this.bytesOf(line.slice(valueAt)),
      ...(headers === undefined || headers === this.format.nullMarker ? {} : { headers: this.headersOf(headers) }),
    };
  }

  private part(line: string, { from, separator, name }: { readonly from: number; readonly separator: string; readonly name: string }): string | undefined {
    const end = line.indexOf(separator, from);
    if (end >= 0) return line.slice(from, end);
    if (this.format.areErrorsIgnored) return undefined;
    throw kafkaException(`No ${name} found on line number ${this.lineNumber}: '${line}'`);
  }

  private headersOf(text: string): readonly RecordHeader[] {
    const pairs = text.split(this.headersPattern);
    // Empty ones at the end are none, as in Java.
    const last = pairs.findLastIndex((pair) => pair !== "");
    return pairs.slice(0, Math.max(1, last + 1)).map((pair) => this.headerOf(pair));
  }

  private headerOf(pair: string): RecordHeader {
    const { headersKeySeparator, areErrorsIgnored, nullMarker } = this.format;
    const at = pair.indexOf(headersKeySeparator);
    if (at < 0) {
      if (areErrorsIgnored) return { key: pair, value: null };
      throw kafkaException(`No header key separator found in pair '${pair}' on line number ${this.lineNumber}`);
    }
    const key = pair.slice(0, at);
    if (key === nullMarker) throw kafkaException(`Header keys should not be equal to the null marker '${nullMarker}' as they can't be null`);
    return { key, value: this.bytesOf(pair.slice(at + headersKeySeparator.length)) };
  }

  private bytesOf(text: string): Uint8Array | null {
    return text === this.format.nullMarker ? null : encodeUtf8(text);
  }
}

function formatOf(properties: Properties): LineFormat {
  const flag = (key: string): boolean => properties.get(key)?.trim().toLowerCase() === "true";
  const format = {
    hasKey: flag("parse.key"),
    keySeparator: properties.get("key.separator") ?? "\t",
    hasHeaders: flag("parse.headers"),
    headersDelimiter: properties.get("headers.delimiter") ?? "\t",
    headersSeparator: properties.get("headers.separator") ?? ",",
    headersKeySeparator: properties.get("headers.key.separator") ?? ":",
    areErrorsIgnored: flag("ignore.error"),
    nullMarker: properties.get("null.marker"),
  };
  const { headersDelimiter, headersSeparator, headersKeySeparator, keySeparator, nullMarker } = format;
  failIfEqual(["headers.delimiter", headersDelimiter], ["headers.separator", headersSeparator]);
  failIfEqual(["headers.delimiter", headersDelimiter], ["headers.key.separator", headersKeySeparator]);
  failIfEqual(["headers.separator", headersSeparator], ["headers.key.separator", headersKeySeparator]);
  failIfEqual(["null.marker", nullMarker], ["key.separator", keySeparator]);
  failIfEqual(["null.marker", nullMarker], ["headers.separator", headersSeparator]);
  failIfEqual(["null.marker", nullMarker], ["headers.delimiter", headersDelimiter]);
  failIfEqual(["null.marker", nullMarker], ["headers.key.separator", headersKeySeparator]);
  return format;
}

type Named = readonly [string, string | undefined];

function failIfEqual([name, value]: Named, [otherName, other]: Named): void {
  if (value === other) throw kafkaException(`${name} and ${otherName} may not be equal`);
}
