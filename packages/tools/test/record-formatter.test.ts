import type { ConsumedRecord } from "@samsa/client";
import { encodeUtf8 } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { ByteSink } from "../src/consuming/byte-sink.ts";
import { defaultFormatter } from "../src/consuming/record-formatter.ts";
import { javaDouble } from "../src/java-number.ts";

const RECORD: ConsumedRecord = {
  offset: 7,
  leaderEpoch: 2,
  timestampMs: 1000,
  timestampType: "create-time",
  key: encodeUtf8("k"),
  value: encodeUtf8("v"),
  headers: [
    { key: "a", value: encodeUtf8("1") },
    { key: "b", value: null },
  ],
};

function formatted(properties: Readonly<Record<string, string>>, record: Partial<ConsumedRecord> = {}): string {
  const sink = new ByteSink();
  defaultFormatter(new Map(Object.entries(properties)), () => undefined)(3, { ...RECORD, ...record }, sink);
  return Buffer.from(sink.take()).toString();
}

const ALL = Object.fromEntries(["timestamp", "partition", "offset", "delivery", "epoch", "headers", "key"].map((name) => [`print.${name}`, "true"]));

describe("a record is shown", () => {
  it.each([
    [{}, "v\n"],
    [ALL, "CreateTime:1000\tPartition:3\tOffset:7\tDelivery:NOT_PRESENT\tEpoch:NOT_PRESENT\ta:1,b:null\tk\tv\n"],
    [{ "print.key": "true", "key.separator": ": ", "line.separator": "|" }, "k: v|"],
    [{ "print.key": "true", "print.value": "false" }, "k\n"],
    [{ "print.headers": "true", "headers.separator": ";", "null.literal": "-" }, "a:1;b:-\tv\n"],
    [{ "print.value": "false" }, ""],
  ])("with %j", (properties, text) => {
    expect(formatted(properties)).toBe(text);
  });

  it("with null where it has nothing, and with the broker's time", () => {
    const record = { key: null, value: null, headers: [], timestampType: "log-append-time", leaderEpoch: -1 } as const;
    expect(formatted(ALL, record)).toBe("LogAppendTime:1000\tPartition:3\tOffset:7\tDelivery:NOT_PRESENT\tEpoch:NOT_PRESENT\tNO_HEADERS\tnull\tnull\n");
  });

  it("byte by byte, though these be no text", () => {
    const sink = new ByteSink();
    defaultFormatter(new Map(), () => undefined)(0, { ...RECORD, value: Uint8Array.of(0xff, 0x00) }, sink);
    expect([...sink.take()]).toEqual([0xff, 0x00, 0x0a]);
  });

  it.each([
    ["String", "abc", "abc"],
    ["Integer", [0xff, 0xff, 0xff, 0xfe], "-2"],
    ["Long", [0, 0, 0, 1, 0, 0, 0, 0], "4294967296"],
    ["Short", [1, 0], "256"],
    ["Float", [0x3d, 0xcc, 0xcc, 0xcd], "0.1"],
    ["Double", [0x3f, 0xf0, 0, 0, 0, 0, 0, 0], "1.0"],
    ["Boolean", [1], "true"],
    ["UUID", "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000001"],
    ["Bytes", [0x61, 0x00, 0x5c], "a\\x00\\x5C"],
  ])("by a %sDeserializer", (name, bytes, text) => {
    const value = typeof bytes === "string" ? encodeUtf8(bytes) : Uint8Array.from(bytes);
    expect(formatted({ "value.deserializer": `org.apache.kafka.common.serialization.${name}Deserializer` }, { value })).toBe(`${text}\n`);
  });

  it("not at all where a deserializer can't make anything of it", () => {
    const properties = { "value.deserializer": "org.apache.kafka.common.serialization.IntegerDeserializer" };
    expect(() => formatted(properties)).toThrow("Size of data received by IntegerDeserializer is not 4");
  });

  it("as it is where nobody knows the deserializer, which is told", () => {
    const told: string[] = [];
    const sink = new ByteSink();
    defaultFormatter(new Map([["value.deserializer", "my.Own"]]), (text) => told.push(text))(0, RECORD, sink);
    expect(Buffer.from(sink.take()).toString()).toBe("v\n");
    expect(told.join("")).toMatch(/ERROR Unable to instantiate a deserializer from my\.Own .*\njava\.lang\.ClassNotFoundException: my\.Own\n$/);
  });
});

describe("a sink of bytes", () => {
  it("grows, and begins anew when it was emptied", () => {
    const sink = new ByteSink();
    const long = "ä".repeat(10_000);
    sink.addText(long);
    sink.add(Uint8Array.of(0x61));
    const taken = sink.take();
    sink.addText("b");
    expect(Buffer.from(taken).toString()).toBe(`${long}a`);
    expect(Buffer.from(sink.take()).toString()).toBe("b");
  });
});

describe("a double is shown as Java shows it", () => {
  it.each([
    [0, "0.0"],
    [-0, "-0.0"],
    [1, "1.0"],
    [0.001, "0.001"],
    [0.0001, "1.0E-4"],
    [9_999_999, "9999999.0"],
    [12_345_678, "1.2345678E7"],
    [1e21, "1.0E21"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
  ])("%d", (value, text) => {
    expect(javaDouble(value)).toBe(text);
  });
});
