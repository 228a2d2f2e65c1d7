import { decodeUtf8, encodeUtf8 } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { LineParser } from "../src/console-producer/line-parser.ts";
import { Lines } from "../src/console-producer/lines.ts";

const shown = (bytes: Uint8Array | null): string | null => (bytes === null ? null : decodeUtf8(bytes));

/** Headers as pairs, key, value. */
function parsed(line: string, properties: Readonly<Record<string, string>>): unknown {
  const { headers, key, value } = new LineParser(new Map(Object.entries(properties))).parse(line);
  return [headers?.map((header) => [header.key, shown(header.value)]), shown(key), shown(value)];
}

const HEADERS = { "parse.headers": "true" };
const KEY = { "parse.key": " True " };

describe("a line becomes a record", () => {
  it.each([
    ["a value", {}, [undefined, null, "a value"]],
    ["", {}, [undefined, null, ""]],
    ["k\tv\tw", KEY, [undefined, "k", "v\tw"]],
    ["k::v", { ...KEY, "key.separator": "::" }, [undefined, "k", "v"]],
    [
      "h1:v1,h2:v2\tk\tv",
      { ...HEADERS, ...KEY },
      [
        [
          ["h1", "v1"],
          ["h2", "v2"],
        ],
        "k",
        "v",
      ],
    ],
    ["h1:\tv", HEADERS, [[["h1", ""]], null, "v"]],
    ["h1:a:b,,\tv", { ...HEADERS }, [[["h1", "a:b"]], null, "v"]],
    [
      "h1=x;h2=y|v",
      { ...HEADERS, "headers.delimiter": "|", "headers.separator": ";", "headers.key.separator": "=" },
      [
        [
          ["h1", "x"],
          ["h2", "y"],
        ],
        null,
        "v",
      ],
    ],
    ["NULL\tNULL", { ...KEY, "null.marker": "NULL" }, [undefined, null, null]],
    ["NULL\tv", { ...HEADERS, "null.marker": "NULL" }, [undefined, null, "v"]],
    ["h:NULL\tv", { ...HEADERS, "null.marker": "NULL" }, [[["h", null]], null, "v"]],
    ["none", { ...KEY, "ignore.error": "true" }, [undefined, null, "none"]],
    ["h\tv", { ...HEADERS, "ignore.error": "true" }, [[["h", null]], null, "v"]],
  ])("%j with %j", (line, properties, record) => {
    expect(parsed(line, properties)).toEqual(record);
  });

  it.each([
    ["none", KEY, "No key separator found on line number 1: 'none'"],
    ["none", HEADERS, "No headers delimiter found on line number 1: 'none'"],
    ["h\tv", HEADERS, "No header key separator found in pair 'h' on line number 1"],
    ["NULL:x\tv", { ...HEADERS, "null.marker": "NULL" }, "Header keys should not be equal to the null marker 'NULL' as they can't be null"],
    ["v", { "headers.delimiter": "," }, "headers.delimiter and headers.separator may not be equal"],
    ["v", { "headers.separator": ":" }, "headers.separator and headers.key.separator may not be equal"],
    ["v", { "null.marker": "\t" }, "null.marker and key.separator may not be equal"],
  ])("but not %j with %j", (line, properties, message) => {
    expect(() => parsed(line, properties)).toThrow(message);
  });

  it("and is counted", () => {
    const parser = new LineParser(new Map(Object.entries(KEY)));
    parser.parse("a\tb");
    expect(() => parser.parse("c")).toThrow("on line number 2");
  });
});

describe("lines", () => {
  const linesOf = (...chunks: readonly (string | Uint8Array)[]): readonly string[] => {
    const lines = new Lines();
    const read = chunks.flatMap((chunk) => lines.push(typeof chunk === "string" ? encodeUtf8(chunk) : chunk));
    return [...read, ...lines.end()];
  };
  const BOM = String.fromCharCode(0xfeff);

  it.each([
    [["a\nb\n"], ["a", "b"]],
    [["a\r\nb\rc"], ["a", "b", "c"]],
    [
      ["a\r", "\nb"],
      ["a", "b"],
    ],
    [
      ["a\r", "b"],
      ["a", "b"],
    ],
    [
      ["a", "b", "\n", "\n"],
      ["ab", ""],
    ],
    [["\n"], [""]],
    [[""], []],
    [[`${BOM}a`], [`${BOM}a`]],
  ])("end where Java's reader has them end: %j", (chunks, lines) => {
    expect(linesOf(...chunks)).toEqual(lines);
  });

  it("may come in the middle of a character", () => {
    const bytes = encodeUtf8("ä\n");
    expect(linesOf(bytes.subarray(0, 1), bytes.subarray(1))).toEqual(["ä"]);
  });
});
