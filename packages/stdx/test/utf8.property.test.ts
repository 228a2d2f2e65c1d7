import fc from "fast-check";
import { afterEach, expect, it } from "vitest";
import { decodeUtf8, encodeUtf8, portableUtf8, useUtf8 } from "../src/index.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const options = { numRuns: 2_000, seed: 20_261_121 };

/** Any sequence of UTF-16 units, lone surrogates included. */
const anyString = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
);
/** Bytes that are nearly UTF-8: pieces of lead and continuation bytes at the edges of what is allowed. */
const nearlyUtf8 = fc
  .array(
    fc.constantFrom(0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff, 0xbb),
    { maxLength: 12 },
  )
  .map((bytes) => Uint8Array.from(bytes));

afterEach(() => useUtf8(portableUtf8));

it("encodes as TextEncoder does, lone surrogates included", () => {
  fc.assert(
    fc.property(anyString, (text) => {
      expect(portableUtf8.encode(text)).toEqual(encoder.encode(text));
    }),
    options,
  );
});

it("decodes as TextDecoder does, malformed bytes included, and keeps a byte order mark", () => {
  fc.assert(
    fc.property(fc.oneof(nearlyUtf8, fc.uint8Array({ maxLength: 60 })), (bytes) => {
      expect(portableUtf8.decode(bytes)).toBe(decoder.decode(bytes));
    }),
    options,
  );
  expect(portableUtf8.decode(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41))).toBe("\ufeffA");
});

it("decodes what it encoded", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(decodeUtf8(encodeUtf8(text))).toBe(text);
    }),
    options,
  );
});

it("uses the port that a world has put in its place", () => {
  useUtf8({ encode: () => Uint8Array.of(1), decode: () => "native" });
  expect(encodeUtf8("x")).toEqual(Uint8Array.of(1));
  expect(decodeUtf8(Uint8Array.of(0x41))).toBe("native");
});
