import { decodeUtf8, encodeUtf8 } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { portableSnappy } from "../../../src/records/codecs/snappy.ts";

const LIMIT = 1_000_000;
const ascii = (text: string): number[] => [...encodeUtf8(text)];
const read = (bytes: readonly number[], limit = LIMIT): string => decodeUtf8(portableSnappy.decompress(Uint8Array.from(bytes), limit));

/** Length 10: literal "ab", 7 bytes from 2 before, literal "!". */
const BARE = [10, (2 - 1) << 2, ...ascii("ab"), 1 | ((7 - 4) << 2), 2, 0, ...ascii("!")];
const HEADER = [0x82, ...ascii("SNAPPY"), 0, 0, 0, 0, 1, 0, 0, 0, 1];
const inStream = (block: readonly number[]): number[] => [0, 0, 0, block.length, ...block];

describe("Snappy", () => {
  it("reads a bare block, as librdkafka writes it", () => {
    expect(read(BARE)).toBe("ababababa!");
  });

  it("reads a stream of the Java library, of many blocks, and streams behind each other", () => {
    expect(read([...HEADER, ...inStream(BARE), ...inStream(BARE)])).toBe("ababababa!ababababa!");
    expect(read([...HEADER, ...inStream(BARE), ...HEADER, ...inStream(BARE)])).toBe("ababababa!ababababa!");
    expect(read(HEADER)).toBe("");
  });

  it("reads copies with distances of two and of four bytes, and literals with lengths of their own", () => {
    const text = "x".repeat(70);
    expect(read([76, 60 << 2, 69, ...ascii(text), 2 | ((3 - 1) << 2), 70, 0, 3 | ((3 - 1) << 2), 1, 0, 0, 0])).toBe("x".repeat(76));
  });

  it("refuses what is cut off, copies from before the block, and a length that is another", () => {
    for (let length = 1; length < BARE.length; length++) expect(() => read(BARE.slice(0, length))).toThrow(/cut off|said to be/);
    const stream = [...HEADER, ...inStream(BARE)];
    for (let length = HEADER.length + 1; length < stream.length; length++) expect(() => read(stream.slice(0, length))).toThrow(/cut off|said to be/);
    expect(() => read([4, 1, 1, 0])).toThrow("a copy from before the block");
    expect(() => read([...HEADER, ...inStream(BARE), ...inStream([4, 1, 2])])).toThrow("a copy from before the block");
    expect(() => read([11, ...BARE.slice(1)])).toThrow("said to be of 11");
  });

  it("stops at its bound, and believes no length that it is told", () => {
    expect(() => read(BARE, 9)).toThrow("more than 9 bytes");
    expect(() => read([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 65])).toThrow("said to be of 4294967295");
    expect(() => read([0xff, 0xff, 0xff, 0xff, 0xff, 1])).toThrow("more than five bytes");
  });
});
